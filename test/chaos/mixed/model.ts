/**
 * What may become of a job of a mixed program, and of a call: what its own behaviour and options make of it, or what is
 * done to it. Says in words what is wrong; nothing here runs anything.
 */
import { isJobError, type JobError, type JobSummary, jobOf, type Outcome } from "holdfast"
import type { Act, ActJob, ActValue } from "./acts.ts"
import { NoAnswer, retriesOf } from "./call-options.ts"
import { Interrupted } from "./doors.ts"
import type { Plan, PlannedCall } from "./plan.ts"
import type { Told } from "./Told.ts"

/** A job as it was sent, and how often it was executed, counted from outside. */
export interface Traced {
  readonly job: ActJob
  readonly call: PlannedCall
  readonly told: Told
  readonly executions: number
  readonly pushed: number
}

const ENDS_WELL: ReadonlySet<Act> = new Set([
  "returns",
  "sleeps",
  "listens",
  "computes",
  "prints",
  "beats",
  "throwsOnce",
  "exitsOnce",
  "throwsLate",
  "checkpoints",
  "adds",
  "locks",
  "takes",
  "reads",
  "returnsMuch",
  "resumes",
  "resumesOfDeath",
  "preloaded",
  "nests",
  "nestsOn"
])

/** Those that do so only once they have failed so often. */
const FAIL_FIRST: Partial<Record<Act, number>> = {
  throwsOnce: 1,
  exitsOnce: 1,
  checkpoints: 1,
  resumes: 2,
  resumesOfDeath: 2
}

const OWN: Partial<Record<Act, ReadonlyArray<string>>> = {
  throws: ["TaskThrew", "Refused"],
  throwsOnce: ["TaskThrew"],
  abortsRetries: ["TaskThrew"],
  exits: ["WorkerCrashed"],
  exitsOnce: ["WorkerCrashed"],
  loops: ["JobTimedOut"],
  waits: ["JobTimedOut"],
  neverSettles: ["JobStuck", "JobTimedOut"],
  returnsAFunction: ["NotSerializable"],
  throwsLate: ["TaskThrew"],
  checkpoints: ["TaskThrew"],
  resumes: ["TaskThrew"],
  resumesOfDeath: ["WorkerCrashed"],
  takesForever: ["JobTimedOut"],
  fills: ["WorkerCrashed", "JobTimedOut"]
}

const isBroad = ({ concurrency }: Plan, call: PlannedCall): boolean => concurrency > 1 || call.concurrency > 1

const anyBroad = (plan: Plan): boolean => plan.calls.some((call) => isBroad(plan, call))

/** Clocks of two processes, and a timer's own granularity. */
const SLACK_MS = 20

const isLateStart = (error: unknown): boolean =>
  isJobError(error) && error._tag === "JobTimedOut" && error.which === "queueTimeout"

const isTimely = (error: JobError & { _tag: "JobTimedOut" }, call: PlannedCall): boolean => {
  if (error.which === "queueTimeout") return call.queueTimeoutMs !== undefined
  const limit = error.which === "timeout" ? call.timeoutMs : call.heartbeatTimeoutMs
  const { durationMs } = error.job.attempts.at(-1) ?? {}
  return limit !== undefined && error.limit === limit && (durationMs ?? 0) >= limit - SLACK_MS
}

/** Whether what was done to the job explains its failure. */
const isImposed = (plan: Plan, { call, told }: Traced, error: JobError): boolean => {
  switch (error._tag) {
    case "JobTimedOut":
      return isTimely(error, call)
    case "WorkerCrashed":
      return (
        plan.kills.some(({ signal }) => signal !== "SIGSTOP" && signal === error.signal) ||
        // Side by side, all that run in a worker go down with it, but for one that one of them exits.
        (anyBroad(plan) && ["signal", "outOfMemory", "ended"].includes(error.reason))
      )
    case "JobCancelled":
      return told.cancelledAt !== undefined || mayFailFast(call) || told.left
    case "PoolClosed":
      return plan.end.afterMs !== undefined
    case "PoolBroken":
    case "WorkerFailedToStart":
      return mayBreak(plan)
    case "QueueFull":
      return plan.maxQueue !== undefined && (call.kind === "submit" || call.kind === "submitAll")
    case "TaskThrew":
      // What another job of its worker has left behind, where it can't be told whose it is.
      return false
    default:
      return false
  }
}

/** Whether deaths that nobody is to blame for may be too many. */
export const mayBreak = ({ hasContext, kills, restartMax, startFault }: Plan): boolean =>
  restartMax < 10 && (kills.length > 0 || (hasContext && startFault !== undefined))

const BATCHES = new Set(["map", "lift", "stream", "via", "pipeline"])

const mayFailFast = ({ kind, onFailure }: PlannedCall): boolean => BATCHES.has(kind) && onFailure === "failFast"

const tagOf = (error: unknown): string => String((error as { _tag?: unknown } | undefined)?._tag)

const shown = (value: unknown): string => {
  try {
    return String(JSON.stringify(value)).slice(0, 1500)
  } catch {
    return String(value)
  }
}

/** What is wrong with how often it was tried. */
const ofAttempts = (
  { call, executions, job: { does } }: Traced,
  { attempts }: JobSummary,
  failure: string | undefined
): string | undefined => {
  const tries = attempts.length
  const most = 1 + retriesOf(call)
  if (tries > most) return `was tried ${tries} times, with ${most - 1} retries`
  if (attempts.some(({ number }, at) => number !== at + 1)) return `has attempts ${shown(attempts)}`
  if (
    attempts.some(
      ({ durationMs = 0, startedAt = Number.POSITIVE_INFINITY }, at) =>
        durationMs < 0 || startedAt < (attempts[at - 1]?.startedAt ?? 0)
    )
  )
    return `has times ${shown(attempts)}`
  const isOwn = failure !== undefined && (OWN[does]?.includes(failure) ?? false)
  // What runs when its call or its pool is given up need not be told of.
  const unheard = failure === undefined || isOwn ? 0 : 1
  if (executions > tries + unheard) return `was executed ${executions} times in ${tries} attempts: ${shown(attempts)}`
  if (failure === undefined) {
    if (tries === 0 || attempts.at(-1)?.failure !== undefined) return `succeeded with attempts ${shown(attempts)}`
    return undefined
  }
  if (!isOwn || failure === "NotSerializable" || does === "abortsRetries") return undefined
  // A time limit that is passed counts for what must not run twice.
  const cuts = call.task === "once" ? ["WorkerCrashed", "JobTimedOut"] : ["WorkerCrashed"]
  const crashes = attempts.filter((attempt) => cuts.includes(attempt.failure ?? "")).length
  const mostCrashes = call.task === "once" ? 1 : call.maxCrashes
  if (crashes > mostCrashes) return `was cut off ${crashes} times, of ${mostCrashes} at most: ${shown(attempts)}`
  if (tries < most && crashes < mostCrashes)
    return `was given up after ${tries} of ${most} attempts: ${shown(attempts)}`
  return undefined
}

/** What the last attempt but one has kept: what each of them has added, where all failed by themselves. */
const ofCheckpoints = (plan: Plan, { does }: ActJob, got: unknown, job: JobSummary | undefined): string | undefined => {
  const kept = Array.isArray(got) ? (got as ReadonlyArray<unknown>) : undefined
  const own = does === "resumes" ? "TaskThrew" : "WorkerCrashed"
  const isOwn = job?.attempts.slice(0, -1).every(({ failure }) => failure === own) === true
  const isForeseen = isOwn && (does === "resumes" || (plan.kills.length === 0 && !anyBroad(plan)))
  if (isForeseen ? kept?.join() === "1,2" : kept?.every((at) => at === -1 || at === 1 || at === 2) === true)
    return undefined
  return `went on from ${shown(got)}: ${shown(job?.attempts)}`
}

const ofValue = (
  plan: Plan,
  { job, told, pushed, executions, call }: Traced,
  value: unknown,
  summary: JobSummary | undefined
): string | undefined => {
  if (!ENDS_WELL.has(job.does)) return `succeeded with ${shown(value)}`
  if (executions === 0) return "succeeded, and was never executed"
  const { got, id } = (value ?? {}) as ActValue
  if (id !== job.id) return `came to ${shown(value)}`
  const failures = FAIL_FIRST[job.does] ?? 0
  // What is ended from outside may not have come to note that it runs.
  const isLeft = (call.timeoutMs ?? call.heartbeatTimeoutMs) === undefined && plan.kills.length === 0 && !anyBroad(plan)
  if (retriesOf(call) < failures || (isLeft && executions <= failures))
    return `succeeded, executed ${executions} times, with ${retriesOf(call)} retries`
  switch (job.does) {
    case "reads": {
      const seen = got === undefined ? 0 : Number(got)
      if (seen < told.versionAtStart || seen > pushed)
        return `saw version ${seen}, of ${told.versionAtStart} to ${pushed} that were pushed`
      return undefined
    }
    case "adds":
    case "takes":
      return Number(got) > 0 ? undefined : `got ${String(got)}`
    case "resumes":
    case "resumesOfDeath":
      return ofCheckpoints(plan, job, got, summary)
    case "preloaded":
      return got === "preloaded" ? undefined : "runs where nothing was preloaded"
    case "nests":
    case "nestsOn":
      return got === 20 ? undefined : `got ${shown(got)} of its own pool`
    default:
      return got === undefined ? undefined : `got ${shown(got)}`
  }
}

const hasNoAnswer = ({ shouldRetry }: PlannedCall): boolean => shouldRetry === "throws" || shouldRetry === "rejects"

/** What its `shouldRetry` throws is what it fails with, wherever it is asked. */
const isUnasked = ({ call, job: { does } }: Traced, tag: string): boolean =>
  hasNoAnswer(call) && does === "throws" && (tag === "TaskThrew" || tag === "Refused")

/** It was asked since an attempt has failed, for a reason that there must be. */
const ofNoAnswer = (plan: Plan, { call, job }: Traced, told: JobSummary | undefined, who: string) => {
  const failure = told?.attempts.at(-1)?.failure
  const isOwn = failure !== undefined && OWN[job.does]?.includes(failure) === true
  const mayTime = failure === "JobTimedOut" && (call.timeoutMs ?? call.heartbeatTimeoutMs) !== undefined
  const mayCrash = failure === "WorkerCrashed" && (plan.kills.length > 0 || anyBroad(plan))
  if (hasNoAnswer(call) && job.does !== "abortsRetries" && (isOwn || mayTime || mayCrash)) return undefined
  return `${who} failed with what a shouldRetry threw: ${shown(told?.attempts)}`
}

/** What is wrong with how a job settled; undefined where nothing is. */
export const objectionToJob = (plan: Plan, traced: Traced, outcome: Outcome<unknown, unknown>): string | undefined => {
  const { job, call, executions } = traced
  const who = `${call.kind}, ${call.task} ${job.does} (${job.id})`
  const told: JobSummary | undefined =
    outcome._tag === "Failed" && jobOf(outcome.error) !== undefined ? jobOf(outcome.error) : outcome.job
  if (executions > 1 + retriesOf(call))
    return `${who} was executed ${executions} times, with ${retriesOf(call)} retries`
  if (told !== undefined) {
    if (!call.isBare && told.key !== job.id) return `${who} was told of as ${told.key}`
    const tag = outcome._tag === "Failed" ? tagOf(outcome.error) : undefined
    const waited = outcome._tag === "Failed" && isLateStart(outcome.error)
    const attempts = ofAttempts(traced, told, waited ? "QueueTimeout" : tag)
    if (attempts !== undefined) return `${who}, ${tag ?? "well"}: ${attempts}`
  }
  if (call.loads?.how === "throws" && executions > 0) return `${who} was executed, and could not be loaded`
  if (outcome._tag === "Succeeded") {
    const wrong = ofValue(plan, traced, outcome.value, told)
    return wrong === undefined ? undefined : `${who} ${wrong}`
  }
  const { error } = outcome
  if (call.loads?.how === "throws" && tagOf(error) === "TaskNotLoaded") return undefined
  if (error instanceof Interrupted && traced.told.cancelledAt !== undefined) return undefined
  const tag = tagOf(error)
  if (error instanceof NoAnswer) return ofNoAnswer(plan, traced, told, who)
  if (isUnasked(traced, tag)) return `${who} failed with ${tag}, and was not asked about`
  if (OWN[job.does]?.includes(tag) === true && !isLateStart(error) && (tag !== "Refused" || call.task === "effect")) {
    // On a slow machine the time of an attempt may be up before it has come to note that it runs.
    if (executions === 0 && tag !== "JobTimedOut") return `${who} failed with ${tag}, and was never executed`
    const cause = String(((error as Error).cause as Error | undefined)?.message ?? (error as Error).message)
    if (tag === "TaskThrew" && !cause.includes(job.id)) return `${who} failed with another's: ${cause}`
    return undefined
  }
  if (!isJobError(error)) return `${who} failed with what is no JobError: ${String(error)}`
  if (!isImposed(plan, traced, error))
    return `${who} failed with ${tag}, which nothing explains: ${error.message} ${shown(error.job.attempts)}`
  return undefined
}
