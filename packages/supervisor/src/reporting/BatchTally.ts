/**
 * Counts how far one batch is, from its events: done, failed, retried, how fast of late, and how long it will take.
 * Pure but for the clock it is given. Not what is shown of it.
 */
import { JobCancelled, PoolClosed, type PoolEvent } from "@holdfast/core"

/** Over so long the present rate is taken. */
const WINDOW_MS = 10_000
const SAMPLE_MS = 250

/** What a running job has said of itself. */
export interface JobWord {
  readonly fraction: number
  readonly message: string | undefined
}

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
  readonly #expected: () => number | undefined
  /** What running jobs have said, by their index. */
  readonly #words = new Map<number, JobWord>()
  #task: string | undefined
  #endedAt: number | undefined
  /** Oldest first; the first is the last one before the window. */
  readonly #samples: Array<{ readonly at: number; readonly done: number }>

  /** `expected`: how many inputs there will be, as far as can be told, for as long as that is not known. */
  constructor(batch: number, now: () => number, expected: () => number | undefined = () => undefined) {
    this.#batch = batch
    this.#expected = expected
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

  /** How many there will be, by what has been read so far; undefined where the total is known, or nothing tells. */
  get expected(): number | undefined {
    if (this.#total !== undefined || this.ended) return undefined
    const expected = this.#expected()
    return expected === undefined ? undefined : Math.max(expected, this.done)
  }

  /** Name of the task; undefined before the batch has begun. */
  get task(): string | undefined {
    return this.#task
  }

  /** What a running job has said last. */
  wordOf(index: number): JobWord | undefined {
    return this.#words.get(index)
  }

  get ended(): boolean {
    return this.#endedAt !== undefined
  }

  get elapsedMs(): number {
    return (this.#endedAt ?? this.#now()) - this.#startedAt
  }

  /** From 0 to 1, what running jobs say included; undefined while neither total nor an estimate of it is known. */
  get fraction(): number | undefined {
    const total = this.#total ?? this.expected
    if (total === undefined) return undefined
    if (total === 0) return 1
    let running = 0
    for (const { fraction } of this.#words.values()) running += fraction
    return Math.min(1, (this.done + running) / total)
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
    const total = this.#total ?? this.expected
    return total === undefined || rate === 0 ? undefined : (Math.max(0, total - this.done) / rate) * 1000
  }

  take(event: PoolEvent): void {
    if (!("batch" in event) || event.batch !== this.#batch || this.ended) return
    switch (event._tag) {
      case "BatchStarted":
        this.#total = event.total
        this.#task = event.task
        break
      case "JobsSucceeded":
        this.#succeeded += event.count
        this.#forget(event.from, event.count)
        break
      case "JobFailed":
        if (event.error instanceof JobCancelled || event.error instanceof PoolClosed) this.#cancelled++
        else this.#failed++
        this.#words.delete(event.job.index)
        break
      case "JobRetrying":
        this.#retried++
        this.#words.delete(event.index)
        break
      case "JobProgress": {
        const { fraction, index, message } = event
        this.#words.set(index, { fraction: Math.min(1, Math.max(0, fraction)) || 0, message })
        break
      }
      case "BatchEnded":
        this.#succeeded = event.succeeded
        this.#failed = event.failed - this.#cancelled
        this.#notRun = event.notRun + this.#cancelled
        this.#endedAt = this.#now()
        this.#words.clear()
        break
      default:
    }
  }

  #forget(from: number, count: number): void {
    for (const index of this.#words.keys()) if (index >= from && index < from + count) this.#words.delete(index)
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
