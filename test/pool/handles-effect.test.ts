/** Handles on the Effect door: one, many, and what can be asked of them together. */
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Handle, Pool } from "holdfast"
import { throws, waitsForever } from "../fixtures/faulty.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { Gone, gone } from "../fixtures/typed.ts"
import { places, upTo } from "./places.ts"

const defectOf = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<unknown> =>
  Effect.map(Effect.exit(effect), (exit) =>
    Exit.isFailure(exit) ? exit.cause.reasons.find(Cause.isDieReason)?.defect : exit
  )

describe.each(places)("handles of Effects, $isolation", ({ isolation }) => {
  const scope = Scope.makeUnsafe()
  const made = Pool.make({ workers: 2, isolation, logger: false, killGrace: 50 }).pipe(
    Scope.provide(scope),
    Effect.cached,
    Effect.runSync
  )
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.live("are submitted together, and awaited together", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const handles = yield* pool.submitAll(square, new Set([1, 2, 3]), { key: (n) => `k${n}` })
      expect(yield* Handle.all(handles)).toEqual([1, 4, 9])
      expect(handles.map(({ job, status }) => [job.key, job.index, status])).toEqual(
        upTo(3).map((at) => [`k${at + 1}`, at, "settled"])
      )
      expect(yield* handles[2]?.poll ?? Effect.succeed(Option.none())).toMatchObject({ value: { value: 9 } })
    })
  )

  it.live("come as completed, as a Stream that may be left early", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const slow = yield* pool.submit(waitsForever, undefined)
      const handles = yield* pool.submitAll(slowSquare, [
        { n: 1, ms: 1 },
        { n: 2, ms: 1 }
      ])
      const seen = yield* Handle.asCompleted([slow, ...handles]).pipe(Stream.take(2), Stream.runCollect)
      expect(new Set(seen)).toEqual(new Set(handles))
      expect(slow.status).not.toBe("settled")
      yield* slow.cancel("enough")
      const all = yield* Stream.runCollect(Handle.asCompleted([slow, ...handles, slow]))
      expect(all).toEqual([slow, ...handles])
    })
  )

  it.live("have a first, and a first that failed, with typed errors", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const slow = yield* pool.submit(waitsForever, undefined)
      const bad = yield* pool.submit(gone, 7)
      expect(yield* Handle.first([slow, bad])).toBe(bad)
      expect(yield* Handle.firstFailed([slow, bad])).toBe(bad)
      const error = yield* Effect.flip(Handle.all([slow, bad]))
      expect(error).toBeInstanceOf(Gone)
      expect(slow.status).not.toBe("settled")
      yield* slow.cancel()
      expect(yield* Handle.firstFailed(yield* pool.submitAll(square, [1, 2]))).toBeUndefined()
    })
  )

  it.live("are let go of when the waiting is interrupted: the jobs run on", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const handle = yield* pool.submit(slowSquare, { n: 3, ms: 60 })
      const waiting = yield* Effect.forkChild(Handle.all([handle]))
      const streaming = yield* Effect.forkChild(Stream.runDrain(Handle.asCompleted([handle])))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(streaming)
      expect(yield* handle.await).toBe(9)
    })
  )

  it.live("may be none", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const none = yield* pool.submitAll(square, [])
      expect(yield* Handle.all(none)).toEqual([])
      expect(yield* Handle.all(none).pipe(Effect.map((values) => values.length))).toBe(0)
      expect(yield* Handle.firstFailed(none)).toBeUndefined()
      expect(yield* Stream.runCollect(Handle.asCompleted(none))).toEqual([])
      expect(
        yield* Handle.asCompleted(none).pipe(
          Stream.map((handle) => handle.status),
          Stream.runCollect
        )
      ).toEqual([])
      expect(yield* defectOf(Handle.first(none))).toMatchObject({ name: "TypeError" })
    })
  )

  it.live("wait as long as they are told to, and refuse what is no duration", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const handle = yield* pool.submit(waitsForever, undefined)
      expect(yield* handle.wait(0)).toBe(false)
      expect(yield* handle.wait("20 millis")).toBe(false)
      expect(yield* Effect.flip(handle.wait("nonsense" as never))).toMatchObject({
        _tag: "InvalidOptions",
        message: expect.stringContaining('"nonsense"')
      })
      yield* handle.cancel("enough")
      expect(yield* handle.wait(0)).toBe(true)
      expect(yield* handle.wait("60 days")).toBe(true)
      expect(yield* Effect.flip(handle.await)).toMatchObject({ _tag: "JobCancelled", cause: "enough" })
    })
  )

  it.live("fail, typed, with InvalidOptions where the call was wrong; a wrong argument is a defect", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const wrong = yield* pool.submit(square, 1, { timeout: "soon" as never })
      const caught = wrong.await.pipe(
        Effect.catchTag("InvalidOptions", ({ problems }) => Effect.succeed(problems.length))
      )
      expect(yield* caught).toBe(1)
      const run = pool.run(square, 1, { retry: -1 }).pipe(Effect.catchTag("InvalidOptions", () => Effect.succeed(-1)))
      expect(yield* run).toBe(-1)
      expect(yield* Effect.flip(pool.settle(square, [1], { retry: -1 }))).toMatchObject({ _tag: "InvalidOptions" })
      expect(yield* Effect.flip(pool.close({ drainTimeout: "soon" as never }))).toMatchObject({
        _tag: "InvalidOptions"
      })
      const unreadable = yield* pool.submitAll(square, Stream.make(1) as never)
      expect(unreadable).toHaveLength(1)
      expect(yield* defectOf(Handle.all(unreadable))).toMatchObject({
        name: "TypeError",
        message: expect.stringContaining("Stream.runCollect")
      })
      const mixed = Handle.all([yield* pool.submit(throws, "x"), 5] as never) as unknown as Effect.Effect<unknown>
      expect(yield* defectOf(mixed)).toMatchObject({ name: "TypeError" })
    })
  )

  it.live("show where their job stands", () =>
    Effect.gen(function* () {
      const pool = yield* made
      const handle = yield* pool.submit(square, 4)
      expect(yield* handle.await).toBe(16)
      expect(JSON.parse(JSON.stringify(handle))).toMatchObject({ status: "settled", job: { task: "square" } })
      expect(String(Reflect.get(handle, Symbol.for("nodejs.util.inspect.custom")))).toContain("Handle")
    })
  )
})
