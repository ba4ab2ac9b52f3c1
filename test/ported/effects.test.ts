/**
 * What is the Effect door's alone, under the cases of `collection.test.ts`: fibers that are interrupted, Scopes that
 * close around what runs, Streams that are taken from, timed out, merged, or fed while they are read.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { fractionRead, Pool } from "holdfast"
import { afterAll, describe, expect, it } from "vitest"
import { readable } from "../../packages/supervisor/src/doors/effect-inputs.ts"
import { sourceOf } from "../../packages/supervisor/src/scheduler/source-of.ts"
import { waitsUntilCancelled } from "../fixtures/cancellable.ts"
import { throwsFor } from "../fixtures/faulty.ts"
import { note, slowSquare, square } from "../fixtures/plain.ts"
import { gone } from "../fixtures/typed.ts"
import { eventually, linesOf, places, scratchFile, upTo } from "../pool/places.ts"

const squares = (count: number): Array<number> => upTo(count).map((n) => n * n)
const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(effect)

describe.each(places)("the Effect door under load, $isolation", ({ isolation }) => {
  const options = { workers: 2, isolation, logger: false, killGrace: 50 } as const
  const scope = Scope.makeUnsafe()
  const made = Pool.make(options).pipe(Scope.provide(scope), Effect.cached, Effect.runSync)
  afterAll(() => run(Scope.close(scope, Exit.void)))

  const idle = (pool: Pool.Pool) =>
    Effect.promise(() => eventually(() => expect(pool.workers.map(({ state }) => state)).toEqual(["idle", "idle"])))

  it("fibers that are interrupted by the thousand leave no job behind, waiting or running", () =>
    run(
      Effect.gen(function* () {
        const pool = yield* made
        const fibers = yield* Effect.forEach(upTo(3_000), () =>
          Effect.forkChild(pool.run(waitsUntilCancelled, undefined))
        )
        yield* Effect.promise(() => eventually(() => expect(pool.workers.map(({ state }) => state)).toContain("busy")))
        yield* Fiber.interruptAll(fibers)
        const exits = yield* Effect.forEach(fibers, Fiber.await)
        expect(exits.filter((exit) => !Exit.hasInterrupts(exit))).toEqual([])
        yield* idle(pool)
        expect((yield* pool.dump()).queue).toMatchObject({ queued: 0, running: 0 })
        expect(yield* pool.map(square, upTo(5))).toEqual(squares(5))
      })
    ))

  it("fibers of a Scope end with it, and their jobs with them", () =>
    run(
      Effect.gen(function* () {
        const pool = yield* made
        yield* Effect.scoped(
          Effect.gen(function* () {
            for (const _ of upTo(20)) yield* Effect.forkScoped(pool.run(waitsUntilCancelled, undefined))
            yield* Effect.forkScoped(Stream.runDrain(pool.stream(waitsUntilCancelled, [undefined, undefined])))
            yield* Effect.yieldNow
          })
        )
        yield* idle(pool)
      })
    ))

  it("an endless Stream is closed where take, takeUntil or a failure further down is content", () =>
    run(
      Effect.gen(function* () {
        const pool = yield* made
        let open = 0
        const numbers = Stream.range(0, Number.MAX_SAFE_INTEGER).pipe(
          Stream.onStart(Effect.sync(() => open++)),
          Stream.ensuring(Effect.sync(() => open--))
        )
        const values = pool.stream(square, numbers, { chunkSize: 1 })
        expect(yield* Stream.runCollect(Stream.take(values, 3))).toEqual([0, 1, 4])
        expect(yield* Stream.runCollect(Stream.take(values, 0))).toEqual([])
        expect(yield* Stream.runCollect(Stream.takeUntil(values, (n) => n === 9))).toEqual([0, 1, 4, 9])
        const failing = values.pipe(
          Stream.mapEffect((n) => (n > 20 ? Effect.fail("enough" as const) : Effect.succeed(n))),
          Stream.runDrain
        )
        expect(yield* Effect.flip(failing)).toBe("enough")
        expect(yield* pool.via(gone)(numbers).pipe(Stream.runDrain, Effect.flip)).toMatchObject({ _tag: "Gone" })
        yield* Effect.promise(() => eventually(() => expect(open).toBe(0)))
        yield* idle(pool)
      })
    ))

  it("calls within a Stream, so many at once, keep its order and end with its first failure", () =>
    run(
      Effect.gen(function* () {
        const pool = yield* made
        const fourth = pool.stream(square, Stream.range(0, 49)).pipe(
          Stream.mapEffect((n) => pool.run(square, n), { concurrency: 8 }),
          Stream.runCollect
        )
        expect(yield* fourth).toEqual(upTo(50).map((n) => n ** 4))
        const some = Effect.forEach(upTo(200), (n) => pool.run(throwsFor, { n, bad: 50 }), { concurrency: "unbounded" })
        expect(yield* Effect.flip(some)).toMatchObject({ _tag: "TaskThrew", cause: { message: "bad 50" } })
        const both = Stream.merge(pool.stream(square, upTo(30)), pool.stream(square, Stream.range(0, 29)))
        expect((yield* Stream.runCollect(both)).length).toBe(60)
        yield* idle(pool)
      })
    ))

  it("what loses a race, or is timed out, is cancelled; a handle that is no longer awaited is not", () =>
    run(
      Effect.gen(function* () {
        const pool = yield* made
        expect(yield* Effect.race(pool.run(waitsUntilCancelled, undefined), pool.run(square, 5))).toBe(25)
        const late = Effect.timeoutOption(pool.map(waitsUntilCancelled, [undefined, undefined, undefined]), 50)
        expect(Option.isNone(yield* late)).toBe(true)
        yield* idle(pool)
        const handle = yield* pool.submit(slowSquare, { n: 3, ms: 100 })
        expect(Option.isNone(yield* Effect.timeoutOption(handle.await, 1))).toBe(true)
        expect(yield* handle.await).toBe(9)
      })
    ))

  it("a Queue that is fed while it is read, and one that is interrupted while it waits, is let go of", () =>
    run(
      Effect.gen(function* () {
        const pool = yield* made
        const queue = yield* Queue.make<number, Cause.Done>()
        const reading = yield* Effect.forkChild(Stream.runCollect(pool.stream(square, Stream.fromQueue(queue))))
        yield* Queue.offerAll(queue, [1, 2, 3])
        yield* Queue.end(queue)
        expect(yield* Fiber.join(reading)).toEqual([1, 4, 9])

        for (const call of [
          (inputs: Stream.Stream<number>) => pool.map(square, inputs),
          (inputs: Stream.Stream<number>) => Stream.runDrain(pool.stream(square, inputs))
        ]) {
          let state = "not open"
          const waiting = Stream.concat(Stream.make(1), Stream.never).pipe(
            Stream.onStart(Effect.sync(() => (state = "open"))),
            Stream.ensuring(Effect.sync(() => (state = "closed")))
          )
          const fiber = yield* Effect.forkChild(call(waiting))
          yield* Effect.promise(() => eventually(() => expect(state).toBe("open")))
          yield* Fiber.interrupt(fiber)
          yield* Effect.promise(() => eventually(() => expect(state).toBe("closed")))
        }
      })
    ))

  it.each([
    ["ends well lets a stream come to its end", Effect.void, { _tag: "Success", value: upTo(20) }],
    ["fails ends a stream at once", Effect.fail("over"), { _tag: "Failure" }]
  ])("a Scope that %s", async (_, ends, expected) => {
    const file = scratchFile()
    const jobs = upTo(20).map((n) => ({ file, n, ms: 20 }))
    let reading: Fiber.Fiber<ReadonlyArray<number>, unknown> | undefined
    const program = Effect.gen(function* () {
      const pool = yield* Pool.make(options)
      reading = yield* Effect.forkDetach(Stream.runCollect(pool.stream(note, jobs, { chunkSize: 1 })))
      yield* Effect.promise(() => eventually(() => expect(linesOf(file).length).toBeGreaterThan(0)))
      yield* ends
    })
    await run(Effect.exit(Effect.scoped(program)))
    const exit = await run(Fiber.await(reading ?? expect.unreachable()))
    expect(exit).toMatchObject(expected)
    if (Exit.isFailure(exit)) expect(Cause.squash(exit.cause)).toMatchObject({ _tag: "PoolClosed" })
  })
})

it.each([Symbol.iterator, Symbol.asyncIterator])(
  "inputs that tell how much of them has been read go on telling",
  (kind) => {
    const told = { [kind]: () => upTo(10).values(), [fractionRead]: 0.5 }
    const source = sourceOf(readable(told, Context.empty()), "pool.map(square)", () => undefined)
    source.want(1)
    return eventually(() => {
      source.take(1)
      expect(source.expected).toBeGreaterThan(1)
      source.close()
    })
  }
)
