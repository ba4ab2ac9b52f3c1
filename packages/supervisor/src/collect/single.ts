/**
 * Collects single jobs (`run`, `submit`): each into a `PendingJob`, which the handles of both doors show. Cheap
 * by the hundred thousand: no promise is made unless somebody waits.
 */
import type { JobSummary, Outcome } from "@holdfast/core"
import type { CallSite } from "../failure/call-site.ts"
import { summaryOfSuccess } from "../failure/summary.ts"
import type { Ran, Sink } from "./Sink.ts"

/** One submitted job. */
export class PendingJob {
  readonly index: number
  readonly input: unknown
  readonly callSite: CallSite | undefined
  outcome: Outcome<unknown, unknown> | undefined
  /** Takes what it yields, and calls `taken` when that was handed on. */
  onPartial: ((value: unknown, taken: () => void) => void) | undefined
  /** Called once with the outcome. */
  #listeners: Array<(outcome: Outcome<unknown, unknown>) => void> | undefined

  constructor(index: number, input: unknown, callSite?: CallSite) {
    this.index = index
    this.input = input
    this.callSite = callSite
  }

  settle(outcome: Outcome<unknown, unknown>): void {
    if (this.outcome !== undefined) return
    this.outcome = outcome
    const listeners = this.#listeners
    this.#listeners = undefined
    if (listeners !== undefined) for (const listener of listeners) listener(outcome)
  }

  /** Calls `listener` once the job has settled, at once if it has. Returns how to stop listening. */
  onSettled(listener: (outcome: Outcome<unknown, unknown>) => void): () => void {
    if (this.outcome !== undefined) {
      listener(this.outcome)
      return () => undefined
    }
    this.#listeners ??= []
    this.#listeners.push(listener)
    return () => {
      const at = this.#listeners?.indexOf(listener) ?? -1
      if (at !== -1) this.#listeners?.splice(at, 1)
    }
  }
}

export class SingleSink implements Sink {
  readonly bounded = false
  readonly done = false
  readonly #jobs = new Map<number, PendingJob>()

  add(job: PendingJob): void {
    this.#jobs.set(job.index, job)
  }

  callSiteOf(index: number): CallSite | undefined {
    return this.#jobs.get(index)?.callSite
  }

  partial(index: number, value: unknown, taken: () => void): void {
    this.#jobs.get(index)?.onPartial?.(value, taken)
  }

  /** Whether this job has not settled. */
  has(index: number): boolean {
    return this.#jobs.has(index)
  }

  /** The input of a job that has not settled. */
  inputOf(index: number): unknown {
    return this.#jobs.get(index)?.input
  }

  get size(): number {
    return this.#jobs.size
  }

  #take(index: number): PendingJob | undefined {
    const job = this.#jobs.get(index)
    this.#jobs.delete(index)
    return job
  }

  values(from: number, values: ReadonlyArray<unknown>, ran: Ran): void {
    for (let at = 0; at < values.length; at++) {
      this.#take(from + at)?.settle({ _tag: "Succeeded", value: values[at], job: summaryOfSuccess(ran, from + at) })
    }
  }

  failed(index: number, error: unknown, job: JobSummary): void {
    this.#take(index)?.settle({ _tag: "Failed", error: error as never, job })
  }

  inputFailed(): void {}

  cut(): void {}

  ended(): void {}
}
