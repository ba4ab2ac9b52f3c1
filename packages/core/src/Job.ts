/**
 * What can be said of one job: where it stands, which attempts it took, how it settled. Plain data; the
 * supervisor fills it in. Not the job's scheduling, which lives in the supervisor.
 */
import type { JobError } from "./JobError.ts"

/** One execution of a job on one worker. Times are milliseconds; `startedAt` since the Unix epoch. */
export interface Attempt {
  /** 1 for the first attempt. */
  readonly number: number
  /** Id of the worker it ran on; undefined when it never started. */
  readonly worker: number | undefined
  readonly pid: number | undefined
  readonly startedAt: number | undefined
  readonly durationMs: number | undefined
  /** `_tag` (or name) of what ended the attempt; undefined when it succeeded. */
  readonly failure: string | undefined
  /** Path of the file that tells all of its failure, where the pool keeps `reports`. It is written soon after. */
  readonly report?: string
}

/** The last lines a job printed, at most 20 of each stream, the last of which may be unfinished. */
export interface LastLogs {
  readonly stdout: ReadonlyArray<string>
  readonly stderr: ReadonlyArray<string>
}

/** One line that a job has printed or logged; where it wrote several lines at once, all of them. */
export interface LogLine {
  /** When it was read. Milliseconds since the Unix epoch. */
  readonly at: number
  readonly stream: "stdout" | "stderr"
  /** pino's number: 30 for plain text on stdout, 40 for plain text on stderr, else what the line itself says. */
  readonly level: number
  readonly message: string
  /** The other fields of a line of pino's, of `Effect.log` or of `currentTask().log`. */
  readonly fields: Readonly<Record<string, unknown>> | undefined
  readonly attempt: number
  readonly worker: number
  readonly pid: number | undefined
}

/** Where a batch stood when its first failure ended it. */
export interface BatchState {
  /** Number of inputs, as far as known. */
  readonly total: number
  readonly done: number
  readonly notRun: number
}

/** One input given to one task, as failures and outcomes describe it. */
export interface JobSummary {
  /** The task's name. */
  readonly task: string
  /** URL of the task's module. */
  readonly module: string
  /** Position in the batch, from 0. */
  readonly index: number
  readonly key: string
  /** The input, shortened to some 200 characters; empty where a call ended before it had read any. */
  readonly inputPreview: string
  readonly attempts: ReadonlyArray<Attempt>
  /** Worker of the last attempt. */
  readonly worker: number | undefined
  readonly pid: number | undefined
  readonly lastLogs: LastLogs
  /**
   * What the job has printed so far, in all its attempts: the last 1,000 lines, of each attempt at most 256 KiB. Once
   * it has settled, all that it had printed before is there. Read when it is asked for; not part of its JSON.
   */
  readonly logs: ReadonlyArray<LogLine>
  /** Set where the failure ended a whole batch. */
  readonly batch?: BatchState
}

/** How a job settled. `E` is the task's own typed error; anything else is a {@link JobError}. */
export type Outcome<A, E = never> =
  | { readonly _tag: "Succeeded"; readonly value: A; readonly job: JobSummary }
  | { readonly _tag: "Failed"; readonly error: E | JobError; readonly job: JobSummary }

/** Where a submitted job stands. */
export type JobStatus = "queued" | "running" | "retrying" | "settled"
