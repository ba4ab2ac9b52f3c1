import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Handle, InvalidOptions, Pipeline, Pool } from "holdfast"
import { countsSlowly } from "../fixtures/generators.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { places, upTo } from "./places.ts"
import { hearWarnings } from "./warnings.ts"

/** Pulls with little patience, and comes back only once what it did not wait for has long been there. */
const pulledImpatiently = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const pull = yield* Stream.toPull(stream)
      const pulled: Array<A> = []
      let interrupted = 0
      for (;;) {
        const exit = yield* Effect.exit(Effect.timeoutOption(pull, 2))
        if (Exit.isFailure(exit)) return { pulled, interrupted }
        if (Option.isSome(exit.value)) pulled.push(...exit.value.value)
        else {
          interrupted++
          yield* Effect.sleep(40)
        }
      }
    })
  )

const { saying, told } = hearWarnings()

describe.each(places)("streams of the Effect door, $isolation", ({ isolation }) => {
  const scope = Scope.makeUnsafe()
  const made = Pool.make({ workers: 1, isolation, logger: false }).pipe(
    Scope.provide(scope),
    Effect.cached,
    Effect.runSync
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.live("lose nothing to a pull that is interrupted: the next one has it", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const inputs = upTo(6).map((n) => ({ n, ms: 20 }))
      const squares = upTo(6).map((n) => n * n)
      const streams = [
        pool.stream(slowSquare, inputs, { chunkSize: 1 }),
        Stream.map(pool.outcomes(slowSquare, inputs, { chunkSize: 1 }), (each) =>
          each._tag === "Succeeded" ? each.value : undefined
        ),
        Stream.unwrap(Effect.map(pool.submitAll(slowSquare, inputs), (all) => Handle.asCompleted(all))).pipe(
          Stream.mapEffect((handle) => handle.await)
        ),
        Pipeline.make("squares").stage("square", slowSquare, { pool, chunkSize: 1 }).toStream(inputs)
      ]
      for (const stream of streams) {
        // On a machine that stands still at the wrong moment, all is there before it is pulled.
        for (let tries = 1, interrupted = 0; interrupted === 0; tries++) {
          expect(tries).toBeLessThan(20)
          const pulling = yield* pulledImpatiently(stream)
          expect(pulling.pulled).toEqual(squares)
          interrupted = pulling.interrupted
        }
      }
      expect((yield* pulledImpatiently(pool.partials(countsSlowly, 30))).pulled.map(({ i }) => i)).toEqual(upTo(30))
    })
  )

  it.effect.each([
    [{ [Symbol.iterator]: () => ({ next: async () => ({ done: false, value: 1 }) }) }, /a promise, which is no step/],
    [{ [Symbol.iterator]: () => ({ nxt: 1 }) }, /\{ nxt: 1 \}, which is no iterator/],
    [{ [Symbol.asyncIterator]: async () => ({}) }, /a promise, which is no iterator/]
  ] as ReadonlyArray<[object, RegExp]>)("die of an iterator that is none: %o", ([inputs, message]) =>
    Effect.gen(function* () {
      const pool = yield* made
      const died = Exit.die(expect.objectContaining({ message: expect.stringMatching(message) }))
      expect(yield* Effect.exit(Stream.runDrain(pool.stream(square, inputs as Iterable<number>)))).toEqual(died)
      expect(yield* Effect.exit(pool.map(square, inputs as Iterable<number>))).toEqual(died)
    })
  )

  it.effect("fail with what a finalizer of their inputs dies of, also at the very end", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const defect = new Error("the finalizer's own")
      const inputs = Stream.ensuring(Stream.make(1, 2, 3), Effect.die(defect))
      const seen: Array<number> = []
      const reading = Stream.runForEach(pool.stream(square, inputs), (value) => Effect.sync(() => seen.push(value)))
      expect(yield* Effect.exit(reading)).toEqual(Exit.die(defect))
      expect(seen).toEqual([1, 4, 9])
      expect(yield* Effect.exit(pool.map(square, inputs))).toEqual(Exit.die(defect))
    })
  )

  it.live("of values and of outcomes fail of options that are wrong, typed, and read no input", () =>
    Effect.gen(function* () {
      const pool = yield* made
      let read = 0
      const inputs = Stream.fromEffectRepeat(Effect.sync(() => ++read))
      const wrong = { chunkSize: 0 }
      expect(yield* Effect.flip(Stream.runDrain(pool.stream(square, inputs, wrong)))).toBeInstanceOf(InvalidOptions)
      expect(yield* Effect.flip(Stream.runDrain(pool.outcomes(square, inputs, wrong)))).toBeInstanceOf(InvalidOptions)
      expect(read).toBe(0)
    })
  )

  it.live("warn of what inputs had failed with ahead of a reader who left, in its own words", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const first = (inputs: Stream.Stream<number, string>) =>
        pool.stream(square, inputs).pipe(
          Stream.tap(() => Effect.sleep(40)),
          Stream.take(1),
          Stream.runCollect
        )
      expect(yield* first(Stream.concat(Stream.make(1, 2, 3), Stream.fail("no more rows")))).toEqual([1])
      expect(yield* first(Stream.concat(Stream.make(1, 2, 3), Stream.fromEffect(Effect.interrupt)))).toEqual([1])
      yield* Effect.promise(told)
      expect(saying(/inputs of pool\.stream/)).toHaveLength(1)
      expect(
        saying(/inputs of pool\.stream\(square\) failed when nobody read them any more\. .*no more rows/)
      ).toHaveLength(1)
    })
  )
})
