/**
 * Runs the job of a report again: finds its task, restores its input, and gives it to a pool of one worker as the
 * attempt that it was. Not the command around it, nor the program in which an inline replay is best run.
 */
import { fileURLToPath } from "node:url"
import { type AnyTask, type ContextDefinition, type Outcome, Task } from "@holdfast/core"
import { PendingJob } from "../collect/PendingJob.ts"
import { CallSite } from "../failure/call-site.ts"
import { unparsedAt } from "../failure/explain.ts"
import { resolveCallOptions } from "../options/resolve.ts"
import { openPool } from "../pool/open.ts"
import { importModule } from "../protocol/import-module.ts"
import { wordsOf } from "../protocol/thrown-words.ts"
import type { TaskRecord } from "./FailureReport.ts"
import type { ReadReport } from "./reading.ts"
import { restoreValues } from "./stored-values.ts"
import { hashOf } from "./surroundings.ts"

/** A report that can't be run again; the message says why. */
export class CannotReplay extends Error {
  override get name(): string {
    return "CannotReplay"
  }
}

export interface ReplayOptions {
  readonly isolation: "process" | "thread" | "inline"
  /** Whether the limits of the time hold as they did. A debugger needs its time. */
  readonly limits: boolean
  /** How often; 1 unless said. */
  readonly times?: number
}

export interface Replay {
  /** What is not as it was: a module that has changed, an environment that was not kept. */
  readonly remarks: ReadonlyArray<string>
  readonly input: unknown
  /** Runs it; each time in a worker that has run it before, unless that died. */
  readonly run: () => Promise<Outcome<unknown, unknown>>
  readonly close: () => Promise<void>
}

/** As an error names what it has not found, in quotes, and not who asked for it: a path where it is a file. */
const placeOf = (href: string): string => (href.startsWith("file:") ? fileURLToPath(href) : href)

const moduleOf = async (href: string, what: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    return await importModule(href)
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), "code")
    const gone = code === "ERR_MODULE_NOT_FOUND" && wordsOf(error).includes(`'${placeOf(href)}'`)
    throw new CannotReplay(
      gone
        ? `the module of ${what} is gone: there is no ${href} any more`
        : `the module of ${what}, ${href}, can't be imported: ${wordsOf(error)}${unparsedAt(error)}`
    )
  }
}

type Bindable = AnyTask & { readonly with: (value: unknown) => Bindable }

const taskOf = async (record: TaskRecord, directory: string, remarks: Array<string>): Promise<Bindable> => {
  const { bound, hash, kind, module, name } = record
  const exports = await moduleOf(module, `task ${JSON.stringify(name)}`)
  if (hash !== undefined && (await hashOf(module)) !== hash)
    remarks.push(`${module} has changed since: what runs now is not what failed`)
  const found = exports[name]
  let task: AnyTask
  if (kind === "module" && typeof found === "function")
    task = Task.module<Record<string, (input: unknown) => unknown>>(module)[name] as AnyTask
  else if (Task.isTask(found)) task = found
  else
    throw new CannotReplay(
      `${module} exports no task ${JSON.stringify(name)} any more; it exports ${Object.keys(exports).join(", ") || "nothing"}`
    )
  let whole = task as Bindable
  if (bound !== undefined) {
    try {
      for (const value of restoreValues(bound, directory)) whole = whole.with(value)
    } catch (error) {
      throw new CannotReplay(`what was bound to task ${JSON.stringify(name)} can't be restored: ${wordsOf(error)}`)
    }
  }
  return whole
}

const inputOf = async ({ directory, report }: ReadReport, task: AnyTask): Promise<unknown> => {
  const { bySchema, notStored, stored } = report.input
  if (stored === undefined) throw new CannotReplay(`its input is not in the report: ${notStored ?? "nobody knows why"}`)
  try {
    const [value] = restoreValues(stored, directory)
    const schema = task.schemas.input
    if (!bySchema || schema === undefined) return value
    const { decodeUnknownSync, toCodecJson } = await import("effect/Schema")
    return decodeUnknownSync(toCodecJson(schema))(value)
  } catch (error) {
    throw new CannotReplay(`its input can't be restored: ${wordsOf(error)}`)
  }
}

const contextsOf = async (read: ReadReport): Promise<Array<ContextDefinition>> => {
  const contexts: Array<ContextDefinition> = []
  for (const { module, name } of read.report.worker.contexts) {
    const found = (await moduleOf(module, `context ${JSON.stringify(name)}`))[name]
    if (!Task.isContext(found))
      throw new CannotReplay(`${module} exports no Task.context ${JSON.stringify(name)} any more`)
    contexts.push(found)
  }
  return contexts
}

/**
 * Readies the job of a report to be run again. Rejects with {@link CannotReplay}.
 *
 * @example
 * const replay = await openReplay(await readReport(path), { isolation: "process", limits: true })
 * console.log(await replay.run())
 * await replay.close()
 */
export const openReplay = async (read: ReadReport, options: ReplayOptions): Promise<Replay> => {
  const { report } = read
  const { isolation } = options
  const { attempt, job, limits, worker } = report
  const remarks: Array<string> = []
  if (worker.env.length > 0)
    remarks.push(`the pool set variables whose values are not kept; set them yourself: ${worker.env.join(", ")}`)
  if (isolation !== "process") for (const each of worker.preload) await moduleOf(each, "preload")
  const parts: Array<Bindable> = []
  for (const record of report.tasks) parts.push(await taskOf(record, read.directory, remarks))
  const [first] = parts
  if (first === undefined) throw new CannotReplay("the report names no task")
  const chain = Task.chain as unknown as (...parts: ReadonlyArray<AnyTask>) => AnyTask
  const task = parts.length === 1 ? first : chain(...parts)
  const input = await inputOf(read, first)
  const { engine, terminator } = openPool(
    {
      workers: 1,
      isolation,
      context: await contextsOf(read),
      logger: false,
      dumpSignal: "off",
      ...(isolation === "process" ? { execArgv: worker.execArgv, cwd: worker.cwd, preload: worker.preload } : {}),
      ...(isolation === "process" && limits.maxMemoryBytes !== undefined ? { maxMemory: limits.maxMemoryBytes } : {}),
      restart: { max: (options.times ?? 1) + 5 }
    },
    "replay"
  )
  const call = resolveCallOptions(
    engine.options,
    task,
    {
      key: job.key,
      timeout: options.limits ? (limits.timeoutMs ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
      heartbeatTimeout: options.limits
        ? (limits.heartbeatTimeoutMs ?? Number.POSITIVE_INFINITY)
        : Number.POSITIVE_INFINITY,
      retry: 0
    },
    "submit"
  )
  const run = (): Promise<Outcome<unknown, unknown>> => {
    // The frames below this call are nobody's program: one that is not on the stack leaves none.
    const nowhere = new CallSite(openReplay)
    const again = { index: job.index, attempt: attempt.number }
    const pending = engine.submit(task, input, call, nowhere, PendingJob, false, {
      target: undefined,
      partials: undefined,
      numbered: true,
      again
    })
    const { resumed } = report
    const lane = PendingJob.laneOf(pending)
    if (resumed !== undefined && lane !== undefined)
      lane.historyOf(job.index, input).checkpoint = Buffer.from(resumed, "base64")
    return new Promise((resolve) => PendingJob.onSettled(pending, resolve))
  }
  return { remarks, input, run, close: () => terminator.terminate() }
}
