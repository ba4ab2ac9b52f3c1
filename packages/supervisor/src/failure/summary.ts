/**
 * The public description of a job, made from what the lane and the worker know of it.
 */
import { inspect } from "node:util"
import type { Attempt, BatchState, JobSummary, LastLogs, LogLine } from "@holdfast/core"
import type { Ran } from "../collect/Sink.ts"
import { previewOf } from "../protocol/preview.ts"
import { type JobLogs, linesOf } from "../reporting/JobLogs.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { JobHistory } from "../scheduler/JobHistory.ts"
import type { Lane } from "../scheduler/Lane.ts"
import { keepMask, maskOf } from "./mask-of.ts"

export const NO_LOGS: LastLogs = { stdout: [], stderr: [] }

/** What a call's `key` calls a job; undefined where it says nothing. */
export const keyBy = (key: unknown, task: string, index: number, input: unknown): string | undefined => {
  if (typeof key === "string") return key
  if (typeof key !== "function") return undefined
  try {
    return String(key(input, index))
  } catch (error) {
    warnOfKey(task, key, error)
    return String(index)
  }
}

/** The key of a job: what the call's `key` gives, or its index. */
export const keyOf = (lane: Lane, index: number, input: unknown): string =>
  keyBy(lane.call.key, lane.task.name, index, input) ?? String(indexOf(lane, index))

const warned = new WeakSet<object>()

/** Once for each function: one that throws will mostly throw for every input. A job is not lost for want of a name. */
const warnOfKey = (task: string, key: object, error: unknown): void => {
  if (warned.has(key)) return
  warned.add(key)
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.emitWarning(
    `The key function given with task ${JSON.stringify(task)} threw; such a job is called by its index. ${what}`,
    "HoldfastWarning"
  )
}

/** A job's index as its caller knows it: single jobs are each their own batch. */
export const indexOf = (lane: Pick<Lane, "numbered">, index: number): number => (lane.numbered ? index : 0)

/** Its lines are read when they are asked for, and belong neither to its JSON nor to what is printed of it. */
const withLogs = (job: Omit<JobSummary, "logs">, logs: ReadonlyArray<JobLogs | undefined>): JobSummary =>
  Object.defineProperty(job, "logs", { get: () => linesOf(logs), enumerable: false, configurable: true }) as JobSummary

/** The same job, whose failure has ended its batch. */
export const withBatch = (job: JobSummary, batch: BatchState): JobSummary =>
  keepMask(
    Object.defineProperty({ ...job, batch }, "logs", {
      get: () => job.logs,
      enumerable: false,
      configurable: true
    }),
    maskOf(job)
  )

export const summaryOf = (
  lane: Lane,
  index: number,
  input: unknown,
  facts: {
    readonly attempts: ReadonlyArray<Attempt>
    readonly lastLogs?: LastLogs
    /** What each attempt has printed. */
    readonly logs?: ReadonlyArray<JobLogs | undefined>
  }
): JobSummary => {
  const last = facts.attempts.at(-1)
  const logs = facts.logs ?? []
  const job = {
    task: lane.task.name,
    module: lane.task.module,
    index: indexOf(lane, index),
    key: keyOf(lane, index, input),
    inputPreview: previewOf(input, 200, lane.mask),
    attempts: facts.attempts,
    worker: last?.worker,
    pid: last?.pid,
    // Of the last attempt that has printed: the one that runs may not have.
    lastLogs: facts.lastLogs ?? logs.findLast((each) => (each?.size ?? 0) > 0)?.last ?? NO_LOGS
  }
  return keepMask(withLogs(job, logs), lane.mask)
}

/** What is said of inputs that were never read: `key` is given only what was, and there is nothing to show. */
export const summaryOfUnread = ({ mask, read, task }: Lane): JobSummary =>
  keepMask(
    withLogs(
      {
        task: task.name,
        module: task.module,
        index: read,
        key: String(read),
        inputPreview: "",
        attempts: [],
        worker: undefined,
        pid: undefined,
        lastLogs: NO_LOGS
      },
      []
    ),
    mask
  )

/** Describes a job that succeeded. Its costly parts are made when they are looked at: most never are. */
class SuccessSummary implements JobSummary {
  readonly #ran: Ran
  readonly #index: number
  /** Undefined where it has succeeded at once. */
  readonly #earlier: JobHistory | undefined

  constructor(ran: Ran, index: number) {
    this.#ran = ran
    this.#index = index
    this.#earlier = ran.chunk.lane.history.get(index)
  }

  get #logs(): JobLogs | undefined {
    const { chunk } = this.#ran
    return chunk.logs?.get(this.#index - chunk.base)
  }

  get #input(): unknown {
    return this.#ran.chunk.inputs[this.#index - this.#ran.chunk.base]
  }

  get task(): string {
    return this.#ran.chunk.lane.task.name
  }

  get module(): string {
    return this.#ran.chunk.lane.task.module
  }

  get index(): number {
    return indexOf(this.#ran.chunk.lane, this.#index)
  }

  get key(): string {
    return keyOf(this.#ran.chunk.lane, this.#index, this.#input)
  }

  get inputPreview(): string {
    return previewOf(this.#input, 200, this.#ran.chunk.lane.mask)
  }

  get worker(): number {
    return this.#ran.worker
  }

  get pid(): number | undefined {
    return this.#ran.pid
  }

  get lastLogs(): LastLogs {
    return this.#logs?.last ?? NO_LOGS
  }

  get logs(): ReadonlyArray<LogLine> {
    return linesOf([...(this.#earlier?.logs ?? []), this.#logs])
  }

  get attempts(): ReadonlyArray<Attempt> {
    const { chunk, worker, pid } = this.#ran
    const durationMs = chunk.busyMs / Math.max(1, chunk.next)
    return [
      ...(this.#earlier?.attempts ?? []),
      { number: chunk.attempt, worker, pid, startedAt: chunk.sentAt, durationMs, failure: undefined }
    ]
  }

  [inspect.custom](): Omit<JobSummary, "logs"> {
    return this.toJSON()
  }

  toJSON(): Omit<JobSummary, "logs"> {
    const { task, module, index, key, inputPreview, attempts, worker, pid, lastLogs } = this
    return { task, module, index, key, inputPreview, attempts, worker, pid, lastLogs }
  }
}

export const summaryOfSuccess = (ran: Ran, index: number): JobSummary => new SuccessSummary(ran, index)

/** An attempt as it is recorded. */
export const attemptOf = (
  worker: number,
  pid: number | undefined,
  chunk: Chunk,
  durationMs: number | undefined
): Omit<Attempt, "failure"> => ({
  number: chunk.attempt,
  worker,
  pid,
  startedAt: durationMs === undefined ? chunk.sentAt : Date.now() - durationMs,
  durationMs
})
