/**
 * The first moments of a pool, in which a job may wait for its first worker. While that is the only job, the other
 * workers start a little later: a spawn holds up the parent, and a start takes a processor, and the first result would
 * wait for both. Not in which order workers start, nor how many at the same time: that is `StartOrder.ts`.
 */
import type { Slot } from "../slot/Slot.ts"

/** From when on the others start all the same: a job that takes so long is no reason to have but one worker. */
const LONGEST_MS = 150

/** What it goes by. */
export interface OutsetParts {
  /** The slot that has been started. */
  readonly first: Pick<Slot, "state" | "jobsDone">
  /** How many jobs are in that any worker may run, and have not settled; infinite where that is not known. */
  jobs(): number
  /** Starts the others. Called once at most. */
  startOthers(): void
}

export class Outset {
  readonly #parts: OutsetParts
  #timer: NodeJS.Timeout | undefined
  #turn: NodeJS.Immediate | undefined
  #isHeld = false
  #isOver = false

  constructor(parts: OutsetParts) {
    this.#parts = parts
    // Whoever has made the pool may give it jobs before anything else happens: once all that goes on by itself has.
    queueMicrotask(() => process.nextTick(() => this.decide()))
  }

  /** Goes by what there is to do now, if it has not yet: to be called before somebody is shown the workers. */
  decide(): void {
    if (this.#isOver || this.#isHeld) return
    if (!this.#isOneEnough) return this.#release()
    this.#isHeld = true
    this.#timer = setTimeout(() => this.#release(), LONGEST_MS).unref()
  }

  /** To be called whenever a job has come in, or a slot's state has changed. */
  look(): void {
    if (!this.#isHeld || this.#turn !== undefined || this.#isOneEnough) return
    // On a turn of its own: whoever waits for a result has it first.
    this.#turn = setImmediate(() => this.#release())
  }

  /** Starts nobody any more. */
  end(): void {
    this.#isOver = true
    this.#isHeld = false
    clearTimeout(this.#timer)
    clearImmediate(this.#turn)
  }

  get #isOneEnough(): boolean {
    const { state, jobsDone } = this.#parts.first
    const isAtIt = state._tag === "starting" || (state._tag === "busy" && jobsDone === 0)
    return isAtIt && this.#parts.jobs() === 1
  }

  #release(): void {
    this.end()
    this.#parts.startOthers()
  }
}
