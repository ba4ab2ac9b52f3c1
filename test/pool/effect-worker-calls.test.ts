/** Partial results, broadcasts and the workers' stores behind the Effect door. */
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Pool } from "holdfast"
import { counts, endless, failsAfterTwo } from "../fixtures/generators.ts"
import { square } from "../fixtures/plain.ts"
import { eventually, linesOf, places, scratchFile, upTo } from "./places.ts"

describe.each(places)("the Effect door's calls about workers, $isolation", ({ isolation }) => {
  const scope = Scope.makeUnsafe()
  const made = Pool.make({ workers: 2, isolation, logger: false, killGrace: "30 seconds" }).pipe(
    Scope.provide(scope),
    Effect.cached,
    Effect.runSync
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.effect("stream what a job yields, and fail as it does", () =>
    Effect.gen(function* () {
      const pool = yield* made
      expect(yield* Stream.runCollect(pool.partials(counts, 100))).toEqual(upTo(100))
      const seen: Array<number> = []
      const failure = yield* Effect.flip(
        Stream.runForEach(pool.partials(failsAfterTwo, 3), (n) => Effect.sync(() => seen.push(n)))
      )
      expect(failure).toMatchObject({ _tag: "TaskThrew" })
      expect(seen).toEqual([3, 4])
    })
  )

  it.effect("end a job whose values nobody takes any more", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const file = scratchFile()
      expect(yield* Stream.runCollect(Stream.take(pool.partials(endless, file), 5))).toEqual(upTo(5))
      yield* Effect.promise(() => eventually(() => expect(linesOf(file)).toHaveLength(1)))
    })
  )

  it.effect("broadcast, push, pull, scatter and gather", () =>
    Effect.gen(function* () {
      const pool = yield* made
      expect(yield* pool.broadcast(square, 3)).toEqual([9, 9])
      yield* pool.push({ limit: 5 })
      expect(yield* pool.pull<number>("limit")).toEqual([5, 5])
      yield* pool.scatter("part", upTo(5))
      expect(yield* pool.pull("part")).toEqual([
        [0, 1, 2],
        [3, 4]
      ])
      expect(yield* pool.gather("part")).toEqual(upTo(5))
    })
  )

  it.effect("fail with NotInStore, or die of misuse", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const missing = yield* Effect.catchTag(pool.pull("nobody's"), "NotInStore", ({ key }) => Effect.succeed(key))
      expect(missing).toBe("nobody's")
      expect(yield* Effect.flip(pool.push({ f: () => 1 }))).toMatchObject({ _tag: "NotSerializable" })
      expect(Exit.hasDies(yield* Effect.exit(pool.scatter("x", 1 as never)))).toBe(true)
    })
  )
})
