/**
 * Counts how long nothing has gone over a worker's job channel, and has the worker told when that is long: it may rest
 * then. The worker has no timer for that, since a timer there could be a job's. Not the resting, which is
 * `watchdog/Duty.ts`.
 */

/** Of a rest; in these steps it is counted, so that a message costs no more than a store. */
const STEPS = 3
/** A worker that is woken again and again is left awake longer: twice as long each time, up to so many times. */
const MOST_DOUBLINGS = 4
/** One that had a reason not to rest is asked again after twice the time; so often in all. */
const MOST_ASKS = 6

export class RestClock {
  /**
   * Milliseconds without a message until a worker may rest, and then until it is told again. V8 gives the memory of an
   * isolate that has ended back only after it has kept no other for 12 seconds (`watchdog/Duty.ts`). Tests set less.
   */
  static soonestMs = 15_000
  readonly #ask: () => void
  #timer: NodeJS.Timeout | undefined
  /** Steps without a message. */
  #quiet = 0
  /** At so many steps it is asked. */
  #due = STEPS
  #asks = 0
  #wakings = 0
  #isClosed = false

  constructor(ask: () => void) {
    this.#ask = ask
  }

  /** A message went by. */
  used(): void {
    this.#quiet = 0
    if (this.#timer === undefined || this.#asks > 0) this.#begin()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #begin(): void {
    if (this.#isClosed) return
    if (this.#asks > 0) this.#wakings = Math.min(this.#wakings + 1, MOST_DOUBLINGS)
    this.#asks = 0
    this.#due = STEPS << this.#wakings
    this.#timer ??= this.#step()
  }

  #step(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined
      if (++this.#quiet >= this.#due) {
        this.#asks++
        this.#due *= 2
        this.#ask()
      }
      if (this.#asks < MOST_ASKS) this.#timer = this.#step()
    }, RestClock.soonestMs / STEPS).unref()
  }
}
