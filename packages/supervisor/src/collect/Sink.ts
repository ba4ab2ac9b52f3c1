/**
 * Where a lane's settled jobs go. One implementation for each way to collect: an array, outcomes, a stream,
 * single handles. A sink is told of every job exactly once.
 */
import type { JobSummary } from "@holdfast/core"
import type { CallSite } from "../failure/call-site.ts"
import type { ValueList } from "../protocol/value-list.ts"
import type { Chunk } from "../scheduler/Chunk.ts"

/** Who ran a run of successful jobs. */
export interface Ran {
  readonly chunk: Chunk
  readonly worker: number
  readonly pid: number | undefined
}

export interface Sink {
  /** True once the call has its answer: nothing further needs to be told. */
  readonly done: boolean
  /** True where jobs may only be so far ahead of their reader (see `lookAhead`). */
  readonly bounded: boolean
  /** Whether `values` may come packed. */
  readonly takesPacked?: boolean
  /** Jobs `from` to `from + values.length - 1` succeeded. */
  values(from: number, values: ValueList, ran: Ran): void
  /** A job failed for good. */
  failed(index: number, error: unknown, job: JobSummary, input: unknown): void
  /** The iterable threw; nothing further is read. */
  inputFailed(error: unknown): void
  /** The batch was ended from outside: what was left has been told as failed, or, where `unread`, was never read. */
  cut(error: unknown, unread: boolean): void
  /** Everything has settled. */
  ended(): void
  /** Where a job was asked for, where each was by itself. */
  callSiteOf?(index: number): CallSite | undefined
  /** A running job has yielded a value; `taken` is to be called once it was handed on. */
  partial?(index: number, value: unknown, taken: () => void): void
}

/** What a sink may ask of its batch. */
export interface BatchControl {
  /** Cancels what is queued or running; the sink has its answer. */
  stop(): void
  /** How the inputs were let go of, for a reader who has left; undefined where there was nothing to let go of. */
  closed(): Promise<void> | undefined
  /** So many jobs have been handed on to the reader. */
  delivered(count: number): void
}
