import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { InvalidOptions, Pool } from "holdfast"
import { slowSquare, square, untilAborted } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { eventually, linesOf, places, scratchFile, upTo } from "./places.ts"

describe.each(places)("a pool in a scope, $isolation", ({ isolation }) => {
  const open = Pool.make({ workers: 2, isolation, logger: false, killGrace: "60 seconds" })
  const states = (pool: Pool.Pool): Array<string> => pool.workers.map(({ state }) => state)

  it.live("that ends well is closed: what is in, finishes", () =>
    Effect.gen(function* () {
      const [pool, handle] = yield* Effect.scoped(
        Effect.gen(function* () {
          const pool = yield* open
          return [pool, yield* pool.submit(slowSquare, { n: 4, ms: 50 })] as const
        })
      )
      expect(yield* handle.await).toBe(16)
      expect(states(pool)).toEqual(["gone", "gone"])
    })
  )

  it.live("that fails is terminated: what is in, fails", () =>
    Effect.gen(function* () {
      const file = scratchFile()
      const scope = yield* Scope.make()
      const pool = yield* Scope.provide(open, scope)
      const handle = yield* pool.submit(untilAborted, file)
      yield* Effect.promise(() => eventually(() => expect(linesOf(file)).toHaveLength(1)))
      yield* Scope.close(scope, Exit.fail("the program's own"))
      expect(yield* Effect.flip(handle.await)).toMatchObject({ _tag: "PoolClosed" })
      expect(states(pool)).toEqual(["gone", "gone"])
    })
  )

  it.live("that is interrupted is terminated, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const before = snapshotLeaks()
      const file = scratchFile()
      const program = Effect.scoped(Effect.flatMap(open, (pool) => pool.run(untilAborted, file)))
      const fiber = yield* Effect.forkChild(program)
      yield* Effect.promise(() => eventually(() => expect(linesOf(file)).toHaveLength(1)))
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => expectNoLeaks(before))
    })
  )

  it.effect("may be closed and terminated before its scope ends, again and again", () =>
    Effect.gen(function* () {
      const pool = yield* open
      yield* pool.close()
      yield* pool.close({ drainTimeout: 5 })
      yield* pool.terminate
      const calls: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        pool.run(square, 1),
        pool.map(square, [1]),
        Stream.runCollect(pool.stream(square, [1])),
        Effect.flatMap(pool.submit(square, 1), (handle) => handle.await)
      ]
      for (const call of calls) expect(yield* Effect.flip(call)).toMatchObject({ _tag: "PoolClosed" })
    })
  )

  it.effect("is refused with wrong options, typed, before anything starts", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(Effect.scoped(Pool.make({ workers: 1.5, isolation, restrat: 1 } as never)))
      expect(failure).toBeInstanceOf(InvalidOptions)
      expect(failure.problems.map(({ option }) => option).sort()).toEqual(["restrat", "workers"])
      expect(failure.message).toMatch(/^Pool\.make: 2 options are wrong/)
    })
  )

  it.live("has events as a Stream, which ends with the pool, and may be left", () =>
    Effect.gen(function* () {
      const pool = yield* open
      const all = yield* Effect.forkChild(Stream.runCollect(pool.events))
      const first = yield* Effect.forkChild(
        pool.events.pipe(
          Stream.filter(({ _tag }) => _tag === "BatchEnded"),
          Stream.take(1),
          Stream.runCollect
        )
      )
      // Listened to from when the fibers have begun.
      yield* Effect.yieldNow
      yield* Effect.sleep(1)
      expect(yield* pool.map(square, upTo(10))).toEqual(upTo(10).map((n) => n * n))
      expect(yield* Fiber.join(first)).toMatchObject([{ _tag: "BatchEnded", task: "square", succeeded: 10 }])
      yield* pool.close()
      const tags = (yield* Fiber.join(all)).map(({ _tag }) => _tag)
      expect(tags).toContain("BatchStarted")
      expect(tags.indexOf("BatchEnded")).toBeGreaterThan(tags.indexOf("JobsSucceeded"))
      expect(tags.indexOf("PoolClosing")).toBeGreaterThan(tags.indexOf("BatchEnded"))
      expect(tags.at(-1)).toBe("PoolClosed")
    })
  )
})
