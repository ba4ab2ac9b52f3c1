/**
 * What the types of `submitAll`, `lift` and the functions on handles promise, compiled by `npm run types`. Nothing
 * here is run.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type CallError, Handle, Pool, type PromiseExecutor, type PromiseHandle, Task } from "holdfast"
import { expectTypeOf } from "vitest"

const meta = { url: "file:///tasks.ts" }
const square = Task.fn(meta, "square", (n: number) => n * n)
const length = Task.fn(meta, "length", async (text: string) => text.length > 3)
const power = Task.spread(meta, "power", (base: number, exponent: number) => base ** exponent)
const resize = Task.fn(meta, "resize", (image: { path: string; width: number }) => image.path)

class Gone extends Schema.TaggedError<Gone>()("Gone", { id: Schema.Number }) {}
const find = Task.effect(meta, "find", {
  error: Gone,
  run: (id: number) => (id > 0 ? Effect.succeed({ id }) : Effect.fail(new Gone({ id })))
})

export const many = (pool: PromiseExecutor): void => {
  expectTypeOf(pool.submitAll(square, [1, 2])).toEqualTypeOf<Array<PromiseHandle<number>>>()
  expectTypeOf(pool.submitAll(find, new Set([1]))).toEqualTypeOf<Array<PromiseHandle<{ id: number }, Gone>>>()
  expectTypeOf(pool.submitAll(power, [[2, 3]])).toEqualTypeOf<Array<PromiseHandle<number>>>()
  expectTypeOf(pool.submitAll(power.with(2), [[3]])).toEqualTypeOf<Array<PromiseHandle<number>>>()
  expectTypeOf(pool.submitAll(resize.with({ width: 5 }), [{ path: "a" }])).toEqualTypeOf<Array<PromiseHandle<string>>>()
  pool.submitAll(square, [1], { key: (n, index) => `${n.toFixed()} ${index}`, timeout: "5 seconds", retry: 2 })
  // @ts-expect-error strings among the numbers
  pool.submitAll(square, ["1"])
  // @ts-expect-error one is not many
  pool.submitAll(square, 1)
  // @ts-expect-error what comes asynchronously can't have handles at once
  pool.submitAll(square, pool.stream(square, [1]))
  // @ts-expect-error what is bound is not given again
  pool.submitAll(power.with(2), [[2, 3]])
  // @ts-expect-error the width is missing
  pool.submitAll(resize, [{ path: "a" }])
  // @ts-expect-error one key for all of them would name none
  pool.submitAll(square, [1], { key: "one" })
  // @ts-expect-error each job stands for itself: there is no batch to fail
  pool.submitAll(square, [1], { onFailure: "collect" })
}

export const lifted = async (pool: PromiseExecutor): Promise<void> => {
  const squares = pool.lift(square, { chunkSize: 5 })
  expectTypeOf(await squares([1, 2])).toEqualTypeOf<Array<number>>()
  expectTypeOf(await squares(pool.stream(square, new Set([1])))).toEqualTypeOf<Array<number>>()
  expectTypeOf(await pool.lift(power)([[2, 3]])).toEqualTypeOf<Array<number>>()
  expectTypeOf(await pool.lift(power.with(2))([[3]])).toEqualTypeOf<Array<number>>()
  expectTypeOf(await pool.lift(resize.with({ width: 5 }))([{ path: "a" }])).toEqualTypeOf<Array<string>>()
  // @ts-expect-error strings among the numbers
  await squares(["1"])
  // @ts-expect-error a pair, not two numbers
  await pool.lift(power)([2, 3])
  // @ts-expect-error what is bound is not given again
  await pool.lift(power.with(2))([[2, 3]])
  // @ts-expect-error an array has no order to choose
  pool.lift(square, { ordered: false })
}

export const together = async (pool: PromiseExecutor): Promise<void> => {
  const handles = pool.submitAll(find, [1, 2])
  expectTypeOf(Handle.all(handles)).toEqualTypeOf<Promise<Array<{ id: number }>>>()
  expectTypeOf(Handle.all(new Set(handles))).toEqualTypeOf<Promise<Array<{ id: number }>>>()
  const mixed = [pool.submit(square, 1), pool.submit(length, "a")] as const
  expectTypeOf(await Handle.all(mixed)).toEqualTypeOf<[number, boolean]>()
  expectTypeOf(await Handle.all([pool.submit(square, 1), pool.submit(length, "a")])).toEqualTypeOf<[number, boolean]>()
  expectTypeOf(Handle.first(handles)).toEqualTypeOf<Promise<PromiseHandle<{ id: number }, Gone>>>()
  expectTypeOf(Handle.firstFailed(handles)).toEqualTypeOf<Promise<PromiseHandle<{ id: number }, Gone> | undefined>>()
  for await (const handle of Handle.asCompleted(handles))
    expectTypeOf(handle).toEqualTypeOf<PromiseHandle<{ id: number }, Gone>>()
  // @ts-expect-error promises are no handles
  await Handle.all(handles.map((handle) => handle.result()))
  // @ts-expect-error nor are values
  await Handle.first([1])
  // @ts-expect-error it may be undefined
  ;(await Handle.firstFailed(handles)).job
}

export const effects = Effect.gen(function* () {
  const pool = yield* Pool.make()
  const handles = yield* pool.submitAll(find, [1, 2])
  expectTypeOf(handles).toEqualTypeOf<Array<Handle<{ id: number }, Gone>>>()
  expectTypeOf(Handle.all(handles)).toEqualTypeOf<Effect.Effect<Array<{ id: number }>, Gone | CallError>>()
  const mixed = Handle.all([yield* pool.submit(square, 1), yield* pool.submit(find, 1)])
  expectTypeOf(mixed).toEqualTypeOf<Effect.Effect<[number, { id: number }], Gone | CallError>>()
  expectTypeOf(Handle.first(handles)).toEqualTypeOf<Effect.Effect<Handle<{ id: number }, Gone>>>()
  expectTypeOf(Handle.firstFailed(handles)).toEqualTypeOf<Effect.Effect<Handle<{ id: number }, Gone> | undefined>>()
  expectTypeOf(Handle.asCompleted(handles)).toEqualTypeOf<Stream.Stream<Handle<{ id: number }, Gone>>>()
  const finds = pool.lift(find)
  expectTypeOf(finds([1])).toEqualTypeOf<Effect.Effect<Array<{ id: number }>, Gone | CallError>>()
  expectTypeOf(finds(Stream.fail("none" as const))).toEqualTypeOf<
    Effect.Effect<Array<{ id: number }>, Gone | CallError | "none">
  >()
  const caught = Handle.all(handles).pipe(
    Effect.catchTag("Gone", () => Effect.succeed([])),
    Effect.catchTag("InvalidOptions", () => Effect.succeed([]))
  )
  expectTypeOf<
    Extract<Effect.Error<typeof caught>, { readonly _tag: "Gone" | "InvalidOptions" }>
  >().toEqualTypeOf<never>()
  // @ts-expect-error the failures of the jobs are left
  const unhandled: Effect.Effect<unknown> = Handle.all(handles)
  // @ts-expect-error numbers, not strings
  pool.submitAll(find, ["1"])
  // @ts-expect-error numbers, not strings
  finds(["1"])
  // @ts-expect-error handles of one door
  Handle.all([...handles, (undefined as unknown as PromiseExecutor).submit(square, 1)])
  return unhandled
})
