/**
 * Counts how far one batch is, from its events: done, failed, retried, how fast of late, and how long it will take.
 * Pure but for the clock it is given. Not what is shown of it.
 */
import { JobCancelled, PoolClosed, type PoolEvent } from "@holdfast/core"

/** Over so long the present rate is taken. */
const WINDOW_MS = 10_000
const SAMPLE_MS = 250

export class BatchTally {
  readonly #batch: number
  readonly #now: () => number
  readonly #startedAt: number
  #succeeded = 0
  #failed = 0
  #retried = 0
  #notRun = 0
  /** Failed without having been run to an end: cancelled, or left by a pool that closed. */
  #cancelled = 0
  #total: number | undefined
  #endedAt: number | undefined
  /** Oldest first; the first is the last one before the window. */
  readonly #samples: Array<{ readonly at: number; readonly done: number }>

  constructor(batch: number, now: () => number) {
    this.#batch = batch
    this.#now = now
    this.#startedAt = now()
    this.#samples = [{ at: this.#startedAt, done: 0 }]
  }

  get done(): number {
    return this.#succeeded + this.#failed
  }

  get failed(): number {
    return this.#failed
  }

  get retried(): number {
    return this.#retried
  }

  get notRun(): number {
    return this.#notRun
  }

  /** Undefined while the number of inputs is not known. */
  get total(): number | undefined {
    return this.#total
  }

  get ended(): boolean {
    return this.#endedAt !== undefined
  }

  get elapsedMs(): number {
    return (this.#endedAt ?? this.#now()) - this.#startedAt
  }

  /** From 0 to 1; undefined while the total is not known. */
  get fraction(): number | undefined {
    if (this.#total === undefined) return undefined
    return this.#total === 0 ? 1 : Math.min(1, this.done / this.#total)
  }

  /** Jobs per second over the last ten seconds, or over all of it once it has ended. */
  get rate(): number {
    const now = this.#now()
    const since = this.ended ? { at: this.#startedAt, done: 0 } : this.#sampled(now)
    const ms = (this.#endedAt ?? now) - since.at
    return ms <= 0 ? 0 : ((this.done - since.done) / ms) * 1000
  }

  /** Undefined where nothing says how long. */
  get etaMs(): number | undefined {
    const { rate } = this
    return this.#total === undefined || rate === 0 ? undefined : (Math.max(0, this.#total - this.done) / rate) * 1000
  }

  take(event: PoolEvent): void {
    if (!("batch" in event) || event.batch !== this.#batch || this.ended) return
    switch (event._tag) {
      case "BatchStarted":
        this.#total = event.total
        break
      case "JobsSucceeded":
        this.#succeeded += event.count
        break
      case "JobFailed":
        if (event.error instanceof JobCancelled || event.error instanceof PoolClosed) this.#cancelled++
        else this.#failed++
        break
      case "JobRetrying":
        this.#retried++
        break
      case "BatchEnded":
        this.#succeeded = event.succeeded
        this.#failed = event.failed - this.#cancelled
        this.#notRun = event.notRun + this.#cancelled
        this.#endedAt = this.#now()
        break
      default:
    }
  }

  /** Takes a sample where one is due; the one that the rate counts from. */
  #sampled(now: number): { readonly at: number; readonly done: number } {
    const samples = this.#samples
    const last = samples.at(-1)
    if (last === undefined || now - last.at >= SAMPLE_MS) samples.push({ at: now, done: this.done })
    while (samples.length > 2 && now - (samples[1]?.at ?? now) >= WINDOW_MS) samples.shift()
    return samples[0] ?? { at: this.#startedAt, done: 0 }
  }
}
