/**
 * Collects single jobs (`run`, `submit`): each into a `PendingJob`, which the handles of both doors show. Cheap
 * by the hundred thousand: no promise is made unless somebody waits.
 */
import type { JobSummary, Outcome } from "@holdfast/core"
import type { CallSite } from "../failure/call-site.ts"
import { summaryOfSuccess } from "../failure/summary.ts"
import { JobPages } from "./JobPages.ts"
import type { Ran, Sink } from "./Sink.ts"

/** Whoever waits for a job's value alone: the two ends of a promise. */
export interface Answer {
  resolve(value: unknown): void
  reject(error: unknown): void
}

type Listener = (outcome: Outcome<unknown, unknown>) => void

/**
 * One submitted job. There may be 1,000,000 that wait, and what each of them holds is copied twice by the collector:
 * so one who waits takes no array, and an outcome is made when it is looked at.
 */
export class PendingJob {
  readonly index: number
  readonly input: unknown
  readonly callSite: CallSite | undefined
  /** Takes what it yields, and calls `taken` when that was handed on. */
  onPartial: ((value: unknown, taken: () => void) => void) | undefined
  /** Its value and who ran it, or its outcome; neither while it has not settled. */
  #value: unknown
  #ran: Ran | undefined
  #outcome: Outcome<unknown, unknown> | undefined
  #waiting: Answer | Listener | Array<Answer | Listener> | undefined

  constructor(index: number, input: unknown, callSite?: CallSite) {
    this.index = index
    this.input = input
    this.callSite = callSite
  }

  get settled(): boolean {
    return this.#ran !== undefined || this.#outcome !== undefined
  }

  get outcome(): Outcome<unknown, unknown> | undefined {
    if (this.#outcome === undefined && this.#ran !== undefined) {
      this.#outcome = { _tag: "Succeeded", value: this.#value, job: summaryOfSuccess(this.#ran, this.index) }
    }
    return this.#outcome
  }

  succeed(value: unknown, ran: Ran): void {
    if (this.settled) return
    this.#value = value
    this.#ran = ran
    // Of one that was tried before, the earlier attempts are known for this moment only.
    if (ran.chunk.lane.history.size > 0) this.#outcome = this.outcome
    this.#tell()
  }

  settle(outcome: Outcome<unknown, unknown>): void {
    if (this.settled) return
    this.#outcome = outcome
    this.#tell()
  }

  #tell(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) return
    if (Array.isArray(waiting)) for (const each of waiting) this.#answer(each)
    else this.#answer(waiting)
  }

  #answer(waiting: Answer | Listener): void {
    if (typeof waiting === "function") waiting(this.outcome as Outcome<unknown, unknown>)
    else if (this.#outcome === undefined) waiting.resolve(this.#value)
    else if (this.#outcome._tag === "Succeeded") waiting.resolve(this.#outcome.value)
    else waiting.reject(this.#outcome.error)
  }

  #wait(waiting: Answer | Listener): void {
    if (this.settled) this.#answer(waiting)
    else if (this.#waiting === undefined) this.#waiting = waiting
    else if (Array.isArray(this.#waiting)) this.#waiting.push(waiting)
    else this.#waiting = [this.#waiting, waiting]
  }

  /** Its value, or what it failed with. */
  get result(): Promise<unknown> {
    return new Promise((resolve, reject) => this.#wait({ resolve, reject }))
  }

  /** Calls `listener` once the job has settled, at once if it has. Returns how to stop listening. */
  onSettled(listener: Listener): () => void {
    this.#wait(listener)
    return () => {
      const waiting = this.#waiting
      if (waiting === listener) this.#waiting = undefined
      else if (Array.isArray(waiting) && waiting.includes(listener)) waiting.splice(waiting.indexOf(listener), 1)
    }
  }
}

export class SingleSink implements Sink {
  readonly bounded = false
  readonly done = false
  readonly #jobs = new JobPages()

  add(job: PendingJob): void {
    this.#jobs.add(job)
  }

  callSiteOf(index: number): CallSite | undefined {
    return this.#jobs.get(index)?.callSite
  }

  partial(index: number, value: unknown, taken: () => void): void {
    this.#jobs.get(index)?.onPartial?.(value, taken)
  }

  /** Whether this job has not settled. */
  has(index: number): boolean {
    return this.#jobs.get(index) !== undefined
  }

  /** The input of a job that has not settled. */
  inputOf(index: number): unknown {
    return this.#jobs.get(index)?.input
  }

  get size(): number {
    return this.#jobs.size
  }

  values(from: number, values: ReadonlyArray<unknown>, ran: Ran): void {
    for (let at = 0; at < values.length; at++) {
      this.#jobs.take(from + at)?.succeed(values[at], ran)
    }
  }

  failed(index: number, error: unknown, job: JobSummary): void {
    this.#jobs.take(index)?.settle({ _tag: "Failed", error: error as never, job })
  }

  inputFailed(): void {}

  cut(): void {}

  ended(): void {}
}
