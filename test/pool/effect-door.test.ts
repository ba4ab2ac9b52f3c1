import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Executor, jobOf, Pool } from "holdfast"
import { sleepsUntilInterrupted } from "../fixtures/effects.ts"
import { throws, throwsFor } from "../fixtures/faulty.ts"
import { note, slowSquare, square } from "../fixtures/plain.ts"
import { failsWithText, failsWithTypeError, Gone, gone } from "../fixtures/typed.ts"
import { eventually, linesOf, places, scratchFile, upTo } from "./places.ts"

/** A call's one failure; fails where it succeeds, dies or is interrupted. */
const failureOf = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<E> => Effect.flip(effect) as Effect.Effect<E>

/** What a call died of. */
const defectOf = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<unknown> =>
  Effect.map(Effect.exit(effect), (exit) => {
    const die = Exit.isFailure(exit) ? exit.cause.reasons.find(Cause.isDieReason) : undefined
    return die?.defect ?? exit
  })

const noted = (file: string, lines: ReadonlyArray<string>) =>
  Effect.promise(() => eventually(() => expect(linesOf(file)).toEqual(lines)))

describe.each(places)("the Effect door, $isolation", ({ isolation }) => {
  // One for all of these scenarios: starting it takes longer than most of them.
  const scope = Scope.makeUnsafe()
  const made = Pool.make({ workers: 2, isolation, logger: false, killGrace: "30 seconds" }).pipe(
    Scope.provide(scope),
    Effect.cached,
    Effect.runSync
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.effect("runs, maps, settles and streams, also where a test stops the clock", () =>
    Effect.gen(function* () {
      const pool = yield* made
      expect(yield* pool.run(square, 7)).toBe(49)
      expect(yield* pool.map(square, new Set([1, 2, 3]))).toEqual([1, 4, 9])
      expect((yield* pool.settle(square, upTo(3))).map(({ _tag }) => _tag)).toEqual(upTo(3).map(() => "Succeeded"))
      expect(yield* Stream.runCollect(pool.stream(square, upTo(50)))).toEqual(upTo(50).map((n) => n * n))
      const unordered = yield* Stream.runCollect(pool.stream(square, upTo(50), { ordered: false }))
      expect(unordered.toSorted((a, b) => a - b)).toEqual(upTo(50).map((n) => n * n))
      expect(yield* pool.map(square, [])).toEqual([])
      expect(pool.workers).toHaveLength(2)
    })
  )

  it.effect("does nothing before a call is run, and runs it anew each time", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const file = scratchFile()
      const run = pool.run(note, { file, n: 1 })
      yield* pool.run(square, 1)
      expect(linesOf(file)).toEqual([])
      yield* run
      yield* run
      expect(linesOf(file)).toEqual(["1", "1"])
    })
  )

  it.live("gives handles that are awaited, polled, waited for and cancelled", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const handle = yield* pool.submit(slowSquare, { n: 3, ms: 60 }, { key: "three" })
      expect(yield* handle.wait("60 days")).toBe(true)
      expect(yield* handle.await).toBe(9)
      expect(handle.status).toBe("settled")
      expect(Option.getOrThrow(yield* handle.poll)).toMatchObject({
        _tag: "Succeeded",
        value: 9,
        job: { key: "three" }
      })
      const file = scratchFile()
      const other = yield* pool.submit(sleepsUntilInterrupted, file)
      expect(Option.isNone(yield* other.poll)).toBe(true)
      expect(yield* other.wait(1)).toBe(false)
      yield* noted(file, ["started"])
      yield* other.cancel("enough")
      expect(yield* failureOf(other.await)).toMatchObject({ _tag: "JobCancelled", cause: "enough" })
      yield* noted(file, ["started", "finalized"])
    })
  )

  it.effect("has failures in the error channel, caught by their tag", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const caught = pool
        .run(throws, "no")
        .pipe(Effect.catchTag("TaskThrew", (failure) => Effect.succeed(jobOf(failure)?.task)))
      expect(yield* caught).toBe("throws")
      const typed = yield* failureOf(pool.run(gone, 5))
      expect(typed).toBeInstanceOf(Gone)
      expect(yield* pool.run(gone, 5).pipe(Effect.catchTag("Gone", ({ id }) => Effect.succeed(id)))).toBe(5)
      expect(
        yield* failureOf(
          pool.map(
            throwsFor,
            upTo(9).map((n) => ({ n, bad: 4 }))
          )
        )
      ).toMatchObject({
        job: { index: 4, batch: { total: 9 } }
      })
    })
  )

  it.effect("has a task's own TypeError in the error channel, too: it is no misuse", () =>
    Effect.gen(function* () {
      const pool = yield* made
      expect(yield* failureOf(pool.run(failsWithTypeError, "mine"))).toBeInstanceOf(TypeError)
      expect(yield* failureOf(pool.map(failsWithTypeError, ["mine"]))).toMatchObject({ message: "mine" })
      expect(yield* failureOf(Stream.runCollect(pool.stream(failsWithTypeError, ["mine"])))).toBeInstanceOf(TypeError)
      expect(yield* failureOf(pool.run(failsWithText, "text"))).toBe("text")
    })
  )

  it.effect("takes misuse for a defect, in every call", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const calls = [
        pool.run(((n: number) => n) as never, 1),
        pool.map("square" as never, [1]),
        pool.map(square, "abc" as never),
        pool.settle(square, 5 as never),
        Stream.runCollect(pool.stream(square, 5 as never)),
        Stream.runCollect(pool.via(undefined as never)(Stream.make(1)))
      ]
      for (const call of calls) expect(yield* defectOf(call)).toBeInstanceOf(TypeError)
      expect(yield* pool.run(square, 2)).toBe(4)
    })
  )

  it.effect("reads Streams, and fails with what they fail with", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const three = Stream.make(1, 2, 3)
      expect(yield* pool.map(square, three)).toEqual([1, 4, 9])
      expect(yield* pool.settle(square, Stream.empty)).toEqual([])
      const broken = Stream.concat(three, Stream.fail("the stream's own" as const))
      expect(yield* failureOf(pool.map(square, broken))).toBe("the stream's own")
      expect(yield* failureOf(pool.settle(square, broken))).toBe("the stream's own")
      const seen: Array<number> = []
      const reading = Stream.runForEach(pool.stream(square, broken), (value) => Effect.sync(() => seen.push(value)))
      expect(yield* failureOf(reading)).toBe("the stream's own")
      expect(seen).toEqual([1, 4, 9])
      const dying = Stream.concat(three, Stream.die(new Error("a defect")))
      expect(yield* defectOf(pool.map(square, dying))).toMatchObject({ message: "a defect" })
    })
  )

  it.effect.each([0, 3, 5])("takes what an iterable throws at %s for a defect, the error itself", (at) =>
    Effect.gen(function* () {
      const pool = yield* made
      const broken = new Error("the iterable's own")
      function* inputs(): Generator<number> {
        for (let n = 0; n < at; n++) yield n
        throw broken
      }
      async function* later(): AsyncGenerator<number> {
        yield* inputs()
      }
      for (const make of [inputs, later]) {
        expect(yield* defectOf(pool.map(square, make()))).toBe(broken)
        expect(yield* defectOf(pool.settle(square, make()))).toBe(broken)
        const seen: Array<number> = []
        const reading = Stream.runForEach(pool.stream(square, make()), (value) => Effect.sync(() => seen.push(value)))
        expect(yield* defectOf(reading)).toBe(broken)
        expect(seen).toEqual(upTo(at).map((n) => n * n))
      }
    })
  )

  it.effect("closes its inputs when a reader takes no more, whatever they are", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const closed: Array<string> = []
      function* numbers(): Generator<number> {
        try {
          for (let n = 0; ; n++) yield n
        } finally {
          closed.push("generator")
        }
      }
      const waiting = Stream.concat(Stream.make(0, 1), Stream.never).pipe(
        Stream.ensuring(Effect.sync(() => closed.push("stream")))
      )
      for (const inputs of [numbers(), waiting]) {
        expect(yield* pool.stream(square, inputs as typeof waiting).pipe(Stream.take(2), Stream.runCollect)).toEqual([
          0, 1
        ])
      }
      yield* Effect.promise(() => eventually(() => expect(closed).toEqual(["generator", "stream"])))
    })
  )

  it.effect("chains stages by via, with their windows", () =>
    Effect.gen(function* () {
      const pool = yield* made
      let read = 0
      function* numbers(): Generator<number> {
        for (;;) yield read++
      }
      const stage = pool.via(square, { chunkSize: 1, lookAhead: 2 })
      const inputs = Stream.fromIterable(numbers(), { chunkSize: 1 })
      const values = yield* inputs.pipe(stage, stage, Stream.take(5), Stream.runCollect)
      expect(values).toEqual(upTo(5).map((n) => n ** 4))
      // Two stages, each with its window and what is on its way to the next.
      expect(read).toBeLessThanOrEqual(5 + 2 * (2 + 3))
    })
  )

  it.live("interrupted, interrupts the tasks: they run their finalizers, and the pool goes on", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const calls = [
        (file: string) => pool.run(sleepsUntilInterrupted, file),
        (file: string) => pool.map(sleepsUntilInterrupted, [file]),
        (file: string) => Stream.runDrain(pool.stream(sleepsUntilInterrupted, [file]))
      ]
      for (const call of calls) {
        const file = scratchFile()
        const fiber = yield* Effect.forkChild(call(file))
        yield* noted(file, ["started"])
        yield* Fiber.interrupt(fiber)
        expect(Exit.hasInterrupts(yield* Fiber.await(fiber))).toBe(true)
        yield* noted(file, ["started", "finalized"])
      }
      expect(yield* pool.map(square, [1, 2])).toEqual([1, 4])
      expect(pool.workers.map(({ restarts }) => restarts)).toEqual([0, 0])
    })
  )

  it.live("interrupted at any step of a call, leaves no job that nobody cancels", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const file = scratchFile()
      const calls = [
        pool.run(sleepsUntilInterrupted, file),
        pool.map(sleepsUntilInterrupted, [file]),
        Stream.runDrain(pool.stream(sleepsUntilInterrupted, [file])),
        Stream.runDrain(pool.partials(sleepsUntilInterrupted, file))
      ]
      // A fiber yields after so many steps, wherever it is, and may be interrupted there.
      for (const call of calls)
        for (const steps of upTo(30)) {
          const fiber = Effect.runFork(Effect.provideService(call, Scheduler.MaxOpsBeforeYield, steps + 2))
          yield* Fiber.interrupt(fiber)
        }
      yield* Effect.promise(() =>
        eventually(() => expect(pool.workers.map(({ state }) => state)).toEqual(["idle", "idle"]))
      )
    })
  )

  it.live("passed over by a timeout of Effect's, lets go of its jobs", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const file = scratchFile()
      const result = yield* pool.run(sleepsUntilInterrupted, file).pipe(Effect.timeoutOption("400 millis"))
      expect(Option.isNone(result)).toBe(true)
      yield* Effect.promise(() =>
        eventually(() => expect(pool.workers.map(({ state }) => state)).toEqual(["idle", "idle"]))
      )
    })
  )

  it.effect("is the Executor that a program was written against", () =>
    Effect.gen(function* () {
      const executor = yield* Executor
      expect(yield* executor.map(square, [1, 2, 3])).toEqual([1, 4, 9])
      expect(yield* Executor.use((each) => each.run(square, 4))).toBe(16)
    }).pipe(Effect.provide(Pool.layer({ workers: 1, isolation, logger: false })))
  )
})
