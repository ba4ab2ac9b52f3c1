/**
 * What a running task can ask of the worker it runs in: `TaskContext` for Effects, `currentTask()` for plain
 * functions. The worker provides it; nothing here loads `effect`.
 */

import type { ContextDefinition } from "./ContextDefinition.ts"
import { serviceKey } from "./ServiceKey.ts"

/** Writes a log line that reaches the parent tagged with this job. */
export interface TaskLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** The job a task is running for, and the worker it runs in. */
export interface CurrentTask {
  readonly task: string
  /** Position in the batch, from 0. */
  readonly index: number
  readonly key: string
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly workerId: number
  /** Aborted when the job is cancelled or timed out. */
  readonly signal: AbortSignal
  readonly log: TaskLog
  /** Says how far the job is, from 0 to 1. */
  progress(fraction: number, message?: string): void
  /** Says that the job is alive; see `heartbeatTimeout`. */
  heartbeat(): void
  /** Keeps a value for the job's next attempt, should this one fail or its worker die. */
  checkpoint(value: unknown): void
  /** What the last attempt gave to `checkpoint`. */
  readonly resumed: unknown
  /** The worker's own store: the same object for every job of this worker. */
  readonly local: Map<string, unknown>
  /** The value of a plain `Task.context` that the pool was made with. */
  context<Value>(definition: ContextDefinition<never, Value>): Value
}

/** Identifies the {@link TaskContext} service in an Effect's requirements. */
export interface TaskContext {
  readonly _: unique symbol
}

/**
 * The running job, as an Effect service that every worker provides.
 *
 * @example
 * run: (path) => Effect.gen(function*() {
 *   const job = yield* TaskContext
 *   job.progress(0.5)
 * })
 */
export const TaskContext = serviceKey<TaskContext, CurrentTask>("@holdfast/core/TaskContext")

const slot = Symbol.for("holdfast/currentTask")

type Find = () => CurrentTask | undefined

/**
 * Tells how to find the running job. For workers; a global, since a process may load two copies of core. Who told
 * before is asked where this one knows of none: a worker that makes a pool of its own loads what runs jobs once more.
 */
export const provideCurrentTask = (find: Find): void => {
  const before = Reflect.get(globalThis, slot) as Find | undefined
  Reflect.set(globalThis, slot, before === undefined ? find : () => find() ?? before())
}

/**
 * The job that the calling code runs for, also after an `await`. Throws outside of a job.
 *
 * @example
 * export const download = Task.fn(import.meta, "download", (url: string) =>
 *   fetch(url, { signal: currentTask().signal }).then((response) => response.text()))
 */
export const currentTask = (): CurrentTask => {
  const find = Reflect.get(globalThis, slot) as Find | undefined
  const current = find?.()
  if (current === undefined) {
    throw new Error(
      "currentTask() was called outside of a running task. Call it inside the task's function, not at module level."
    )
  }
  return current
}
