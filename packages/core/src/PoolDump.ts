/**
 * What a pool and each of its workers were doing at one moment, as plain data: what `pool.dump()` gives. Not how it is
 * found out or printed, which is the supervisor's.
 */
import type { Input as DurationInput } from "effect/Duration"
import type { LastLogs } from "./Job.ts"
import type { WorkerState } from "./PoolEvent.ts"
import type { Frame, NativeState, Resource } from "./Whereabouts.ts"

/** What a pool is doing: every worker, every running job, the queue. Printed by `console.log` or `String(dump)`. */
export interface PoolDump {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** Milliseconds it took to look. */
  readonly tookMs: number
  readonly isolation: "process" | "thread" | "inline"
  readonly phase: "open" | "closing" | "closed" | "broken"
  readonly queue: QueueDump
  readonly workers: ReadonlyArray<WorkerDump>
  /** The readable form, for a terminal. */
  toString(): string
}

/** How many jobs stand where. */
export interface JobCounts {
  /** Waiting for a worker; of a lazily read iterable, those read so far. */
  readonly queued: number
  /** Being run just now. */
  readonly running: number
  /** Failed before, and waiting for another attempt. */
  readonly retrying: number
  readonly succeeded: number
  readonly failed: number
}

/** The jobs of the calls that are under way; those of finished calls are not counted. */
export interface QueueDump extends JobCounts {
  readonly tasks: ReadonlyArray<TaskDump>
}

/** {@link JobCounts} of one task. */
export interface TaskDump extends JobCounts {
  readonly task: string
}

/**
 * What a worker's main thread does.
 * - `idle`: it has no job.
 * - `running`: JavaScript that does not let its event loop turn; `frames` say where.
 * - `native`: blocked in native code, computing or in a system call; `native` says which.
 * - `waiting`: its event loop turns; its jobs await something: `waitingOn`.
 * - `loading`: it starts, or loads the module of its next job.
 * - `stopped`: the system has stopped it (SIGSTOP).
 * - `silent`: neither it nor its watchdog has answered in time.
 * - `absent`: there is no process just now: not started yet, about to be started again, or gone.
 */
export type WorkerActivity = "idle" | "running" | "native" | "waiting" | "loading" | "stopped" | "silent" | "absent"

/** One worker. */
export interface WorkerDump {
  readonly id: number
  readonly pid: number | undefined
  readonly state: WorkerState
  readonly activity: WorkerActivity
  /** Its running jobs: one, or with `concurrency` several. */
  readonly jobs: ReadonlyArray<JobDump>
  /** Jobs that were sent to it and have not begun. */
  readonly ahead: number
  /** Where its main thread was, innermost frame first, with local variables of the top ones; while `running`. */
  readonly frames: ReadonlyArray<Frame>
  /** While `native`. */
  readonly native: NativeState | undefined
  /** What its event loop waits on, whichever job it is for. */
  readonly waitingOn: ReadonlyArray<Resource>
  readonly memory: MemoryDump | undefined
  /** CPU time its main thread used while it was looked at: `ms` of `overMs`. */
  readonly cpu: { readonly ms: number; readonly overMs: number } | undefined
  readonly jobsDone: number
  readonly restarts: number
}

/** Bytes. The heap is known of a worker whose event loop has answered. */
export interface MemoryDump {
  /** Resident memory; of a thread and inline, that of the whole program. */
  readonly rss: number | undefined
  readonly heapUsed: number | undefined
  readonly heapLimit: number | undefined
  /** Buffers and the like, outside of the heap. */
  readonly external: number | undefined
}

/** A job that runs. */
export interface JobDump {
  readonly task: string
  readonly index: number
  readonly key: string
  /** The input, shortened to some 200 characters. */
  readonly inputPreview: string
  readonly attempt: number
  /** Since it has begun; undefined while its task's module loads. */
  readonly runningMs: number | undefined
  /** Until its `timeout`; undefined where it has none. */
  readonly timeoutInMs: number | undefined
  /** What it waits on, as far as that is known to be its own: all of it, where it runs alone. */
  readonly waitingOn: ReadonlyArray<Resource>
  readonly lastLogs: LastLogs
}

/** How to look. */
export interface DumpOptions {
  /** How long a look may take; what a worker has not told by then is left out. A duration; default 1 second. */
  readonly within?: DurationInput
}
