/**
 * What the types of calls, handles and options promise, compiled by `npm run types`; what tasks infer is in
 * `inference.test-d.ts`. Nothing here is run.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  type CallError,
  createPool,
  currentTask,
  Executor,
  type Handle,
  type InvalidOptions,
  type JobError,
  jobOf,
  type Outcome,
  Pool,
  type PoolEvent,
  type PoolOptions,
  type PromiseExecutor,
  type PromiseHandle,
  Task,
  TaskContext,
  type WorkerSnapshot
} from "holdfast"
import { expectTypeOf } from "vitest"

const meta = { url: "file:///tasks.ts" }
const square = Task.fn(meta, "square", (n: number) => n * n)
const length = Task.fn(meta, "length", async (text: string) => text.length)

class Gone extends Schema.TaggedError<Gone>()("Gone", { id: Schema.Number }) {}
const find = Task.effect(meta, "find", {
  error: Gone,
  run: (id: number) => (id > 0 ? Effect.succeed({ id }) : Effect.fail(new Gone({ id })))
})

class Rates extends Context.Service<Rates, { readonly of: (currency: string) => number }>()("types/Rates") {}
const convert = Task.effect(meta, "convert", {
  run: (amount: number) => Effect.map(Rates, (each) => amount * each.of("EUR"))
})

/** The promise door. */
export const handles = async (pool: PromiseExecutor): Promise<void> => {
  const handle = pool.submit(find, 1)
  expectTypeOf(handle).toEqualTypeOf<PromiseHandle<{ id: number }, Gone>>()
  expectTypeOf(await handle.result()).toEqualTypeOf<{ id: number }>()
  expectTypeOf(handle.poll()).toEqualTypeOf<Outcome<{ id: number }, Gone> | undefined>()
  expectTypeOf(handle.status).toEqualTypeOf<"queued" | "running" | "retrying" | "settled">()
  expectTypeOf(await handle.wait("1 second")).toEqualTypeOf<boolean>()
  expectTypeOf(handle.cancel).returns.toEqualTypeOf<void>()
  // @ts-expect-error a handle is no promise
  handle.then
  // @ts-expect-error what it stands for is read, not written
  handle.status = "settled"
}

/** Tasks that take no input, or may do without. */
export const withoutInput = async (pool: PromiseExecutor, executor: Executor): Promise<void> => {
  const none = Task.fn(meta, "none", () => "done")
  const maybe = Task.fn(meta, "maybe", async (n: number | undefined) => n ?? 0)
  const optional = Task.fn(meta, "optional", (n?: number) => n ?? 0)
  const either = Task.effect(meta, "either", { error: Gone, run: (_: string | undefined) => Effect.succeed(1) })
  const ofModule = Task.module<{ work(): Promise<Date>; square(n: number): number }>("file:///work.ts")
  expectTypeOf(await pool.run(none)).toEqualTypeOf<string>()
  expectTypeOf(await pool.run(none, undefined, { timeout: 5 })).toEqualTypeOf<string>()
  expectTypeOf(await pool.run(maybe)).toEqualTypeOf<number>()
  expectTypeOf(await pool.run(maybe, 2)).toEqualTypeOf<number>()
  expectTypeOf(await pool.run(optional)).toEqualTypeOf<number>()
  expectTypeOf(await pool.run(ofModule.work)).toEqualTypeOf<Date>()
  expectTypeOf(await pool.run(ofModule.work, undefined, { timeout: 5 })).toEqualTypeOf<Date>()
  expectTypeOf(pool.submit(none)).toEqualTypeOf<PromiseHandle<string>>()
  expectTypeOf(pool.submit(either)).toEqualTypeOf<PromiseHandle<number, Gone>>()
  expectTypeOf(executor.run(either)).toEqualTypeOf<Effect.Effect<number, Gone | CallError>>()
  expectTypeOf(executor.submit(none)).toEqualTypeOf<Effect.Effect<Handle<string>>>()
  await using made = await createPool()
  const letters = Task.fn(meta, "letters", function* () {
    yield "a"
    return 1
  })
  expectTypeOf(await made.broadcast(none)).toEqualTypeOf<Array<string>>()
  for await (const letter of made.partials(letters)) expectTypeOf(letter).toEqualTypeOf<string>()
  // @ts-expect-error a number is wanted on every worker
  await made.broadcast(square)
  // Whatever takes one of many types takes its input as before.
  const generic = <I, A>(task: Task.Task<I, A>, input: I): Promise<A> => pool.run(task, input)
  expectTypeOf(await generic(length, "a")).toEqualTypeOf<number>()
  // @ts-expect-error a number is wanted
  await pool.run(square)
  // @ts-expect-error a string is wanted
  pool.submit(length)
  // @ts-expect-error a number is wanted, on this door, too
  executor.run(square)
  // @ts-expect-error a number is wanted, of a module's task, too
  await pool.run(ofModule.square)
  // @ts-expect-error options are no input
  await pool.run(maybe, { timeout: 5 })
  // @ts-expect-error the pool was made without the context that the task needs
  await pool.run(Task.effect(meta, "needs", { run: () => Rates }))
}

export const inputs = async (pool: PromiseExecutor): Promise<void> => {
  expectTypeOf(await pool.map(square, new Set([1]))).toEqualTypeOf<Array<number>>()
  expectTypeOf(await pool.map(square, Float64Array.of(1))).toEqualTypeOf<Array<number>>()
  expectTypeOf(await pool.map(square, [1, 2] as const)).toEqualTypeOf<Array<number>>()
  expectTypeOf(pool.via(length)(["a"])).toEqualTypeOf<AsyncIterable<number>>()
  expectTypeOf(pool.via(square)(pool.via(length)(["a"]))).toEqualTypeOf<AsyncIterable<number>>()
  expectTypeOf(await pool.settle(square, [1])).toEqualTypeOf<Array<Outcome<number>>>()
  expectTypeOf(pool.outcomes(square, [1], { ordered: false })).toEqualTypeOf<AsyncIterable<Outcome<number>>>()
  // @ts-expect-error a stage of strings is given numbers
  pool.via(length)(pool.via(square)([1]))
  // @ts-expect-error one number is not many
  await pool.map(square, 1)
  // @ts-expect-error a Stream of Effect's belongs to the other door
  await pool.map(square, Stream.make(1))
  // @ts-expect-error strings among the numbers
  await pool.map(square, new Set(["1"]))
}

export const options = async (pool: PromiseExecutor): Promise<void> => {
  await pool.map(square, [1], { key: (n, index) => `${n.toFixed()} ${index}`, chunkSize: "auto", retry: {} })
  await pool.run(square, 1, {
    key: "one",
    timeout: { seconds: 5 },
    retry: { retries: 1, shouldRetry: async () => true }
  })
  pool.stream(square, [1], { ordered: false, lookAhead: 3, onProgress: ({ done, total = 0 }) => done < total })
  // @ts-expect-error misspelt
  await pool.map(square, [1], { chunksize: 5 })
  // @ts-expect-error of many jobs the key is a function
  await pool.map(square, [1], { key: "one" })
  // @ts-expect-error of one job it is a string
  await pool.run(square, 1, { key: () => "one" })
  // @ts-expect-error the key is made of a number
  await pool.map(square, [1], { key: (text: string) => text })
  // @ts-expect-error one job has no order
  await pool.run(square, 1, { ordered: true })
  // @ts-expect-error nor has an array
  await pool.map(square, [1], { ordered: true })
  // @ts-expect-error one job is no chunk
  await pool.run(square, 1, { chunkSize: 5 })
  // @ts-expect-error no such policy
  await pool.map(square, [1], { onFailure: "never" })
  // @ts-expect-error no duration
  await pool.run(square, 1, { timeout: "soon" })
  // @ts-expect-error p-retry's names, not others'
  await pool.run(square, 1, { retry: { times: 3 } })
}

export const poolOptions: ReadonlyArray<PoolOptions> = [
  {},
  { workers: 2, isolation: "inline", timeout: "5 seconds", maxMemory: "512 MiB", retry: 3, logger: false },
  // @ts-expect-error misspelt
  { worker: 2 },
  // @ts-expect-error a number, not its text
  { workers: "4" },
  // @ts-expect-error no such isolation
  { isolation: "fork" },
  // @ts-expect-error an option of calls alone
  { signal: new AbortController().signal },
  // @ts-expect-error an option of tasks alone
  { idempotent: true }
]

/** The Effect door. */
export const effects = Effect.gen(function* () {
  const pool = yield* Pool.make()
  const handle = yield* pool.submit(find, 1)
  expectTypeOf(handle).toEqualTypeOf<Handle<{ id: number }, Gone>>()
  expectTypeOf(handle.await).toEqualTypeOf<Effect.Effect<{ id: number }, Gone | CallError>>()
  expectTypeOf(handle.poll).toEqualTypeOf<Effect.Effect<Option.Option<Outcome<{ id: number }, Gone>>>>()
  expectTypeOf(pool.map(square, [1])).toEqualTypeOf<Effect.Effect<Array<number>, CallError>>()
  expectTypeOf(pool.workers).toEqualTypeOf<ReadonlyArray<WorkerSnapshot>>()
  expectTypeOf(pool.events).toEqualTypeOf<Stream.Stream<PoolEvent>>()
  expectTypeOf(pool.close()).toEqualTypeOf<Effect.Effect<void>>()
  expectTypeOf(pool.close({ drainTimeout: 5 })).toEqualTypeOf<Effect.Effect<void, InvalidOptions>>()
  expectTypeOf(handle.wait("1 second")).toEqualTypeOf<Effect.Effect<boolean, InvalidOptions>>()
  const needing = Stream.fromEffect(Effect.map(Rates, (each) => each.of("EUR")))
  expectTypeOf(pool.map(square, needing)).toEqualTypeOf<Effect.Effect<Array<number>, CallError, Rates>>()
  expectTypeOf(pool.stream(square, needing)).toEqualTypeOf<Stream.Stream<number, CallError, Rates>>()
  const all = pool.run(find, 1).pipe(
    Effect.catchTag("Gone", ({ id }) => Effect.succeed({ id })),
    Effect.catchTag(["JobTimedOut", "JobStuck"], ({ waitingOn }) => Effect.succeed({ id: waitingOn?.length ?? 0 }))
  )
  expectTypeOf<Extract<Effect.Error<typeof all>, { readonly _tag: "Gone" | "JobTimedOut" }>>().toEqualTypeOf<never>()
  // @ts-expect-error there are others left
  const none: Effect.Effect<{ id: number }> = all
  // @ts-expect-error no such failure
  pool.run(square, 1).pipe(Effect.catchTag("Gone", () => Effect.succeed(1)))
  // @ts-expect-error a pool that provides nothing is none for a task that needs rates
  pool.map(convert, [1])
  // @ts-expect-error nor its streams
  pool.via(convert)
  return none
})

// @ts-expect-error the options may be wrong: that failure is left
export const unhandled: Effect.Effect<unknown> = Effect.scoped(Pool.make({ workers: 2 }))
// @ts-expect-error a pool lives in a scope
export const unscoped: Effect.Effect<unknown, unknown> = Pool.make({ workers: 2 })

export const program = Effect.gen(function* () {
  const executor = yield* Executor
  const outcomes = executor.outcomes(square, Stream.make(1))
  expectTypeOf(outcomes).toEqualTypeOf<Stream.Stream<Outcome<number>, CallError>>()
  return yield* executor.map(square, [1])
}).pipe(Effect.provide(Pool.layer({ workers: 2 })))
expectTypeOf<Effect.Services<typeof program>>().toEqualTypeOf<never>()

/** Within tasks. */
export const inside = Task.effect(meta, "inside", {
  input: Schema.Struct({ at: Schema.DateFromString }),
  output: Schema.Number,
  run: ({ at }) =>
    Effect.gen(function* () {
      const job = yield* TaskContext
      expectTypeOf(job.signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(at).toEqualTypeOf<Date>()
      return job.index
    })
})
// What every worker provides, no pool has to be made with.
export const runsAnywhere = (pool: Pool.Pool): unknown => pool.run(inside, { at: new Date() })

// @ts-expect-error the value is no string, as its schema says
Task.effect(meta, "lies", { output: Schema.String, run: (n: number) => Effect.succeed(n) })
// @ts-expect-error an undeclared failure
Task.effect(meta, "fails", { error: Gone, run: (_: number) => Effect.fail("text") })
// @ts-expect-error a misspelt option
Task.effect(meta, "misspelt", { run: (n: number) => Effect.succeed(n), timout: 5 })
// @ts-expect-error an option of calls alone
Task.fn(meta, "square", (n: number) => n, { priority: 5 })

const shelf = Task.context(meta, "shelf", () => ({ value: { books: ["one"] }, dispose: () => undefined }))
export const reads = Task.fn(meta, "reads", (at: number) => {
  const { books } = currentTask().context(shelf)
  expectTypeOf(books).toEqualTypeOf<Array<string>>()
  return books[at]
})
// @ts-expect-error a context gives { value }, not the value itself
Task.context(meta, "bare", () => "book")

export const errors = (error: unknown, outcome: Outcome<number, Gone>): string => {
  if (outcome._tag === "Succeeded") return outcome.value.toFixed()
  switch (outcome.error._tag) {
    case "Gone":
      return outcome.error.id.toFixed()
    case "WorkerCrashed":
      expectTypeOf(outcome.error.reason).toEqualTypeOf<
        "exit" | "signal" | "outOfMemory" | "uncaught" | "protocol" | "ended"
      >()
      return outcome.error.reason
    default:
      expectTypeOf(outcome.error).toExtend<JobError>()
      return jobOf(error)?.key ?? outcome.job.key
  }
}
