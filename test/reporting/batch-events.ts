/**
 * The events of a batch and the workers that run it, for tests of what is shown of them.
 */
import { JobCancelled, type JobSummary, type PoolEvent, type WorkerSnapshot } from "@holdfast/core"

const job: JobSummary = {
  task: "square",
  module: "file:///square.ts",
  index: 7,
  key: "seven",
  inputPreview: "7",
  attempts: [],
  worker: 2,
  pid: 22,
  lastLogs: { stdout: [], stderr: [] },
  logs: []
}
const attempt = { number: 1, worker: 2, pid: 22, startedAt: 0, durationMs: 1, failure: "TaskThrew" }

const about = (batch: number) => ({ at: 0, batch, task: "square" })
export const begin = (batch: number, total?: number): PoolEvent => ({ _tag: "BatchStarted", ...about(batch), total })
export const did = (batch: number, count: number): PoolEvent => ({
  _tag: "JobsSucceeded",
  ...about(batch),
  worker: 1,
  from: 0,
  count,
  attempt: 1,
  durationMs: 1
})
export const failed = (batch: number): PoolEvent => ({
  _tag: "JobFailed",
  ...about(batch),
  error: new Error("no"),
  job
})
export const cancelled = (batch: number): PoolEvent => ({
  _tag: "JobFailed",
  ...about(batch),
  error: new JobCancelled("cancelled", job),
  job
})
export const retried = (batch: number): PoolEvent => ({
  _tag: "JobRetrying",
  ...about(batch),
  index: 7,
  attempt,
  error: new Error("no"),
  job
})
export const end = (batch: number, succeeded: number, failures: number, notRun: number): PoolEvent => ({
  _tag: "BatchEnded",
  ...about(batch),
  succeeded,
  failed: failures,
  notRun
})

export const workers = (): ReadonlyArray<WorkerSnapshot> =>
  (["busy", "idle", "busy"] as const).map((state, id) => ({
    id,
    pid: id,
    state,
    currentJob: undefined,
    jobsDone: 0,
    restarts: 0,
    memory: undefined
  }))
