/**
 * Single jobs: `run`, `submit`, `submitAll` and whatever sends jobs one by one. What is wrong with a call is its jobs'
 * failure, so nothing here throws. In terms of callbacks, so that neither door pays for the other.
 */
import { type AnyTask, type JobStatus, type JobSummary, QueueFull } from "@holdfast/core"
import { type JobKind, PendingJob } from "../collect/PendingJob.ts"
import type { SingleSink } from "../collect/single.ts"
import type { CallSite } from "../failure/call-site.ts"
import { calledFrom } from "../failure/explained.ts"
import type { ResolvedCall } from "../options/resolve.ts"
import type { Engine } from "../pool/Engine.ts"
import { statusOf, summaryNow } from "../pool/job-standing.ts"
import { roomInQueue } from "../pool/queue-room.ts"
import type { Lane } from "../scheduler/Lane.ts"
import { hearErrors } from "../scheduler/node-streams.ts"
import { admit, type Call, nobody, notTakenIn, refusalOf } from "./admission.ts"
import { listOf } from "./finite-inputs.ts"
import { maybeMisplaced, refuseMisplaced } from "./misplaced-options.ts"

const engineOf = (job: PendingJob): Engine | undefined =>
  (PendingJob.laneOf(job)?.sink as SingleSink | undefined)?.engine

/** Cancels a job, if it has not settled. */
export const cancelJob = (job: PendingJob, reason: unknown): void => {
  const lane = PendingJob.laneOf(job)
  if (lane !== undefined && !PendingJob.isSettled(job)) engineOf(job)?.cancel(lane, job, reason)
}

/** Where a job stands. */
export const statusOfJob = (job: PendingJob): JobStatus => {
  const engine = PendingJob.isSettled(job) ? undefined : engineOf(job)
  return engine === undefined ? "settled" : statusOf(engine, PendingJob.laneOf(job) as Lane, PendingJob.indexOf(job))
}

/** Which job it is, and what is known of it by now. */
export const summaryOfJob = (job: PendingJob): JobSummary => {
  const outcome = PendingJob.outcomeOf(job)
  if (outcome !== undefined) return outcome.job
  const lane = PendingJob.laneOf(job) as Lane
  return summaryNow(engineOf(job) as Engine, lane, PendingJob.indexOf(job), PendingJob.inputOf(job))
}

/** A job that was refused: it has failed before it began. */
const refused = <J extends PendingJob>(Kind: JobKind<J>, summary: JobSummary, input: unknown, error: unknown): J => {
  const job = new Kind(undefined, summary.index, input, undefined)
  PendingJob.settle(job, { _tag: "Failed", error: error as never, job: summary })
  return job
}

const queueFull = (engine: Engine, call: Call, job: JobSummary): unknown => {
  const { maxQueue } = engine.options
  const waiting = `${maxQueue} ${maxQueue === 1 ? "job is" : "jobs are"} waiting already`
  const message = `pool.${call.where}(${call.task.name}): ${waiting}, which is as many as maxQueue allows`
  return calledFrom(new QueueFull(message, job), call.callSite)
}

/** Cancels jobs that have not settled once the signal says so; listens to it once for all of them. */
const obeySignal = (signal: AbortSignal, jobs: ReadonlyArray<PendingJob>): void => {
  if (jobs.length === 0) return
  const cancel = (): void => {
    for (const job of jobs) cancelJob(job, signal.reason)
  }
  if (signal.aborted) return cancel()
  signal.addEventListener("abort", cancel, { once: true })
  let left = jobs.length
  const settled = (): void => {
    if (--left === 0) signal.removeEventListener("abort", cancel)
  }
  for (const job of jobs) PendingJob.onSettled(job, settled)
}

/** What sets a single job apart: the one worker that may run it, and whether somebody takes what it yields. */
export type Special = Pick<NonNullable<Parameters<Engine["submit"]>[6]>, "target" | "partials">

/**
 * One job more of a task without options, where a like one was taken in before: nothing is left to check. Undefined
 * where there is.
 */
export const startAnother = <J extends PendingJob>(
  engine: Engine,
  task: AnyTask,
  input: unknown,
  options: unknown,
  callSite: CallSite,
  Kind: JobKind<J>
): J | undefined => {
  if (options !== undefined || engine.phase !== "open" || engine.options.maxQueue !== undefined) return undefined
  if (maybeMisplaced(task, input)) return undefined
  const lane = engine.shared.of(task)
  return lane === undefined ? undefined : engine.join(lane, input, callSite, Kind)
}

/** One job. */
export const startSingle = <J extends PendingJob>(
  engine: Engine,
  call: Call,
  input: unknown,
  Kind: JobKind<J>,
  special?: Special
): J => {
  let resolved: ResolvedCall
  try {
    resolved = admit(engine, call, () => notTakenIn(engine, call, input))
    if (call.options === undefined) refuseMisplaced(call, input)
    if (call.where === "submit" && roomInQueue(engine) === 0)
      throw queueFull(engine, call, notTakenIn(engine, call, input))
  } catch (error) {
    return refused(Kind, notTakenIn(engine, call, input), input, error)
  }
  const shared = call.options === undefined && special === undefined
  const job = engine.submit(call.task, input, resolved, call.callSite, Kind, shared, special)
  if (resolved.signal !== undefined) obeySignal(resolved.signal, [job])
  return job
}

/** As many jobs as there are inputs. Inputs that can't be read are one job, which has failed. */
export const startAll = <J extends PendingJob>(
  engine: Engine,
  call: Call,
  inputs: unknown,
  Kind: JobKind<J>
): Array<J> => {
  let list: ReadonlyArray<unknown>
  try {
    list = listOf(inputs, `pool.submitAll(${String(call.task?.name)})`)
  } catch (error) {
    hearErrors(inputs)
    return [refused(Kind, nobody(call.task, inputs, 0, engine.options.mask), inputs, error)]
  }
  let resolved: ResolvedCall
  try {
    resolved = admit(engine, call, () => nobody(call.task, undefined))
  } catch (error) {
    return list.map((input, index) => {
      const job = notTakenIn(engine, call, input, index)
      return refused(Kind, job, input, refusalOf(engine, call, job) ?? error)
    })
  }
  const room = roomInQueue(engine)
  const jobs: Array<J> = []
  // All of a call share a lane: many of them travel in one message.
  let lane: Lane | undefined
  for (const [index, input] of list.entries()) {
    if (index >= room) {
      const job = notTakenIn(engine, call, input, index)
      jobs.push(refused(Kind, job, input, queueFull(engine, call, job)))
    } else if (lane !== undefined) jobs.push(engine.join(lane, input, call.callSite, Kind))
    else {
      const special = { target: undefined, partials: undefined, numbered: true }
      const job = engine.submit(call.task, input, resolved, call.callSite, Kind, false, special)
      lane = PendingJob.laneOf(job)
      jobs.push(job)
    }
  }
  if (resolved.signal !== undefined) obeySignal(resolved.signal, jobs)
  return jobs
}
