/**
 * What a program of jobs side by side is: pools whose workers run several at once, calls of tasks whose modules load in
 * every way, and what is done to those pools meanwhile. Types alone; they are drawn in `draw.ts`.
 */

export type Isolation = "process" | "thread" | "inline"

/** How a task's module is loaded in a worker: at once, after a while, blocked for a while; or it never is. */
export type Loading = "plain" | "slow" | "blocks" | "throws" | "exits" | "never" | "spins"

/** What a job does. */
export type Does =
  | "returns"
  | "sleeps"
  | "computes"
  | "listens"
  | "ignores"
  | "reads"
  | "throws"
  | "throwsOnce"
  | "exits"
  | "exitsLater"
  | "exitsOnce"
  | "killsItself"
  | "loops"
  | "waits"
  | "escapes"

export interface PlannedJob {
  readonly does: Does
  readonly ms: number
}

export interface PlannedCall {
  /** Which of the pools, by place. */
  readonly pool: number
  readonly kind: "submit" | "submitAll" | "map" | "settle" | "stream" | "outcomes"
  readonly loading: Loading
  readonly jobs: ReadonlyArray<PlannedJob>
  readonly afterMs: number
  /** Between two that are submitted one by one. */
  readonly gapMs: number
  readonly concurrency: number
  readonly priority: number
  readonly timeoutMs: number | undefined
  readonly queueTimeoutMs: number | undefined
  readonly retries: number
  readonly chunkSize: number | "auto"
  readonly lookAhead: number | undefined
  readonly ordered: boolean
  readonly onFailure: "failFast" | "collect"
  readonly cancelAfterMs: number | undefined
  /** Of handles, each so many-th is cancelled; elsewhere the call is. */
  readonly cancelEvery: number
  readonly leaveAfter: number | undefined
}

export interface PlannedChange {
  readonly pool: number
  readonly afterMs: number
  readonly what: "resize" | "recycle" | "dump" | "push" | "pull" | "broadcast" | "scatter"
  readonly workers: number
}

export interface PoolPlan {
  readonly workers: number
  readonly concurrency: number
  readonly spare: number
  readonly schedule: "balanced" | "static"
  readonly maxQueue: number | undefined
  readonly maxJobsPerWorker: number | undefined
  readonly killGraceMs: number
  readonly drainTimeoutMs: number
}

export interface Plan {
  readonly isolation: Isolation
  readonly pools: ReadonlyArray<PoolPlan>
  readonly calls: ReadonlyArray<PlannedCall>
  readonly changes: ReadonlyArray<PlannedChange>
  /** Once all calls have their answers; or at some moment, gently or not. */
  readonly end: { readonly how: "close" | "terminate"; readonly afterMs: number | undefined }
}

/** The longest a module may take to load, and a worker to start. */
export const START_TIMEOUT_MS = 3_000
