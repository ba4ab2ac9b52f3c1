/**
 * What may become of a job that runs beside others: its value; a failure of its own doing; or one that was done to it,
 * which must show in what its worker has noted. Says in words what is wrong; nothing here runs anything.
 */
import { isJobError, type JobError, type JobSummary, jobOf } from "holdfast"
import type { ToldCall, ToldJob } from "./calls.ts"
import { type BesideJob, LONGER } from "./doing.ts"
import type { Does, Loading, Plan, PlannedCall } from "./plan.ts"
import type { Begun, Trace } from "./Trace.ts"

/** What a machine under load may take for anything. */
const SLACK_MS = 1_500
/** Clocks of two processes, and a timer's own granularity. */
const CLOCK_MS = 20
/** How long a job may take to be told of as cancelled, or as out of time. */
const TOLD_MS = 250

export interface Sent {
  readonly plan: Plan
  readonly call: PlannedCall
  readonly job: BesideJob
  readonly told: ToldCall
  readonly trace: Trace
  /** How many values had been pushed when all was over. */
  readonly pushed: number
}

const NONE: ReadonlySet<never> = new Set()
const BLOCK: ReadonlySet<Does> = new Set(["loops", "computes", "killsItself"])
const BLOCKING: ReadonlySet<Loading> = new Set(["blocks", "spins"])
const KILL: ReadonlySet<Does> = new Set(["killsItself"])
const ENDING: ReadonlySet<Loading> = new Set(["exits"])
const NEVER_LOADED: ReadonlySet<Loading> = new Set(["throws", "never", "spins"])

const ENDS_WELL: ReadonlySet<Does> = new Set([
  "returns",
  "sleeps",
  "computes",
  "listens",
  "ignores",
  "reads",
  "throwsOnce",
  "exitsOnce"
])

const OWN: Partial<Record<Does, string>> = {
  throws: "TaskThrew",
  throwsOnce: "TaskThrew",
  escapes: "TaskThrew",
  exits: "WorkerCrashed",
  exitsLater: "WorkerCrashed",
  exitsOnce: "WorkerCrashed",
  killsItself: "WorkerCrashed",
  loops: "JobTimedOut",
  waits: "JobTimedOut"
}

const FAILS_ONCE: ReadonlySet<Does> = new Set(["throwsOnce", "exitsOnce"])

/** How long it should take by itself. */
const lengthOf = ({ does, ms }: BesideJob): number => {
  if (does === "loops" || does === "waits" || does === "escapes") return Number.POSITIVE_INFINITY
  return does === "listens" || does === "ignores" ? ms * LONGER : ms
}

const lastOf = ({ job, trace }: Sent): Begun | undefined => trace.of(job.id).at(-1)

const isOfLoading = ({ call }: Sent, error: JobError): boolean => {
  if (error._tag === "TaskNotLoaded") return NEVER_LOADED.has(call.loading)
  return call.loading === "exits" && error._tag === "WorkerCrashed" && error.reason === "exit" && error.exitCode === 9
}

/** Whether the error is what its own behaviour comes to. */
const isOwn = (sent: Sent, error: JobError): boolean => {
  const { job, call, trace } = sent
  if (OWN[job.does] !== error._tag || trace.of(job.id).length === 0) return false
  if (FAILS_ONCE.has(job.does) && call.retries > 0) return false
  switch (error._tag) {
    case "TaskThrew":
      return String((error.cause as Error | undefined)?.message).includes(job.id)
    case "WorkerCrashed":
      return job.does === "killsItself" ? error.signal === "SIGKILL" : error.exitCode === 41
    case "JobTimedOut":
      return error.which === "timeout"
    default:
      return false
  }
}

const ofQueueTimeout = (sent: Sent, told: ToldJob | undefined): string | undefined => {
  const { call, job, trace } = sent
  const limit = call.queueTimeoutMs
  if (limit === undefined) return "without any limit"
  if (call.retries === 0 && trace.of(job.id).length > 0) return "and had begun"
  if (told === undefined || call.kind !== "submit" || call.retries > 0) return undefined
  const took = told.settledAt - told.submittedAt
  return took < limit - CLOCK_MS || took > limit + SLACK_MS ? `after ${took} ms` : undefined
}

const ofTimeout = (sent: Sent, error: JobError & { _tag: "JobTimedOut" }, told: ToldJob | undefined) => {
  if (error.which === "queueTimeout") return ofQueueTimeout(sent, told)
  const { call, job, trace } = sent
  if (error.which !== "timeout" || call.timeoutMs === undefined) return "without any limit"
  const { durationMs = 0 } = error.job.attempts.at(-1) ?? {}
  if (durationMs < call.timeoutMs - CLOCK_MS) return `after ${durationMs} ms`
  const begun = lastOf(sent)
  if (begun === undefined) return "and had never begun"
  const late = (told?.settledAt ?? 0) - begun.at - call.timeoutMs
  if (call.kind === "submit" && late > TOLD_MS + SLACK_MS) return `${late} ms late`
  const isLong = lengthOf(job) > call.timeoutMs / 2
  return isLong || trace.hasOther(begun, BLOCK, BLOCKING) ? undefined : "and nothing took so long"
}

/** What is wrong with its having gone down with its worker for another's doing. */
const ofCrash = (sent: Sent, error: JobError & { _tag: "WorkerCrashed" }): string | undefined => {
  const begun = lastOf(sent)
  const { call, trace } = sent
  if (begun === undefined || begun.attempt !== error.job.attempts.length) {
    // Of what one loads, nobody can tell whose module ended its worker, unless it has said so.
    const { pid } = error.job
    const mayBe = error.reason === "signal" || (error.reason === "exit" && trace.hasLoaded("exits", pid))
    return mayBe && trace.hasLoaded(call.loading, pid) ? undefined : "and had not begun"
  }
  // Also where it blocks its worker itself, and the time of another is up first.
  if (error.reason === "ended")
    return BLOCK.has(sent.job.does) || trace.hasOther(begun, BLOCK, BLOCKING)
      ? undefined
      : "and nothing was blocked there"
  if (error.reason === "exit" && error.exitCode === 9)
    return trace.hasOther(begun, new Set(), ENDING) ? undefined : "and nothing there exited so"
  if (error.reason === "signal" && error.signal === "SIGKILL")
    return trace.hasOther(begun, KILL, NONE) ? undefined : "and nothing there killed it"
  return "of which no other job of a worker may die"
}

/** What is wrong with what was done to it, if it can have been. */
const ofImposed = (sent: Sent, error: JobError, told: ToldJob | undefined): string | undefined => {
  const { call, told: all, job, plan, trace } = sent
  const isBatch = call.kind === "map" || call.kind === "stream"
  switch (error._tag) {
    case "JobTimedOut":
      return ofTimeout(sent, error, told)
    case "WorkerCrashed":
      return ofCrash(sent, error)
    case "JobCancelled": {
      const cancelledAt = told?.cancelledAt ?? all.cancelledAt
      if (cancelledAt === undefined)
        return (isBatch && call.onFailure === "failFast") || all.left ? undefined : "and nobody had cancelled it"
      const late = (told?.settledAt ?? all.endedAt) - cancelledAt
      return late > SLACK_MS ? `${late} ms late` : undefined
    }
    case "PoolClosed":
      return plan.end.afterMs === undefined ? "before its end" : undefined
    case "QueueFull": {
      const isRefused = call.kind === "submit" || call.kind === "submitAll"
      if (plan.pools[call.pool]?.maxQueue === undefined || !isRefused) return "without any limit"
      return trace.of(job.id).length > 0 ? "and had begun" : undefined
    }
    default:
      return "which nothing explains"
  }
}

/** What is wrong with how often it was tried. */
const ofAttempts = ({ call, job, trace }: Sent, { attempts }: JobSummary): string | undefined => {
  if (attempts.length > 1 + call.retries) return `was tried ${attempts.length} times, with ${call.retries} retries`
  if (attempts.some(({ number }, at) => number !== at + 1)) return `has attempts ${JSON.stringify(attempts)}`
  const begun = trace.of(job.id)
  // One that is given up as it begins need not be told of.
  if (begun.length > attempts.length + 1) return `began ${begun.length} times in ${attempts.length} attempts`
  const isUnknown = (at: (typeof attempts)[number]): boolean =>
    at.failure === "TaskThrew" && !begun.some(({ attempt }) => attempt === at.number)
  return attempts.some(isUnknown) ? `threw before it began: ${JSON.stringify(attempts)}` : undefined
}

const ofValue = (sent: Sent, { outcome }: ToldJob): string | undefined => {
  if (outcome._tag === "Failed") return undefined
  const { call, told: all, job, pushed, trace } = sent
  const { value, job: summary } = outcome
  if (!ENDS_WELL.has(job.does)) return `came to ${JSON.stringify(value)}`
  if (value.id !== job.id) return `came to what is another's: ${JSON.stringify(value)}`
  if (NEVER_LOADED.has(call.loading) || call.loading === "exits") return "succeeded, and can't have been loaded"
  if (!trace.of(job.id).some(({ attempt }) => attempt === value.attempt)) return "succeeded, and had not begun"
  if (FAILS_ONCE.has(job.does) && value.attempt === 1) return "succeeded at once"
  if (value.attempt > 1 + call.retries) return `succeeded in attempt ${value.attempt}, with ${call.retries} retries`
  if (summary !== undefined && summary.attempts.length !== value.attempt)
    return `succeeded in attempt ${value.attempt} of ${JSON.stringify(summary.attempts)}`
  const { version } = value
  if (version === undefined ? all.version > 0 : Number(version) < all.version || Number(version) > pushed)
    return `saw version ${String(version)}, of ${all.version} to ${pushed} that were pushed`
  return undefined
}

const ofError = (sent: Sent, error: unknown, told: ToldJob | undefined): string | undefined => {
  if (!isJobError(error)) return `failed with what is no JobError: ${String(error)}`
  if (isOfLoading(sent, error)) return sent.trace.of(sent.job.id).length > 0 ? "was not loaded, and began" : undefined
  if (isOwn(sent, error)) return undefined
  const wrong = ofImposed(sent, error, told)
  return wrong === undefined ? undefined : `failed with ${error._tag}, ${wrong}: ${error.message}`
}

/** Whether it began though it had waited for too long by then. */
const isOverdue = ({ call, job, trace }: Sent, told: ToldJob): boolean => {
  const [first] = trace.of(job.id)
  if (call.queueTimeoutMs === undefined || call.kind !== "submit" || first === undefined) return false
  return first.at - told.submittedAt > call.queueTimeoutMs + SLACK_MS
}

/** What is wrong with how a job settled; undefined where nothing is. */
export const objectionToJob = (sent: Sent, told: ToldJob | undefined): string | undefined => {
  const { call, told: all, job, trace } = sent
  const who = `${call.kind} of ${call.loading}, ${job.does} (${job.id}, ${job.ms} ms)`
  const settledAt = told?.settledAt ?? all.endedAt
  const late = trace.of(job.id).find(({ at }) => at > settledAt + TOLD_MS)
  if (late !== undefined) return `${who} began ${late.at - settledAt} ms after it had settled`
  if (told === undefined) return undefined
  if (isOverdue(sent, told)) return `${who} began long after its queueTimeout of ${call.queueTimeoutMs} ms`
  const { outcome } = told
  const summary = outcome._tag === "Failed" ? (jobOf(outcome.error) ?? outcome.job) : outcome.job
  const wrong =
    (summary === undefined ? undefined : ofAttempts(sent, summary)) ??
    (outcome._tag === "Failed" ? ofError(sent, outcome.error, told) : ofValue(sent, told))
  return wrong === undefined ? undefined : `${who} ${wrong} ${JSON.stringify([summary?.attempts, trace.of(job.id)])}`
}

/** What is wrong with what the whole call failed with, or did not tell of. */
export const objectionToCall = (sent: Omit<Sent, "job">, jobs: ReadonlyArray<BesideJob>): string | undefined => {
  const { call, told: all } = sent
  const who = `${call.kind} of ${call.loading}`
  if (all.failure === undefined) {
    const isWhole = call.kind !== "stream" && !all.left
    return isWhole && all.jobs.size !== jobs.length ? `${who} told of ${all.jobs.size} of ${jobs.length}` : undefined
  }
  const { failure } = all
  if (!isJobError(failure)) return `${who} failed with ${String(failure)}`
  const key = jobOf(failure)?.key
  const job = jobs.find(({ id }) => id === key) ?? jobs[0]
  const wrong = job === undefined ? undefined : ofError({ ...sent, job }, failure, undefined)
  return wrong === undefined ? undefined : `${who}, by ${key}: ${wrong}`
}
