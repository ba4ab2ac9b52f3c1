/**
 * Typed task definitions: values made once at module level, that name a module's export so that a worker can
 * find it again. Not the running of a task, which is the worker's affair.
 */
import type { Effect } from "effect/Effect"
import type { Codec } from "effect/Schema"
import type { TaskOptions } from "./CallOptions.ts"
import type { Chain } from "./Chain.ts"
import { checkName, type ModuleRef, phantom } from "./ModuleRef.ts"
import type { Bindable, NoOthers, Returned, TakesNone, Unbound, Yielded } from "./signatures.ts"

export { Aborted, abort, unwrapAbort } from "./abort.ts"
export { type ContextDefinition, ContextTypeId, context, isContext, type Loaded } from "./ContextDefinition.ts"
export type { ModuleRef } from "./ModuleRef.ts"
export type { Returned, Yielded } from "./signatures.ts"

export const TaskTypeId = "~holdfast/Task"

/** How a worker runs it. `module` is a bare export of a module that knows nothing of Holdfast. */
export type TaskKind = "fn" | "spread" | "effect" | "module" | "chain"

/** Schemas of a `Task.effect`; without one, structured-clone values cross as they are. */
export interface TaskSchemas {
  readonly input?: Codec<unknown, unknown> | undefined
  readonly output?: Codec<unknown, unknown> | undefined
  readonly error?: Codec<unknown, unknown> | undefined
}

/** What a task is made of, with its types erased. For executors and workers. */
export interface AnyTask {
  readonly [TaskTypeId]: unknown
  readonly kind: TaskKind
  readonly name: string
  readonly module: string
  readonly options: TaskOptions
  readonly schemas: TaskSchemas
  /** Bound by `with`, outermost last: fields of an object input, or leading parameters of a spread. */
  readonly bound: ReadonlyArray<unknown>
  /** The function itself; undefined for `module` tasks, whose function only the worker loads. */
  readonly run: ((input: never) => unknown) | undefined
  /** The tasks that a `chain` runs, one after another. */
  readonly parts?: ReadonlyArray<AnyTask>
}

/**
 * A typed task: `I` its input, `A` its value, `E` its own typed errors, `R` the contexts it needs, `Y` what it
 * yields on its way, if it is a generator.
 *
 * @example
 * export const square = Task.fn(import.meta, "square", (n: number) => n * n)
 */
export interface Task<in I, out A, out E = never, out R = never, out Y = unknown> extends AnyTask {
  readonly [TaskTypeId]: {
    readonly input: (_: I) => void
    readonly value: () => A
    readonly error: () => E
    readonly context: () => R
    readonly partial: () => Y
  }
}

/** A task of one input, whose object fields can be bound beforehand. */
export interface FnTask<I, A, E = never, R = never, Y = never> extends Task<I, A, E, R, Y> {
  /**
   * Binds fields of the object input (Python's `partial`). They are sent once to each worker, not with each
   * job, and can't be overridden by a job's input.
   *
   * @example
   * const small = writeImage.with({ width: 100, height: 100 })   // still takes { path }
   */
  with<const F extends Bindable<I>>(fixed: F & NoOthers<I, F>): FnTask<Unbound<I, F>, A, E, R, Y>
}

/** A task of several parameters, taken as a tuple (Python's `starmap`). */
export interface SpreadTask<P extends ReadonlyArray<unknown>, A, Y = never> extends Task<P, A, never, never, Y> {
  /** Binds the first parameter, which may be an optional one, or the first of a rest. */
  with<const F extends P[0]>(first: F): SpreadTask<P extends readonly [unknown?, ...infer Rest] ? Rest : [], A, Y>
}

/** What has no fields would be bound without effect, and each input then be taken for an object. */
const checkFields = (name: string, fixed: unknown): void => {
  if (typeof fixed === "object" && fixed !== null && !Array.isArray(fixed)) return
  throw new TypeError(
    `with, of the task ${JSON.stringify(name)}: expected an object, whose fields are bound, received ${String(fixed)}`
  )
}

const make = <T extends AnyTask>(fields: Omit<AnyTask, typeof TaskTypeId>): T => {
  const task = {
    [TaskTypeId]: phantom,
    ...fields,
    with: (fixed: unknown): AnyTask => {
      if (fields.kind !== "spread") checkFields(fields.name, fixed)
      return make({ ...fields, bound: [...fields.bound, fixed] })
    }
  }
  return Object.freeze(task) as unknown as T
}

const checkRun = (constructor: string, name: string, run: unknown): void => {
  if (typeof run !== "function") {
    throw new TypeError(`${constructor}(${JSON.stringify(name)}): expected a function to run, received ${String(run)}`)
  }
}

/** Without this, each value is told not to fit what is no schema, in words of Effect's own parser. */
const checkSchemas = (name: string, schemas: TaskSchemas): void => {
  for (const [side, schema] of Object.entries(schemas)) {
    if (schema === undefined || "ast" in Object(schema)) continue
    const came = typeof schema === "function" ? "a function, which may have to be called for one" : String(schema)
    throw new TypeError(`Task.effect(${JSON.stringify(name)}): expected a schema as ${side}, received ${came}`)
  }
}

/**
 * V8 makes up a name for a function without one from what is about it: of an options object behind it, `Task.fn.timeout`,
 * which a stack would show as if Holdfast's own code had failed. With a name of its own, an empty one too, it does not.
 */
const keepNameless = (run: { readonly name: string }): void => {
  if (run.name === "") Reflect.defineProperty(run, "name", { value: "", configurable: true })
}

/**
 * A plain or async function of one input. What a generator function yields are partial results, which
 * `pool.partials` streams; what it returns is its value.
 *
 * @example
 * export const square = Task.fn(import.meta, "square", (n: number) => n * n)
 * export const pages = Task.fn(import.meta, "pages", function* (path: string) { … })
 */
export const fn = <I, A>(
  meta: ModuleRef,
  name: string,
  run: (input: I) => A,
  options: TaskOptions = {}
): FnTask<I, Returned<A>, never, never, Yielded<A>> => {
  checkName("Task.fn", meta, name)
  checkRun("Task.fn", name, run)
  keepNameless(run)
  return make({ kind: "fn", name, module: meta.url, options, schemas: {}, bound: [], run })
}

/**
 * A function of several parameters; the input is a tuple.
 *
 * @example
 * export const power = Task.spread(import.meta, "power", (base: number, exponent: number) => base ** exponent)
 * await pool.map(power, [[2, 3], [3, 2]])   // [8, 9]
 */
export const spread = <P extends ReadonlyArray<unknown>, A>(
  meta: ModuleRef,
  name: string,
  run: (...parameters: P) => A,
  options: TaskOptions = {}
): SpreadTask<P, Returned<A>, Yielded<A>> => {
  checkName("Task.spread", meta, name)
  checkRun("Task.spread", name, run)
  keepNameless(run)
  return make({
    kind: "spread",
    name,
    module: meta.url,
    options,
    schemas: {},
    bound: [],
    run: run as unknown as (input: never) => unknown
  })
}

/** What `Task.effect` is made of. */
export interface EffectSpec<I, A, E, R> extends TaskOptions {
  readonly input?: Codec<I, unknown>
  readonly output?: Codec<A, unknown>
  readonly error?: Codec<E, unknown>
  readonly run: (input: I) => Effect<A, E, R>
}

/**
 * A typed Effect. With schemas, input, output and error cross the process boundary as themselves: class
 * instances arrive as instances, and what doesn't fit is refused.
 *
 * @example
 * export const parse = Task.effect(import.meta, "parse", {
 *   input: Schema.String, error: Unreadable,
 *   run: (path) => readInvoice(path),
 *   timeout: "30 seconds"
 * })
 */
export const effect = <I, A, E = never, R = never>(
  meta: ModuleRef,
  name: string,
  spec: EffectSpec<I, A, E, R>
): FnTask<I, A, E, R> => {
  checkName("Task.effect", meta, name)
  const { input, output, error, run, ...options } = spec
  checkRun("Task.effect", name, run)
  const schemas = { input, output, error }
  checkSchemas(name, schemas)
  return make({ kind: "effect", name, module: meta.url, options, schemas, bound: [], run })
}

/** The exported functions of a module, each as a task of one input. */
export type ModuleTasks<M> = {
  readonly [K in keyof M as M[K] extends (input: never) => unknown ? K : never]: M[K] extends (
    input: infer I
  ) => infer A
    ? TakesNone<M[K]> extends true
      ? FnTask<void, Returned<A>, never, never, Yielded<A>>
      : FnTask<I, Returned<A>, never, never, Yielded<A>>
    : never
}

/**
 * Every exported function of a module that knows nothing of Holdfast, as tasks of one input.
 *
 * @example
 * const work = Task.module<typeof import("./work.ts")>(new URL("./work.ts", import.meta.url))
 * await pool.map(work.square, [1, 2, 3])
 */
export const module = <M>(url: URL | string): ModuleTasks<M> => {
  const href = String(url)
  if (!/^(file|data|node):/.test(href)) {
    throw new TypeError(
      `Task.module: expected a URL such as new URL("./work.ts", import.meta.url), received ${JSON.stringify(href)}`
    )
  }
  const tasks = new Map<string, AnyTask>()
  return new Proxy(Object.freeze({}), {
    get: (_target, name) => {
      // `then` is asked for by `await`: a module of tasks is not a promise.
      if (typeof name !== "string" || name === "then") return undefined
      let task = tasks.get(name)
      if (task === undefined) {
        task = make({ kind: "module", name, module: href, options: {}, schemas: {}, bound: [], run: undefined })
        tasks.set(name, task)
      }
      return task
    }
  }) as ModuleTasks<M>
}

/** True for any task, whichever copy of this package made it. */
export const isTask = (value: unknown): value is AnyTask =>
  typeof value === "object" && value !== null && TaskTypeId in value

const chained = (...given: ReadonlyArray<AnyTask>): AnyTask => {
  const wrong = given.findIndex((part) => !isTask(part))
  const parts = given.flatMap((part) => part?.parts ?? [part])
  const [first] = parts
  const last = parts.at(-1)
  if (parts.length < 2 || wrong !== -1 || first === undefined || last === undefined) {
    const came = wrong === -1 ? `${given.length}` : `${String(given[wrong])} at ${wrong}`
    throw new TypeError(`Task.chain: expected two tasks or more, received ${came}`)
  }
  const task: AnyTask = {
    [TaskTypeId]: phantom,
    kind: "chain",
    name: parts.map(({ name }) => name).join(" > "),
    module: first.module,
    // A part that must not run twice keeps the whole from it. Limits are of one task alone, and the sum of them of none.
    options: parts.some(({ options }) => options.idempotent === false) ? { idempotent: false } : {},
    schemas: { input: first.schemas.input, output: last.schemas.output },
    bound: [],
    run: undefined,
    parts
  }
  const fixed = (value: unknown): AnyTask =>
    chained((first as unknown as { with(value: unknown): AnyTask }).with(value), ...parts.slice(1))
  return Object.freeze(Object.assign(task, { with: fixed }))
}

/**
 * Fuses tasks into one that runs them back to back in one worker: each gets the value of the one before it, which
 * never leaves the worker. It fails as whichever of them fails.
 *
 * @example
 * const thumbnail = Task.chain(read, shrink, write)
 * await pool.map(thumbnail, paths)
 */
export const chain = chained as unknown as Chain
