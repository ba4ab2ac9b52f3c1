/** The events of a run that has been thought up, and what a pool would say beside them: for tests without workers. */
import { type Attempt, type JobSummary, type PoolEvent, TaskThrew, WorkerCrashed } from "@holdfast/core"
import { type RunReport, reportOf } from "../../packages/supervisor/src/timeline/RunReport.ts"
import { type LiveJobs, Timeline } from "../../packages/supervisor/src/timeline/Timeline.ts"

/** When it all began. */
export const T0 = Date.now()

export const jobOf = (index: number, facts: Partial<JobSummary> = {}): JobSummary => ({
  task: "resize",
  module: "file:///resize.ts",
  index,
  key: String(index),
  inputPreview: `'${index}.png'`,
  attempts: [],
  worker: 1,
  pid: 41,
  lastLogs: { stdout: [], stderr: [] },
  logs: [],
  ...facts
})

export const attemptAt = (
  worker: number,
  startedAt: number,
  durationMs: number,
  failure: string,
  number = 1
): Attempt => ({
  number,
  worker,
  pid: 40 + worker,
  startedAt: T0 + startedAt,
  durationMs,
  failure
})

const about = { batch: 1, task: "resize" }

export const begun = (worker: number, at = 0): Array<PoolEvent> => [
  { _tag: "WorkerStarting", at: T0 + at, worker, pid: 40 + worker },
  { _tag: "WorkerReady", at: T0 + at + 10, worker, pid: 40 + worker }
]

export const succeeded = (worker: number, endedAt: number, durationMs: number, from: number, count = 1): PoolEvent => ({
  _tag: "JobsSucceeded",
  ...about,
  at: T0 + endedAt,
  worker,
  from,
  count,
  attempt: 1,
  durationMs
})

export const threw = (job: JobSummary, message: string): TaskThrew =>
  new TaskThrew(`task "resize" (job ${job.key}, input ${job.inputPreview}) threw RangeError: ${message}`, job, {
    cause: new RangeError(message)
  })

export const failed = (
  index: number,
  attempts: ReadonlyArray<Attempt>,
  message: string,
  facts: Partial<JobSummary> = {}
): PoolEvent => {
  const job = jobOf(index, { attempts, ...facts })
  return { _tag: "JobFailed", ...about, at: T0, job, error: threw(job, message) }
}

export const crashed = (index: number, attempts: ReadonlyArray<Attempt>): PoolEvent => {
  const job = jobOf(index, { attempts })
  return {
    _tag: "JobFailed",
    ...about,
    at: T0,
    job,
    error: new WorkerCrashed("died", job, { reason: "signal", signal: "SIGSEGV" })
  }
}

export const retried = (index: number, attempt: Attempt, message: string): PoolEvent => {
  const job = jobOf(index, { attempts: [attempt] })
  return { _tag: "JobRetrying", ...about, at: T0, index, attempt, job, error: threw(job, message) }
}

export const died = (worker: number, at: number): PoolEvent => ({
  _tag: "WorkerExited",
  at: T0 + at,
  worker,
  pid: 40 + worker,
  exit: { exitCode: undefined, signal: "SIGSEGV", reason: "died of SIGSEGV" },
  expected: false,
  restartInMs: 0
})

export const left = (worker: number, at: number): PoolEvent => ({
  _tag: "WorkerExited",
  at: T0 + at,
  worker,
  pid: 40 + worker,
  exit: { exitCode: 0, signal: undefined, reason: undefined },
  expected: true,
  restartInMs: undefined
})

export const liveJobs: LiveJobs = {
  workers: 2,
  beside: () => false,
  describe: (_worker, _call, index) => jobOf(index),
  running: [],
  forsaken: () => []
}

/** The report of a run in which this has happened. */
export const reportAfter = (events: Iterable<PoolEvent>, live: LiveJobs = liveJobs): RunReport => {
  const timeline = new Timeline(live)
  for (const event of events) timeline.take(event)
  return reportOf(timeline)
}
