/**
 * Collects single jobs (`run`, `submit`): each into a `PendingJob`, which the handles of both doors are. Cheap by the
 * hundred thousand: no promise is made unless somebody waits.
 */
import type { JobSummary } from "@holdfast/core"
import type { CallSite } from "../failure/call-site.ts"
import type { Engine } from "../pool/Engine.ts"
import { JobPages } from "./JobPages.ts"
import { PendingJob } from "./PendingJob.ts"
import type { Ran, Sink } from "./Sink.ts"

export class SingleSink implements Sink {
  readonly bounded = false
  readonly done = false
  /** Whose jobs these are: what is done with one of them by its handle is done there. */
  readonly engine: Engine
  /** Takes what a job yields, and calls `taken` when that was handed on. One whose yields are taken has its own lane. */
  onPartial: ((value: unknown, taken: () => void) => void) | undefined
  readonly #jobs = new JobPages()

  constructor(engine: Engine) {
    this.engine = engine
  }

  add(index: number, job: PendingJob): void {
    this.#jobs.add(index, job)
  }

  callSiteOf(index: number): CallSite | undefined {
    const job = this.#jobs.get(index)
    return job === undefined ? undefined : PendingJob.callSiteOf(job)
  }

  partial(_: number, value: unknown, taken: () => void): void {
    if (this.#jobs.size > 0) this.onPartial?.(value, taken)
  }

  /** Whether this job has not settled. */
  has(index: number): boolean {
    return this.#jobs.get(index) !== undefined
  }

  /** The input of a job that has not settled. */
  inputOf(index: number): unknown {
    const job = this.#jobs.get(index)
    return job === undefined ? undefined : PendingJob.inputOf(job)
  }

  get size(): number {
    return this.#jobs.size
  }

  values(from: number, values: ReadonlyArray<unknown>, ran: Ran): void {
    for (let at = 0; at < values.length; at++) {
      const job = this.#jobs.take(from + at)
      if (job !== undefined) PendingJob.succeed(job, values[at], ran)
    }
  }

  failed(index: number, error: unknown, job: JobSummary): void {
    const failed = this.#jobs.take(index)
    if (failed !== undefined) PendingJob.settle(failed, { _tag: "Failed", error: error as never, job })
  }

  inputFailed(): void {}

  cut(): void {}

  ended(): void {}
}
