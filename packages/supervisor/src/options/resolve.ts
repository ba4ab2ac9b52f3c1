/**
 * What options come to: a pool's filled in with the defaults, a call's with the task's and the pool's. Everything is
 * checked here, before anything starts; whoever holds a resolved object trusts it.
 */
import type { AnyTask, ContextDefinition, OnFailure, OptionProblem, Progress, RetryOptions } from "@holdfast/core"
import { InvalidOptions } from "@holdfast/core"
import { refused } from "./Check.ts"
import type { callTable } from "./call-table.ts"
import type { Declaration, Given, Resolved, Scope } from "./declaration.ts"
import { declared, read, type Values } from "./given.ts"
import type { poolTable } from "./pool-table.ts"
import { received } from "./received.ts"

type PoolTable = typeof poolTable & typeof callTable

/** Contexts as they can be given to a pool. */
export type Contexts = ContextDefinition<unknown> | ReadonlyArray<ContextDefinition<unknown>>

type Provides<Each> = Each extends ContextDefinition<infer Ctx> ? Ctx : never

/** What contexts provide to tasks, all taken together; never where there are none. */
export type Provided<C extends Contexts> = C extends ReadonlyArray<infer Each> ? Provides<Each> : Provides<C>

interface PoolOptionsButContext extends Omit<Given<PoolTable, "pool">, "context"> {}

/**
 * What a pool can be made with; `Ctx` is what its contexts provide. Durations are Effect's (`"30 seconds"`, or a
 * number of milliseconds), sizes too (`"512 MiB"`, or a number of bytes).
 *
 * @example
 * const options: PoolOptions<Database> = { workers: 4, timeout: "30 seconds", context: database }
 */
export interface PoolOptions<Ctx = never> extends PoolOptionsButContext {
  /** What every worker builds at its start and releases at its end. */
  readonly context?: ContextDefinition<Ctx> | ReadonlyArray<ContextDefinition<Ctx>>
}

/**
 * {@link PoolOptions} as the functions that make a pool take them: TypeScript infers the contexts `C`, and
 * {@link Provided} what they provide. It could not infer that itself from contexts that provide different things.
 *
 * @example
 * const make = <const C extends Contexts = readonly []>(options: PoolOptionsWith<C>): Pool<Provided<C>> => ...
 */
export interface PoolOptionsWith<C extends Contexts> extends PoolOptionsButContext {
  /** What every worker builds at its start and releases at its end. */
  readonly context?: C
}

/** A pool's options, every one filled in; durations are milliseconds, sizes bytes. */
export interface ResolvedPoolOptions extends Resolved<PoolTable, "pool"> {}

/** A call's options, every one filled in; durations are milliseconds. Calls with equal options may share an object. */
export interface ResolvedCall {
  readonly timeoutMs?: number | undefined
  readonly heartbeatTimeoutMs?: number | undefined
  readonly queueTimeoutMs?: number | undefined
  /** Undefined where nothing is to be retried. */
  readonly retry: RetryOptions | undefined
  readonly maxCrashes: number
  readonly idempotent: boolean
  readonly onFailure: OnFailure
  readonly chunkSize: number | "auto"
  /** In chunks; undefined to go by the number of workers. */
  readonly lookAhead: number | undefined
  readonly concurrency: number
  readonly priority: number
  /** Of one job a string, of many a function; undefined for the index. */
  readonly key: string | ((input: unknown, index: number) => string) | undefined
  readonly signal?: AbortSignal | undefined
  readonly progress: undefined | true | string
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly ordered: boolean
}

/** The methods that take options of a call. */
export type CallKind =
  | "run"
  | "submit"
  | "submitAll"
  | "map"
  | "settle"
  | "stream"
  | "outcomes"
  | "via"
  | "lift"
  | "partials"
  | "broadcast"
  | StoreKind

/** Calls that go to the workers' own stores. */
type StoreKind = "push" | "pull" | "scatter" | "gather"

const refuse = (where: string, problems: ReadonlyArray<OptionProblem>): void => {
  if (problems.length > 0) throw new InvalidOptions(where, problems)
}

const fallbacks = (scope: Scope): Values =>
  Object.fromEntries(Array.from(declared[scope].values(), ({ field, fallback }) => [field, fallback]))

const poolFallbacks = fallbacks("pool")

/**
 * Checks a pool's options and fills them in. Throws `InvalidOptions` with everything that is wrong with them; its
 * message begins with `where`.
 *
 * @example
 * resolvePoolOptions({ workers: 4, timeout: "30 seconds" }).timeoutMs   // 30000
 */
export const resolvePoolOptions = (options: unknown, where = "the options of the pool"): ResolvedPoolOptions => {
  const problems: Array<OptionProblem> = []
  const values = read(options, "pool", problems)
  refuse(where, problems)
  // The tables give both the fields and the type.
  return Object.freeze({ ...poolFallbacks, ...values }) as unknown as ResolvedPoolOptions
}

type Read<D> = D extends Declaration<infer _In, infer Out> ? Out : never

/**
 * Checks one option of a pool that is given elsewhere, as `pool.resize(workers)` and `pool.close({ drainTimeout })`
 * do. Throws `InvalidOptions`.
 *
 * @example
 * resolvePoolOption("drainTimeout", "2 seconds", "pool.close")   // 2000
 */
export const resolvePoolOption = <K extends keyof PoolTable>(
  name: K,
  value: unknown,
  where: string
): Read<PoolTable[K]> => {
  const problems: Array<OptionProblem> = []
  const out = declared.pool.get(name)?.check.read(value, name, problems)
  refuse(where, problems)
  return (out === refused ? undefined : out) as Read<PoolTable[K]>
}

const SCOPES = {
  run: "job",
  submit: "job",
  submitAll: "job",
  map: "batch",
  settle: "batch",
  stream: "stream",
  outcomes: "stream",
  via: "stream",
  lift: "batch",
  partials: "job",
  broadcast: "job",
  push: "store",
  pull: "store",
  scatter: "store",
  gather: "store"
} as const satisfies Record<CallKind, Scope>

/** Calls whose answer tells of each failure. */
const COLLECTING: ReadonlySet<CallKind> = new Set(["settle", "outcomes"])

// One shape for every call, whatever its kind: the scheduler reads them in its innermost loops.
const callFallbacks: Values = {
  ...fallbacks("task"),
  ...fallbacks("job"),
  ...fallbacks("batch"),
  ...fallbacks("stream")
}

/** What a call takes from the pool: whatever is an option of both. */
const ofPool = (pool: Values, kind: CallKind): Values => {
  const values: Record<string, unknown> = {}
  for (const field in callFallbacks) if (field in pool) values[field] = pool[field]
  // One job has no bar.
  if (SCOPES[kind] === "job" || SCOPES[kind] === "store") values.progress = undefined
  return values
}

/** By the object of options, which the copies that `with` makes of a task share. */
const taskValues = new WeakMap<object, Values>()

const ofTask = (task: AnyTask): Values => {
  let values = taskValues.get(task.options)
  if (values === undefined) {
    const problems: Array<OptionProblem> = []
    values = read(task.options, "task", problems)
    refuse(`task ${JSON.stringify(task.name)} of ${task.module}`, problems)
    taskValues.set(task.options, values)
  }
  return values
}

type Bases = Partial<Record<CallKind, ResolvedCall>>
const bases = new WeakMap<ResolvedPoolOptions, WeakMap<AnyTask, Bases>>()

const basesOf = (pool: ResolvedPoolOptions, task: AnyTask): Bases => {
  let byTask = bases.get(pool)
  if (byTask === undefined) {
    byTask = new WeakMap()
    bases.set(pool, byTask)
  }
  let byKind = byTask.get(task)
  if (byKind === undefined) {
    byKind = {}
    byTask.set(task, byKind)
  }
  return byKind
}

/** What a call without options comes to. The same object each time, `run` and `submit` included. */
const baseOf = (pool: ResolvedPoolOptions, task: AnyTask, kind: CallKind): ResolvedCall => {
  const known = basesOf(pool, task)
  const base = known[kind]
  if (base !== undefined) return base
  const values = { ...callFallbacks, ...ofPool({ ...pool }, kind), ...ofTask(task) }
  // What was yielded can't be taken back: such a job has one attempt.
  const own = COLLECTING.has(kind) ? { onFailure: "collect" } : kind === "partials" ? { retry: undefined } : {}
  const made = Object.freeze({ ...values, ...own }) as unknown as ResolvedCall
  if (kind === "run" || kind === "submit") known.run = known.submit = made
  else known[kind] = made
  return made
}

/** Of many single jobs, the key is a function, as it is of a batch. */
const readOfMany = (call: unknown, problems: Array<OptionProblem>): Values => {
  const key = typeof call === "object" && call !== null ? Reflect.get(call, "key") : undefined
  if (key === undefined) return read(call, "job", problems)
  const others = Object.create(call as object, { key: { value: undefined, enumerable: true } })
  return { ...read(others, "job", problems), ...read({ key }, "batch", problems) }
}

/**
 * Checks a call's options and fills them in: the call's override the task's, which override the pool's. Throws
 * `InvalidOptions` with everything that is wrong with them. `settle` and `outcomes` collect, whatever is asked of them.
 *
 * @example
 * resolveCallOptions(resolvePoolOptions({ retry: 1 }), square, { retry: {} }, "map").retry   // { retries: 3 }
 */
export const resolveCallOptions = (
  pool: ResolvedPoolOptions,
  task: AnyTask,
  call: unknown,
  where: CallKind
): ResolvedCall => {
  // Done up to 100,000 times a second: one look into each of two maps.
  const base = baseOf(pool, task, where)
  if (call === undefined) return base
  const problems: Array<OptionProblem> = []
  const values = where === "submitAll" ? readOfMany(call, problems) : read(call, SCOPES[where], problems)
  if (where === "partials" && "retry" in values) {
    const expected = "nothing: what a job has yielded can't be taken back, so it has one attempt"
    problems.push({ option: "retry", expected, received: received(Reflect.get(Object(call), "retry")) })
  }
  refuse(`pool.${where}(${task.name})`, problems)
  const resolved: ResolvedCall = { ...base, ...values }
  return COLLECTING.has(where) ? { ...resolved, onFailure: "collect" } : resolved
}
