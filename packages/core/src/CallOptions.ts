/**
 * The types of what can be set on a task, on a call, or both. Types only: defaults, checks and the reference
 * documentation come from the one declaration in `@holdfast/supervisor` (`options/`).
 */
import type { Input as DurationInput } from "effect/Duration"

/** p-retry's option names. Times are milliseconds. */
export interface RetryOptions {
  /** Further attempts after the first; default 3. */
  readonly retries?: number
  readonly factor?: number
  readonly minTimeout?: number
  readonly maxTimeout?: number
  readonly randomize?: boolean
  readonly maxRetryTime?: number
  /** Decides from the failure whether another attempt is worth it. */
  readonly shouldRetry?: (failure: unknown) => boolean | Promise<boolean>
}

export type Retry = number | RetryOptions

export type OnFailure = "failFast" | "collect"

/** Where a batch stands, as given to `onProgress`. */
export interface Progress {
  readonly done: number
  readonly failed: number
  /** Undefined while the number of inputs is not known. */
  readonly total: number | undefined
}

/** What a task may fix for all of its jobs. */
export interface TaskOptions {
  readonly timeout?: DurationInput
  readonly heartbeatTimeout?: DurationInput
  readonly retry?: Retry
  readonly maxCrashes?: number
  /** `false`: never run again after a worker died with it or it passed a time limit, whatever `retry` says. */
  readonly idempotent?: boolean
}

/** Options of one job: `run` and `submit`. */
export interface JobOptions {
  readonly signal?: AbortSignal
  readonly key?: string
  readonly priority?: number
  readonly timeout?: DurationInput
  readonly heartbeatTimeout?: DurationInput
  readonly queueTimeout?: DurationInput
  readonly retry?: Retry
  readonly maxCrashes?: number
}

/** Options of many single jobs: `submitAll`. They apply to each. */
export interface SubmitAllOptions<I = never> extends Omit<JobOptions, "key"> {
  readonly key?: (input: I, index: number) => string
}

/** Options of many jobs: `map`, `settle`, `stream`, `via`, `lift`. */
export interface BatchOptions<I = never> extends Omit<JobOptions, "key"> {
  readonly key?: (input: I, index: number) => string
  readonly onFailure?: OnFailure
  readonly chunkSize?: number | "auto"
  readonly lookAhead?: number
  readonly concurrency?: number
  readonly progress?: boolean | string
  readonly onProgress?: (progress: Progress) => void
}

export interface StreamOptions<I = never> extends BatchOptions<I> {
  readonly ordered?: boolean
}
