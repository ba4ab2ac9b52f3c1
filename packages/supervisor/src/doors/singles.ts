/**
 * Single jobs: `run`, `submit`, `submitAll` and whatever sends jobs one by one. What is wrong with a call is its jobs'
 * failure, so nothing here throws. In terms of callbacks, so that neither door pays for the other.
 */
import { type JobStatus, type JobSummary, QueueFull } from "@holdfast/core"
import { PendingJob } from "../collect/single.ts"
import { calledFrom } from "../failure/explain.ts"
import type { ResolvedCall } from "../options/resolve.ts"
import type { Engine } from "../pool/Engine.ts"
import { statusOf, summaryNow } from "../pool/job-standing.ts"
import { roomInQueue } from "../pool/queue-room.ts"
import type { Lane } from "../scheduler/Lane.ts"
import { admit, type Call, nobody, refusalOf } from "./admission.ts"
import { listOf } from "./finite-inputs.ts"

/** A submitted job, and what can be done with it. */
export interface Submitted {
  readonly job: PendingJob
  cancel(reason: unknown): void
  status(): JobStatus
  summary(): JobSummary
}

/** A class, not closures: there may be 100,000 of them. */
class Accepted implements Submitted {
  readonly #engine: Engine
  readonly #lane: Lane
  readonly job: PendingJob

  constructor(engine: Engine, lane: Lane, job: PendingJob) {
    this.#engine = engine
    this.#lane = lane
    this.job = job
  }

  cancel(reason: unknown): void {
    if (!this.job.settled) this.#engine.cancel(this.#lane, this.job, reason)
  }

  status(): JobStatus {
    return statusOf(this.#engine, this.#lane, this.job)
  }

  summary(): JobSummary {
    const { outcome, index, input } = this.job
    return outcome?.job ?? summaryNow(this.#engine, this.#lane, index, input)
  }
}

/** A job that was refused: it has failed before it began. */
const refused = (summary: JobSummary, input: unknown, error: unknown): Submitted => {
  const job = new PendingJob(summary.index, input)
  job.settle({ _tag: "Failed", error: error as never, job: summary })
  return { job, cancel: () => undefined, status: () => "settled", summary: () => summary }
}

const queueFull = (engine: Engine, call: Call, job: JobSummary): unknown => {
  const { maxQueue } = engine.options
  const waiting = `${maxQueue} ${maxQueue === 1 ? "job is" : "jobs are"} waiting already`
  const message = `pool.${call.where}(${call.task.name}): ${waiting}, which is as many as maxQueue allows`
  return calledFrom(new QueueFull(message, job), call.callSite)
}

/** Cancels jobs that have not settled once the signal says so; listens to it once for all of them. */
const obeySignal = (signal: AbortSignal | undefined, jobs: ReadonlyArray<Submitted>): void => {
  if (signal === undefined || jobs.length === 0) return
  const cancel = (): void => {
    for (const job of jobs) job.cancel(signal.reason)
  }
  if (signal.aborted) return cancel()
  signal.addEventListener("abort", cancel, { once: true })
  let left = jobs.length
  const settled = (): void => {
    if (--left === 0) signal.removeEventListener("abort", cancel)
  }
  for (const { job } of jobs) job.onSettled(settled)
}

/** What sets a single job apart: the one worker that may run it, and whether somebody takes what it yields. */
export type Special = Pick<NonNullable<Parameters<Engine["submit"]>[5]>, "target" | "partials">

/** One job. */
export const startSingle = (engine: Engine, call: Call, input: unknown, special?: Special): Submitted => {
  let resolved: ResolvedCall
  try {
    resolved = admit(engine, call, () => nobody(call.task, input, 0, engine.options.mask))
    if (call.where === "submit" && roomInQueue(engine) === 0)
      throw queueFull(engine, call, nobody(call.task, input, 0, engine.options.mask))
  } catch (error) {
    return refused(nobody(call.task, input, 0, engine.options.mask), input, error)
  }
  const shared = call.options === undefined && special === undefined
  const { lane, job } = engine.submit(call.task, input, resolved, call.callSite, shared, special)
  const submitted = new Accepted(engine, lane, job)
  obeySignal(resolved.signal, [submitted])
  return submitted
}

/** As many jobs as there are inputs. Inputs that can't be read are one job, which has failed. */
export const startAll = (engine: Engine, call: Call, inputs: unknown): Array<Submitted> => {
  let list: ReadonlyArray<unknown>
  try {
    list = listOf(inputs, `pool.submitAll(${String(call.task?.name)})`)
  } catch (error) {
    return [refused(nobody(call.task, inputs, 0, engine.options.mask), inputs, error)]
  }
  let resolved: ResolvedCall
  try {
    resolved = admit(engine, call)
  } catch (error) {
    return list.map((input, index) => {
      const job = nobody(call.task, input, index, engine.options.mask)
      return refused(job, input, refusalOf(engine, call, job) ?? error)
    })
  }
  const room = roomInQueue(engine)
  const jobs: Array<Submitted> = []
  // All of a call share a lane: many of them travel in one message.
  let lane: Lane | undefined
  for (const [index, input] of list.entries()) {
    if (index >= room) {
      const job = nobody(call.task, input, index, engine.options.mask)
      jobs.push(refused(job, input, queueFull(engine, call, job)))
      continue
    }
    const special = { target: undefined, partials: undefined, numbered: true, lane }
    const accepted = engine.submit(call.task, input, resolved, call.callSite, false, special)
    lane = accepted.lane
    jobs.push(new Accepted(engine, lane, accepted.job))
  }
  obeySignal(resolved.signal, jobs)
  return jobs
}
