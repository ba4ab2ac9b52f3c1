/**
 * What the types promise, compiled by `npm run types`: an expected error that does not come fails the compile.
 * Nothing here is run.
 */

import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type CallError, createPool, type Executor, type JobError, Pool, Task } from "holdfast"
import { expectTypeOf } from "vitest"

const meta = { url: "file:///tasks.ts" }

const square = Task.fn(meta, "square", (n: number) => n * n)
const later = Task.fn(meta, "later", async (text: string) => text.length)
const power = Task.spread(meta, "power", (base: number, exponent: number) => base ** exponent)
const image = Task.fn(meta, "image", (given: { width: number; height: number; path: string }) => given.path)

const price = Task.spread(meta, "price", (amount?: number, currency?: string) => `${amount} ${currency}`)
const sum = Task.spread(meta, "sum", (...all: ReadonlyArray<number>) => all.length)
type Shape = { shape: "circle"; radius: number; ink: string } | { shape: "box"; sides: Array<number>; ink: string }
const draw = Task.fn(meta, "draw", ({ shape }: Shape) => shape)

class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", { path: Schema.String }) {}
const parse = Task.effect(meta, "parse", {
  input: Schema.String,
  error: Unreadable,
  run: (path) => (path === "" ? Effect.fail(new Unreadable({ path })) : Effect.succeed(path.length))
})

interface Rates {
  readonly _: unique symbol
}
declare const Rates: Context.Key<Rates, { readonly of: (currency: string) => number }>
declare const ratesLayer: Layer.Layer<Rates>
const rates = Task.context(meta, "rates", ratesLayer)
const model = Task.context(meta, "model", async () => ({ value: { weights: [1, 2] } }))
const convert = Task.effect(meta, "convert", {
  run: (amount: number) => Effect.map(Rates, (each) => amount * each.of("EUR"))
})

export const promiseDoor = async (): Promise<void> => {
  await using pool = await createPool()
  expectTypeOf(await pool.run(square, 2)).toEqualTypeOf<number>()
  expectTypeOf(await pool.map(later, ["a"])).toEqualTypeOf<Array<number>>()
  expectTypeOf(await pool.map(power, [[2, 3]])).toEqualTypeOf<Array<number>>()
  for await (const value of pool.stream(later, ["a"])) expectTypeOf(value).toEqualTypeOf<number>()
  const [outcome] = await pool.settle(parse, ["a"])
  if (outcome?._tag === "Failed") expectTypeOf(outcome.error).toEqualTypeOf<Unreadable | JobError>()
  if (outcome?._tag === "Succeeded") expectTypeOf(outcome.value).toEqualTypeOf<number>()

  // @ts-expect-error a string is no number
  await pool.run(square, "2")
  // @ts-expect-error one of the inputs is no number
  await pool.map(square, [1, "2"])
  // @ts-expect-error three parameters are one too many
  await pool.map(power, [[1, 2, 3]])
  // @ts-expect-error a plain function is no task
  await pool.run((n: number) => n, 2)
  // @ts-expect-error the pool was made without the context that the task needs
  await pool.run(convert, 2)
  // @ts-expect-error there is no such option
  await pool.run(square, 2, { timout: 5 })
}

export const bound = async (): Promise<void> => {
  await using pool = await createPool()
  const small = image.with({ width: 1, height: 2 })
  expectTypeOf(await pool.run(small, { path: "a" })).toEqualTypeOf<string>()
  // @ts-expect-error the rest of the input is still needed
  await pool.run(small, {})
  // @ts-expect-error a width is a number
  image.with({ width: "1" })
  // @ts-expect-error there is no such field
  image.with({ depth: 1 })
  // @ts-expect-error nor beside one that has
  image.with({ width: 1, heigth: 2 })
  draw.with({ ink: "red", radius: 2 })
  // @ts-expect-error of none of the shapes
  draw.with({ ink: "red", diameter: 2 })
  // @ts-expect-error a number has no fields
  square.with(1)
  expectTypeOf(await pool.map(power.with(2), [[3]])).toEqualTypeOf<Array<number>>()
  // @ts-expect-error the first parameter is bound already
  await pool.map(power.with(2), [[3, 4]])
  expectTypeOf(await pool.map(price.with(2), [[], ["EUR"]])).toEqualTypeOf<Array<string>>()
  // @ts-expect-error what is left is a text
  await pool.map(price.with(2), [[3]])
  expectTypeOf(await pool.map(sum.with(2), [[], [3, 4]])).toEqualTypeOf<Array<number>>()
}

export const boundUnion = async (): Promise<void> => {
  await using pool = await createPool()
  const inInk = draw.with({ ink: "red" })
  await pool.map(inInk, [
    { shape: "circle", radius: 2 },
    { shape: "box", sides: [1, 2] }
  ])
  // @ts-expect-error a circle has no sides
  await pool.run(inInk, { shape: "circle", sides: [1, 2] })
  await pool.run(draw.with({ shape: "circle" }), { radius: 2, ink: "red" })
  // @ts-expect-error a box is no longer asked for
  await pool.run(draw.with({ shape: "circle" }), { sides: [1, 2], ink: "red" })
}

export const contexts = async (): Promise<void> => {
  await using pool = await createPool({ context: [rates, model] })
  expectTypeOf(await pool.run(convert, 2)).toEqualTypeOf<number>()
  await using one = await createPool({ context: rates })
  expectTypeOf(await one.run(convert, 2)).toEqualTypeOf<number>()
  // @ts-expect-error the plain context provides nothing to Effects
  await (await createPool({ context: model })).run(convert, 2)
}

export const effectDoor = Effect.gen(function* () {
  const pool = yield* Pool.make({ workers: 2 })
  const run = pool.run(parse, "a")
  expectTypeOf<Effect.Error<typeof run>>().toEqualTypeOf<Unreadable | CallError>()
  expectTypeOf<Effect.Success<typeof run>>().toEqualTypeOf<number>()
  // @ts-expect-error the failures are not handled
  const handled: Effect.Effect<number> = run
  const caught = run.pipe(Effect.catchTag("Unreadable", () => Effect.succeed(0)))
  expectTypeOf<Effect.Error<typeof caught>>().toEqualTypeOf<CallError>()
  const streamed = pool.stream(parse, Stream.fail("no inputs" as const))
  expectTypeOf<Stream.Error<typeof streamed>>().toEqualTypeOf<Unreadable | CallError | "no inputs">()
  const piped = Stream.make("a", "b").pipe(pool.via(parse), pool.via(square))
  expectTypeOf<Stream.Success<typeof piped>>().toEqualTypeOf<number>()
  // @ts-expect-error numbers can't be parsed
  Stream.make(1, 2).pipe(pool.via(parse))
  const settled = pool.settle(parse, ["a"])
  expectTypeOf<Effect.Error<typeof settled>>().toEqualTypeOf<CallError>()
  return handled
})

interface Work {
  double(n: number): number
  now(): Promise<string>
  greet(name?: string): string
  most(...all: ReadonlyArray<number>): number
  readonly text: string
}
const work = Task.module<Work>("file:///work.ts")

export const modules = async (): Promise<void> => {
  await using pool = await createPool()
  expectTypeOf(await pool.map(work.double, [1])).toEqualTypeOf<Array<number>>()
  expectTypeOf(await pool.run(work.now, undefined)).toEqualTypeOf<string>()
  // @ts-expect-error a function without parameters has no input
  await pool.run(work.now, "noon")
  expectTypeOf(await pool.map(work.greet, ["Ada", undefined])).toEqualTypeOf<Array<string>>()
  await pool.run(work.greet)
  expectTypeOf(await pool.run(work.most, 1)).toEqualTypeOf<number>()
  // @ts-expect-error what is no function is no task
  work.text
}

export const port = (executor: Executor<Rates>): Effect.Effect<number, CallError> => executor.run(convert, 1)
// @ts-expect-error an executor without the context is not enough
export const poorPort = (executor: Executor): Effect.Effect<number, CallError> => executor.run(convert, 1)
