/**
 * What a worker can run: a task made into one function of an input, and the loading of it from the module and
 * export that the parent named. Not the loop that runs it (`chunk-loop.ts`).
 */
import { type AnyTask, Task } from "@holdfast/core"
import type { Define } from "../protocol/messages.ts"
import { BatchReader } from "../protocol/values.ts"
import type { JobScope } from "./job-scope.ts"

/** A loaded task. `run` returns the value or a promise of it, and throws as the task does. */
export interface Runnable {
  readonly name: string
  readonly run: (input: unknown, scope: JobScope) => unknown
}

/** A typed failure of the task: `error` is its own, `encoded` where its schema has written it. */
export class TypedFailure {
  readonly error: unknown
  readonly encoded: unknown
  readonly isEncoded: boolean
  constructor(error: unknown, isEncoded: boolean, encoded: unknown) {
    this.error = error
    this.isEncoded = isEncoded
    this.encoded = encoded
  }
}

/** The input or the value does not fit the task's schema. */
export class SchemaMismatch {
  readonly side: "input" | "output"
  readonly error: Error
  constructor(side: "input" | "output", error: Error) {
    this.side = side
    this.error = error
  }
}

/** The running Effect was interrupted. */
export class Interrupted {}

/** The module or its export can't be used; the message says why and what to mend. */
export class NotLoaded extends Error {}

/** Gives a runner for Effects, loaded only where a task needs it. */
export type EffectRunner = (task: AnyTask) => Promise<(input: unknown, scope: JobScope) => unknown>

const describe = (value: unknown): string =>
  value === null
    ? "null"
    : typeof value === "object"
      ? `an object with the keys ${Object.keys(value).slice(0, 5).join(", ")}`
      : `a ${typeof value}`

const exportOf = (define: Define, namespace: Record<string, unknown>): unknown => {
  if (Object.hasOwn(namespace, define.name)) return namespace[define.name]
  for (const [exported, value] of Object.entries(namespace)) {
    if (Task.isTask(value) && value.name === define.name) {
      throw new NotLoaded(
        `the task ${JSON.stringify(define.name)} is exported as ${JSON.stringify(exported)} by ${define.module}: ` +
          `the second argument of Task.${value.kind} must equal the export's name`
      )
    }
  }
  const names = Object.keys(namespace)
  throw new NotLoaded(
    `${define.module} has no export ${JSON.stringify(define.name)}; it exports ${names.length === 0 ? "nothing" : names.slice(0, 20).join(", ")}. ` +
      "A task must be exported by the module whose import.meta it was made with"
  )
}

const withBound = (task: AnyTask, bound: ReadonlyArray<unknown>): ((input: never) => unknown) => {
  const run = task.run
  if (run === undefined) throw new NotLoaded(`the task ${JSON.stringify(task.name)} has no function`)
  if (task.kind === "spread") {
    const call = run as unknown as (...parameters: Array<unknown>) => unknown
    if (bound.length === 0) return ((input: Array<unknown>) => call(...input)) as (input: never) => unknown
    return ((input: Array<unknown>) => call(...bound, ...input)) as (input: never) => unknown
  }
  if (bound.length === 0) return run
  const fixed = Object.assign({}, ...bound)
  return ((input: object) => run({ ...input, ...fixed } as never)) as (input: never) => unknown
}

/** Makes a task runnable; `bound` is what its `with` fixed. */
export const runnableOf = async (
  task: AnyTask,
  bound: ReadonlyArray<unknown>,
  runEffects: EffectRunner
): Promise<Runnable> => {
  const run = withBound(task, bound)
  if (task.kind === "effect") return { name: task.name, run: await runEffects({ ...task, run }) }
  return { name: task.name, run: run as (input: unknown) => unknown }
}

/** Loads what a parent defined. Rejects with {@link NotLoaded}, or with the module's own error. */
export const load = async (define: Define, runEffects: EffectRunner): Promise<Runnable> => {
  const namespace = (await import(define.module)) as Record<string, unknown>
  const found = exportOf(define, namespace)
  const reader = new BatchReader(define.boundKind, define.bound, define.boundCount)
  const bound = Array.from({ length: define.boundCount }, () => reader.next())
  if (define.bare) {
    if (typeof found !== "function") {
      throw new NotLoaded(
        `the export ${JSON.stringify(define.name)} of ${define.module} is ${describe(found)}, where a function is needed`
      )
    }
    const bare = found as (input: unknown) => unknown
    if (bound.length === 0) return { name: define.name, run: (input) => bare(input) }
    const fixed = Object.assign({}, ...bound)
    return { name: define.name, run: (input) => bare({ ...(input as object), ...fixed }) }
  }
  if (!Task.isTask(found)) {
    throw new NotLoaded(
      `the export ${JSON.stringify(define.name)} of ${define.module} is ${describe(found)}, where a task is needed`
    )
  }
  if (found.name !== define.name) {
    throw new NotLoaded(
      `the export ${JSON.stringify(define.name)} of ${define.module} holds the task ${JSON.stringify(found.name)}: ` +
        `the second argument of Task.${found.kind} must equal the export's name`
    )
  }
  return runnableOf(found, bound, runEffects)
}
