/**
 * Everything a pool lets be observed, as one union, published once. Logs, progress, metrics, report and
 * dashboard only subscribe to it. `at` is milliseconds since the Unix epoch.
 */

import type { Attempt, JobSummary } from "./Job.ts"
import type { JobError } from "./JobError.ts"
import type { Frame, NativeState, Resource } from "./Whereabouts.ts"

/** Why a worker ended, as facts. */
export interface WorkerExit {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  /** Set where the parent ended it, or understood why it ended. */
  readonly reason: string | undefined
  /** Contexts that it was still releasing when it was killed, `killGrace` after it was asked to end. */
  readonly releasing?: ReadonlyArray<string>
  /** Where its thread was when it had used up `startTimeout` or `killGrace`, innermost first. */
  readonly hungAt?: ReadonlyArray<Frame>
  /** What its event loop waited on then, if that turned. */
  readonly waitingOn?: ReadonlyArray<Resource>
  /** What it did in native code then, where it was blocked there. */
  readonly native?: NativeState
  /** The system had stopped its process then (SIGSTOP). */
  readonly stopped?: true
  /** It was not ready for jobs yet. */
  readonly neverReady?: true
}

export type PoolEvent =
  | { readonly _tag: "WorkerStarting"; readonly at: number; readonly worker: number; readonly pid: number | undefined }
  | { readonly _tag: "WorkerReady"; readonly at: number; readonly worker: number; readonly pid: number | undefined }
  | {
      readonly _tag: "WorkerExited"
      readonly at: number
      readonly worker: number
      readonly pid: number | undefined
      readonly exit: WorkerExit
      /** True where the pool wanted it: closing, recycling, resizing. */
      readonly expected: boolean
      /** Milliseconds until its successor starts; undefined where there is none. */
      readonly restartInMs: number | undefined
    }
  | {
      readonly _tag: "BatchStarted"
      readonly at: number
      readonly batch: number
      readonly task: string
      readonly total: number | undefined
    }
  /** Jobs that succeeded since the last such event; published a chunk at a time. */
  | {
      readonly _tag: "JobsSucceeded"
      readonly at: number
      readonly batch: number
      readonly task: string
      readonly worker: number
      /** Index of the first of them. */
      readonly from: number
      readonly count: number
      /** 1 for the first attempt. */
      readonly attempt: number
      /** Time that they took in their worker, in milliseconds; the last of them ended just before `at`. */
      readonly durationMs: number
    }
  | {
      readonly _tag: "JobFailed"
      readonly at: number
      readonly batch: number
      readonly task: string
      readonly error: unknown
      readonly job: JobSummary
    }
  | {
      readonly _tag: "JobRetrying"
      readonly at: number
      readonly batch: number
      readonly task: string
      readonly index: number
      readonly attempt: Attempt
      readonly error: unknown
      readonly job: JobSummary
    }
  /** A job that killed `maxCrashes` workers, or one that must not run again after it killed one. */
  | {
      readonly _tag: "JobQuarantined"
      readonly at: number
      readonly batch: number
      readonly task: string
      readonly error: JobError
      readonly job: JobSummary
    }
  | {
      readonly _tag: "JobProgress"
      readonly at: number
      readonly batch: number
      readonly task: string
      readonly index: number
      readonly fraction: number
      readonly message: string | undefined
    }
  | {
      readonly _tag: "JobStalled"
      readonly at: number
      readonly batch: number
      readonly task: string
      readonly index: number
      /** The first is 1. */
      readonly attempt: number
      readonly worker: number
      readonly pid: number | undefined
      readonly runningMs: number
      /** Where it is blocked, innermost frame first, with the local variables of the top ones. */
      readonly stack: ReadonlyArray<Frame>
      /** True where other jobs run beside it: nobody can see whose code the stack is in. */
      readonly amongOthers?: boolean | undefined
      /** What it waits on, where it is not blocked. */
      readonly waitingOn: ReadonlyArray<Resource>
      /** What it does in native code, where it is blocked there. */
      readonly native?: NativeState | undefined
    }
  | {
      readonly _tag: "BatchEnded"
      readonly at: number
      readonly batch: number
      readonly task: string
      readonly succeeded: number
      readonly failed: number
      readonly notRun: number
    }
  /** An error that escaped after its job had settled. */
  | {
      readonly _tag: "LateError"
      readonly at: number
      readonly worker: number
      readonly pid: number | undefined
      readonly task: string | undefined
      readonly index: number | undefined
      readonly error: unknown
    }
  /** One record that a worker wrote. `level` is pino's number. */
  | {
      readonly _tag: "Log"
      readonly at: number
      readonly worker: number
      readonly pid: number | undefined
      readonly stream: "stdout" | "stderr"
      readonly level: number
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>> | undefined
      readonly task: string | undefined
      readonly index: number | undefined
      readonly attempt: number | undefined
    }
  | { readonly _tag: "EventsDropped"; readonly at: number; readonly count: number }
  | { readonly _tag: "PoolBroke"; readonly at: number; readonly message: string }
  | { readonly _tag: "PoolClosing"; readonly at: number; readonly pending: number }
  | { readonly _tag: "PoolClosed"; readonly at: number }

/** The members of {@link PoolEvent} by tag. */
export type EventOf<Tag extends PoolEvent["_tag"]> = Extract<PoolEvent, { readonly _tag: Tag }>

/** Where a worker stands. */
export type WorkerState =
  | "vacant"
  | "starting"
  | "idle"
  | "busy"
  | "retiring"
  | "stopping"
  | "killing"
  | "backingOff"
  | "gone"

/** One worker, as `pool.workers` shows it. */
export interface WorkerSnapshot {
  readonly id: number
  /** Undefined before the spawn. */
  readonly pid: number | undefined
  readonly state: WorkerState
  readonly currentJob: { readonly task: string; readonly index: number; readonly runningMs: number } | undefined
  readonly jobsDone: number
  readonly restarts: number
  /** Resident memory in bytes, where the platform tells. */
  readonly memory: number | undefined
}
