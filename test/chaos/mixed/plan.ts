/**
 * What a mixed program is: a pool with any of its options behind either door, calls of every kind that overlap, and what
 * is done to it meanwhile. Types alone; they are drawn in `draw.ts`.
 */
import type { Act } from "./acts.ts"

export type Isolation = "process" | "thread" | "inline"

export type TaskKind = "plain" | "once" | "effect" | "spread"

export type CallKind =
  | "run"
  | "submit"
  | "submitAll"
  | "map"
  | "settle"
  | "lift"
  | "stream"
  | "outcomes"
  | "via"
  | "pipeline"
  | "partials"
  | "broadcast"
  | "push"

/** What is read as it is. */
export type PlainInputs = "array" | "generator" | "async" | "slow" | "breaks" | "breaksAsync" | "hangs"

/** What the inputs of a call are read from; those that break throw, those that hang give no more, at `breaksAt`. */
export type InputsKind =
  | PlainInputs
  // Streams of Effect, behind its door.
  | "flow"
  | "slowFlow"
  | "flowBreaks"
  | "flowDies"
  | "flowHangs"

export interface PlannedJob {
  readonly does: Act
  readonly ms: number
}

export interface PlannedCall {
  readonly kind: CallKind
  readonly task: TaskKind
  readonly jobs: ReadonlyArray<PlannedJob>
  /** Without any options: such jobs share a lane. Of single jobs alone. */
  readonly isBare: boolean
  readonly inputs: InputsKind
  readonly breaksAt: number
  readonly afterMs: number
  readonly ordered: boolean
  readonly onFailure: "failFast" | "collect"
  readonly chunkSize: number | "auto"
  readonly lookAhead: number | undefined
  readonly concurrency: number
  readonly retries: number
  /** What its `shouldRetry` says, where it has one. */
  readonly shouldRetry?: "never" | "soonNever" | "always" | "soonAlways" | "throws" | "rejects" | undefined
  /** The pause before another attempt. */
  readonly pauseMs: number
  readonly maxCrashes: number
  readonly priority: number
  readonly timeoutMs: number | undefined
  readonly queueTimeoutMs: number | undefined
  readonly heartbeatTimeoutMs: number | undefined
  readonly cancelAfterMs: number | undefined
  /** `own`: as the door has it, by the handles, or by interrupting the fiber. */
  readonly cancelBy: "signal" | "own"
  /** After how many values its reader stops, where it is read. */
  readonly leaveAfter: number | undefined
  /** Which method of the iterator a reader leaves by. */
  readonly leavesBy?: "return" | "throw" | undefined
  /** How the module of its task is loaded, where that has one of its own. */
  readonly loads?: { readonly how: "waits" | "blocks" | "throws"; readonly ms: number } | undefined
  /** How long its reader takes for each value. */
  readonly readMs: number
}

export interface PlannedChange {
  readonly afterMs: number
  readonly what: "resize" | "recycle" | "dump" | "report"
  readonly workers: number
}

export interface PlannedKill {
  readonly afterMs: number
  readonly signal: "SIGKILL" | "SIGTERM" | "SIGSTOP"
  readonly thawAfterMs: number
  readonly worker: number
  /** Only where it has nothing to do, so that nobody is to blame. */
  readonly idle: boolean
}

export interface Plan {
  readonly isolation: Isolation
  readonly door: "promise" | "effect"
  readonly workers: number
  readonly concurrency: number
  readonly schedule: "balanced" | "static"
  readonly maxQueue: number | undefined
  readonly maxJobsPerWorker: number | undefined
  readonly hasMaxMemory: boolean
  readonly hasContext: boolean
  /** What a third of the starts come to, where there is a context. */
  readonly startFault: "throws" | "exits" | "hangs" | undefined
  /** Whether second stages have a pool of their own. */
  readonly hasSecond: boolean
  readonly hasReports: boolean
  /** Whether its workers preload a module. */
  readonly preload?: boolean
  readonly restartMax: number
  readonly spare: number
  readonly stallMs: number
  readonly killGraceMs: number
  readonly drainTimeoutMs: number
  readonly calls: ReadonlyArray<PlannedCall>
  readonly changes: ReadonlyArray<PlannedChange>
  readonly kills: ReadonlyArray<PlannedKill>
  /** Ended once all calls have their answers; or at some moment, gently or not, or gently and then not. */
  /** When all that is done to the pool and its calls happens, but for some milliseconds; undefined for each when it likes. */
  readonly atOnceMs: number | undefined
  readonly end: { readonly how: "close" | "terminate" | "both"; readonly afterMs: number | undefined }
}
