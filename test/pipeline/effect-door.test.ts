/** Pipelines behind the Effect door: typed failures, interruption, pools of that door. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Pipeline, Pool } from "holdfast"
import { describe, expect, it } from "vitest"
import { addOne, double, forever, slowly } from "../fixtures/staged.ts"
import { gone } from "../fixtures/typed.ts"
import { eventually, upTo } from "../pool/places.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { accounted } from "./accounts.ts"

const inline = { isolation: "inline", logger: false, workers: 2 } as const

describe("a pipeline as a Stream", () => {
  it("takes a Stream, runs on pools of either door, and gives what comes out", async () => {
    const pipeline = Pipeline.make("effects")
      .stage("add", addOne)
      .filter("even", (n) => n % 2 === 0)
      .stage("double", double)
    const program = Effect.gen(function* () {
      const pool = yield* Pool.make(inline)
      const once = pipeline.toStream(Stream.fromIterable(upTo(10)), { pool })
      return [yield* Stream.runCollect(once), yield* Stream.runCollect(once)]
    }).pipe(Effect.scoped)
    const expected = [4, 8, 12, 16, 20]
    expect(await Effect.runPromise(program)).toEqual([expected, expected])
    accounted(pipeline.report(), { cancelled: 0 })
  })

  it("fails with a task's own typed error, and with what its inputs fail with", async () => {
    const typed = Pipeline.make("typed").stage("add", addOne).stage("gone", gone)
    const caught = typed.toStream([1, 2], { pool: inline }).pipe(
      Stream.catchTag("Gone", ({ id }) => Stream.make(`gone ${id}`)),
      Stream.runCollect
    )
    expect(await Effect.runPromise(caught)).toEqual([expect.stringMatching(/^gone [23]$/)])
    const failing = Pipeline.make("inputs")
      .stage("add", addOne)
      .toStream(Stream.fail("no inputs" as const), { pool: inline })
    expect(await Effect.runPromise(Stream.runCollect(failing).pipe(Effect.flip))).toBe("no inputs")
  })

  it("reports a typed failure that has no message by its name", async () => {
    const pipeline = Pipeline.make("typed").stage("gone", gone)
    await Effect.runPromise(Stream.runDrain(pipeline.toStream([1], { pool: inline })).pipe(Effect.flip))
    expect(String(pipeline.report())).toContain("failed in gone: Gone")
  })

  it("reports what its inputs failed with, as it is behind the Promise door", async () => {
    const broken = new Error("no more")
    const inputs = (function* () {
      yield 1
      throw broken
    })()
    for (const failing of [Stream.fail(broken), Stream.die(broken), inputs as never]) {
      const pipeline = Pipeline.make("reported").stage("add", addOne)
      await Effect.runPromise(Effect.exit(Stream.runCollect(pipeline.toStream(failing, { pool: inline }))))
      expect(pipeline.report().failure).toEqual({ stage: "its inputs", error: broken })
      expect(String(pipeline.report())).toContain("failed in its inputs: no more")
    }
  })

  it("gives up what is under way when it is interrupted, or read no further", async () => {
    const before = snapshotLeaks()
    const own = { workers: 2, logger: false } as const
    const pipeline = Pipeline.make("interrupted").stage("add", addOne).stage("forever", forever)
    const fiber = Effect.runFork(Stream.runCollect(pipeline.toStream(upTo(50), { pool: own })))
    await eventually(() => expect(pipeline.report().stages[1]?.in).toBeGreaterThan(0))
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(Exit.hasInterrupts(await Effect.runPromise(Fiber.await(fiber)))).toBe(true)
    accounted(pipeline.report())
    const taking = Pipeline.make("taken").stage("slowly", slowly)
    expect(
      await Effect.runPromise(taking.toStream(upTo(50), { pool: own }).pipe(Stream.take(3), Stream.runCollect))
    ).toEqual([0, 1, 2])
    expect(taking.report()).toMatchObject({ state: "ended" })
    accounted(taking.report())
    await expectNoLeaks(before)
  })
})
