/**
 * How a worker comes to what it can run: a task is loaded from the module and export that the parent named, and made
 * into one function of an input. Not the loop that runs it (`chunk-loop.ts`).
 */
import { type AnyTask, Task } from "@holdfast/core"
import { importModule } from "../protocol/import-module.ts"
import type { Define, Definition } from "../protocol/messages.ts"
import { BatchReader } from "../protocol/values.ts"
import { chainOf } from "./chain.ts"
import type { JobScope } from "./job-scope.ts"
import type { Runnable } from "./runnable.ts"

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

/** One that is made when it is asked for may throw. */
const readable = (namespace: Readonly<Record<string, unknown>>, name: string): unknown => {
  try {
    return namespace[name]
  } catch {
    return undefined
  }
}

const exportOf = (define: Definition, namespace: Readonly<Record<string, unknown>>): unknown => {
  if (Object.hasOwn(namespace, define.name)) return namespace[define.name]
  for (const exported of Object.keys(namespace)) {
    const value = readable(namespace, exported)
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

/** A string is iterable as well, and would be taken apart into its characters. */
const parametersOf = (task: AnyTask, input: unknown): ReadonlyArray<unknown> => {
  if (Array.isArray(input)) return input
  throw new TypeError(
    `the input of Task.spread(${JSON.stringify(task.name)}) is the array of its parameters: received ${describe(input)}`
  )
}

const withBound = (task: AnyTask, bound: ReadonlyArray<unknown>): ((input: never) => unknown) => {
  const run = task.run
  if (run === undefined) throw new NotLoaded(`the task ${JSON.stringify(task.name)} has no function`)
  if (task.kind === "spread") {
    const call = run as unknown as (...parameters: Array<unknown>) => unknown
    if (bound.length === 0) return ((input: unknown) => call(...parametersOf(task, input))) as (input: never) => unknown
    return ((input: unknown) => call(...bound, ...parametersOf(task, input))) as (input: never) => unknown
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

/** Finds one task; in a chain, what comes from or goes to a neighbour has not been written by a schema. */
export type LoadPart = (define: Definition, runEffects: EffectRunner, edges?: Edges) => Promise<Runnable>

/** Whether a task takes the job's own input, and gives its own value. */
export interface Edges {
  readonly first: boolean
  readonly last: boolean
}

/** The task with the schemas that count where it stands. */
export const atEdges = (task: AnyTask, edges: Edges | undefined): AnyTask => {
  if (edges === undefined) return task
  const { input, output, error } = task.schemas
  return {
    ...task,
    schemas: { input: edges.first ? input : undefined, output: edges.last ? output : undefined, error }
  }
}

/** Loads what a parent defined. Rejects with {@link NotLoaded}, or with the module's own error. */
export const load = async (
  { parts, ...define }: Define,
  runEffects: EffectRunner,
  loadOne: LoadPart = loadPart
): Promise<Runnable> => {
  if (parts === undefined) return loadOne(define, runEffects)
  const last = parts.length - 1
  const loaded = parts.map((part, at) => loadOne(part, runEffects, { first: at === 0, last: at === last }))
  return chainOf(define.name, await Promise.all(loaded))
}

/** Loads one task from its module. */
export const loadPart: LoadPart = async (define, runEffects, edges) => {
  const namespace = await importModule(define.module)
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
  return runnableOf(atEdges(found, edges), bound, runEffects)
}
