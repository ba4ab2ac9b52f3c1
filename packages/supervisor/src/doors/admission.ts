/**
 * What is checked of every call before anything starts: its task, the pool's phase, its options. Throws what is wrong;
 * how that is told is each call's own affair.
 */
import { type AnyTask, InvalidOptions, type JobSummary, PoolClosed, Task } from "@holdfast/core"
import type { CallSite } from "../failure/call-site.ts"
import { calledFrom } from "../failure/explained.ts"
import { keyBy, NO_LOGS } from "../failure/summary.ts"
import { usualMask } from "../options/mask.ts"
import { type CallKind, type ResolvedCall, resolveCallOptions } from "../options/resolve.ts"
import type { Engine } from "../pool/Engine.ts"
import { previewOf } from "../protocol/preview.ts"
import type { Mask } from "../watchdog/mask.cts"

/** A call as it came in. */
export interface Call {
  readonly where: CallKind
  /** Who has called, where it is not the program: a stage of a pipeline. */
  readonly caller?: string
  readonly task: AnyTask
  readonly options: unknown
  readonly callSite: CallSite
}

const checkTask = ({ where, task }: Call): void => {
  if (Task.isTask(task)) return
  const came =
    typeof task === "function"
      ? 'a plain function: make it a task with Task.fn(import.meta, "name", f), exported under that name'
      : previewOf(task, 60)
  throw new TypeError(`pool.${where}: expected a task as the first argument, received ${came}`)
}

/** A job that never was one. What is called a task may be anything here. */
export const nobody = (
  task: Partial<AnyTask> | null | undefined,
  input: unknown,
  index = 0,
  mask: Mask = usualMask
): JobSummary => ({
  task: String(task?.name),
  module: String(task?.module),
  index,
  key: String(index),
  inputPreview: previewOf(input, 200, mask),
  attempts: [],
  worker: undefined,
  pid: undefined,
  lastLogs: NO_LOGS,
  logs: []
})

/** The `key` of options that nobody has checked yet. */
const askedKey = (options: unknown): unknown => {
  try {
    return (options as { readonly key?: unknown } | null | undefined)?.key || undefined
  } catch {
    return undefined
  }
}

/** A job that the pool does not take in. It is called as its caller calls it: by that he knows what was refused. */
export const notTakenIn = (engine: Engine, { options, task }: Call, input: unknown, index = 0): JobSummary => {
  const job = nobody(task, input, index, engine.options.mask)
  return { ...job, key: keyBy(askedKey(options), job.task, index, input) ?? job.key }
}

/**
 * The first job of a batch that the pool does not take in. Of inputs that would have to be read for it there is nothing
 * to show: nobody reads them.
 */
export const firstNotTakenIn = (engine: Engine, call: Call, inputs: unknown): JobSummary =>
  Array.isArray(inputs) && inputs.length > 0
    ? notTakenIn(engine, call, inputs[0])
    : { ...nobody(call.task, undefined), inputPreview: "" }

/** Why the pool takes nothing in, if it doesn't. */
export const refusalOf = (
  engine: Engine,
  { where, caller, callSite }: { readonly where: string; readonly caller?: string; readonly callSite: CallSite },
  job: JobSummary
): unknown => {
  if (engine.phase === "open") return undefined
  const error =
    engine.brokenBy?.(job) ??
    new PoolClosed(
      `${caller ?? `pool.${where}`} was called on a pool that is ${engine.phase === "closing" ? "being closed" : "closed"}`,
      job
    )
  return calledFrom(error, callSite)
}

/**
 * What was thrown at a check. Wrong options lead to the call that gave them: of the checks' own stack, an Effect has no
 * line of the program in it, and a deep call none that is left.
 */
export const placedAt = (callSite: CallSite, thrown: unknown): unknown =>
  thrown instanceof InvalidOptions ? calledFrom(thrown, callSite) : thrown

/** Checks a call; throws what is wrong with it. `job` is what the failure of a pool that takes nothing in names. */
export const admit = (engine: Engine, call: Call, job: () => JobSummary): ResolvedCall => {
  checkTask(call)
  if (engine.phase !== "open") throw refusalOf(engine, call, job())
  try {
    return resolveCallOptions(engine.options, call.task, call.options, call.where)
  } catch (error) {
    throw placedAt(call.callSite, error)
  }
}
