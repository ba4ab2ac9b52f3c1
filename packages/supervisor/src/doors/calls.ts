/**
 * What both doors do with a call: check its arguments, open a lane for it, and see that its signal and its
 * progress are heard. In terms of callbacks, so that neither door pays for the other's promises or Effects.
 */
import {
  type AnyTask,
  type Inputs,
  InvalidOptions,
  type JobSummary,
  PoolClosed,
  type Progress,
  QueueFull,
  Task
} from "@holdfast/core"
import { MapSink, SettleSink } from "../collect/array.ts"
import { PendingJob } from "../collect/single.ts"
import { StreamSink } from "../collect/stream.ts"
import type { CallSite } from "../failure/call-site.ts"
import { calledFrom } from "../failure/explain.ts"
import { NO_LOGS } from "../failure/summary.ts"
import { notYetInCall } from "../options/not-yet.ts"
import { type CallKind, type ResolvedCall, resolveCallOptions } from "../options/resolve.ts"
import type { Engine } from "../pool/Engine.ts"
import { previewOf } from "../protocol/preview.ts"
import { showProgress } from "../reporting/progress.ts"
import type { Lane } from "../scheduler/Lane.ts"
import { sourceOf } from "../scheduler/Source.ts"

/** A call as it came in. */
export interface Call {
  readonly where: CallKind
  readonly task: AnyTask
  readonly options: unknown
  readonly callSite: CallSite
}

/** How a batch that is under way can be ended by its caller. */
export interface Running {
  /** Fails what is left, with this reason. */
  cancel(reason: unknown): void
  /** Lets go of what is left; nobody wants an answer. */
  abandon(): void
}

const checkTask = ({ where, task }: Call): void => {
  if (Task.isTask(task)) return
  const came =
    typeof task === "function"
      ? 'a plain function: make it a task with Task.fn(import.meta, "name", f), exported under that name'
      : previewOf(task, 60)
  throw new TypeError(`pool.${where}: expected a task as the first argument, received ${came}`)
}

/** What is called a task may be anything here. */
const nobody = (task: Partial<AnyTask> | null | undefined, input: unknown): JobSummary => ({
  task: String(task?.name),
  module: String(task?.module),
  index: 0,
  key: "0",
  inputPreview: previewOf(input),
  attempts: [],
  worker: undefined,
  pid: undefined,
  lastLogs: NO_LOGS
})

/** Why the pool takes nothing in, if it doesn't. */
const refusalOf = (engine: Engine, { task, where, callSite }: Call, input?: unknown): unknown => {
  if (engine.phase === "open") return undefined
  const job = nobody(task, input)
  const error =
    engine.brokenBy?.(job) ??
    new PoolClosed(
      `pool.${where} was called on a pool that is ${engine.phase === "closing" ? "being closed" : "closed"}`,
      job
    )
  return calledFrom(error, callSite)
}

/** Checks a call; throws what is wrong with it. */
const admit = (engine: Engine, call: Call): ResolvedCall => {
  checkTask(call)
  const refusal = refusalOf(engine, call)
  if (refusal !== undefined) throw refusal
  const resolved = resolveCallOptions(engine.options, call.task, call.options, call.where)
  if (resolved.queueTimeoutMs !== undefined) {
    throw new InvalidOptions(
      `pool.${call.where}(${call.task.name})`,
      notYetInCall({ ...call.task.options, ...(call.options as object) })
    )
  }
  return resolved
}

/** Cancels the batch when its signal says so. */
const obeySignal = (engine: Engine, lane: Lane, signal: AbortSignal | undefined): void => {
  if (signal === undefined) return
  const cancel = (): void => engine.cancelBatch(lane, signal.reason)
  // At once: none of its jobs may have left by then.
  if (signal.aborted) {
    cancel()
    return
  }
  signal.addEventListener("abort", cancel, { once: true })
  lane.atEnd(() => signal.removeEventListener("abort", cancel))
}

const tellProgress = (engine: Engine, lane: Lane, resolved: ResolvedCall): void => {
  const { progress, onProgress } = resolved
  if (progress !== undefined) {
    const label = typeof progress === "string" ? progress : lane.task.name
    showProgress(engine.bus, { batch: lane.id, label, workers: () => engine.workers })
  }
  if (onProgress === undefined) return
  const tell = (): void => {
    const state: Progress = { done: lane.succeeded + lane.failed, failed: lane.failed, total: lane.source.total }
    onProgress(state)
  }
  const stop = engine.bus.subscribe((event) => {
    if ((event._tag === "JobsSucceeded" || event._tag === "JobFailed") && event.batch === lane.id) tell()
  })
  lane.atEnd(stop)
}

const openBatch = (
  engine: Engine,
  call: Call,
  resolved: ResolvedCall,
  inputs: Inputs<unknown>,
  sinkOf: Parameters<Engine["batch"]>[4]
): Lane => {
  const where = `pool.${call.where}(${call.task.name})`
  const source = sourceOf(inputs, where, () => engine.sourceMoved(lane))
  // Subscribers first: the batch's own start is an event.
  const lane: Lane = engine.batch(call.task, resolved, call.callSite, source, sinkOf, (opened) =>
    tellProgress(engine, opened, resolved)
  )
  obeySignal(engine, lane, resolved.signal)
  return lane
}

const runningOf = (engine: Engine, lane: Lane): Running => ({
  cancel: (reason) => engine.cancelBatch(lane, reason),
  abandon: () => engine.stop(lane, "its caller's interruption")
})

/** `map` and `settle`. Throws what is wrong with the call. */
export const startArray = (
  engine: Engine,
  call: Call,
  inputs: Inputs<unknown>,
  answer: { resolve(values: Array<never>): void; reject(error: unknown): void }
): Running => {
  const resolved = admit(engine, call)
  const isArray = Array.isArray(inputs)
  const total = isArray ? inputs.length : undefined
  const lane = openBatch(engine, call, resolved, inputs, (control) => {
    const setup = { bounded: !isArray, total, control, answer: answer as never }
    return call.where === "settle"
      ? new SettleSink(setup)
      : new MapSink({ ...setup, failFast: resolved.onFailure === "failFast" })
  })
  return runningOf(engine, lane)
}

/** `stream` and `via`. Throws what is wrong with the call. */
export const startStream = (
  engine: Engine,
  call: Call,
  inputs: Inputs<unknown>
): { readonly sink: StreamSink } & Running => {
  const resolved = admit(engine, call)
  let made: StreamSink | undefined
  const lane = openBatch(engine, call, resolved, inputs, (control) => {
    made = new StreamSink({ ordered: resolved.ordered, failFast: resolved.onFailure === "failFast", control })
    return made
  })
  return { sink: made as unknown as StreamSink, ...runningOf(engine, lane) }
}

/** A submitted job, and what can be done with it. */
export interface Submitted {
  readonly job: PendingJob
  cancel(reason: unknown): void
  status(): "queued" | "running" | "retrying" | "settled"
  summary(): JobSummary
}

/** A job that was refused: it has failed before it began. */
const refusedJob = ({ task }: Call, input: unknown, error: unknown): Submitted => {
  const job = new PendingJob(0, input)
  const summary = nobody(task, input)
  job.settle({ _tag: "Failed", error: error as never, job: summary })
  return { job, cancel: () => undefined, status: () => "settled", summary: () => summary }
}

/** `run` and `submit`. Never throws: what is wrong with the call is the job's failure. */
export const startSingle = (engine: Engine, call: Call, input: unknown): Submitted => {
  let resolved: ResolvedCall
  try {
    resolved = admit(engine, call)
    const { maxQueue } = engine.options
    if (call.where === "submit" && maxQueue !== undefined && engine.queued >= maxQueue) {
      const message = `pool.submit(${call.task.name}): ${engine.queued} jobs are waiting already, which is as many as maxQueue allows`
      throw calledFrom(new QueueFull(message, nobody(call.task, input)), call.callSite)
    }
  } catch (error) {
    return refusedJob(call, input, error)
  }
  const { lane, job } = engine.submit(call.task, input, resolved, call.callSite, call.options === undefined)
  const { signal } = resolved
  if (signal !== undefined) {
    const cancel = (): void => engine.cancel(lane, job, signal.reason)
    if (signal.aborted) cancel()
    else {
      signal.addEventListener("abort", cancel, { once: true })
      job.onSettled(() => signal.removeEventListener("abort", cancel))
    }
  }
  return {
    job,
    cancel: (reason) => {
      if (job.outcome === undefined) engine.cancel(lane, job, reason)
    },
    status: () => engine.statusOf(lane, job),
    summary: () => job.outcome?.job ?? engine.summaryOf(lane, job)
  }
}
