import { Executor, TaskContext } from "@holdfast/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { serviceKey } from "../../packages/core/src/ServiceKey.ts"

interface Clock {
  now(): number
}
const Clock = serviceKey<"Clock", Clock>("test/Clock")
const atNine: Clock = { now: () => 9 }

describe("a service key made without effect", () => {
  it("is an Effect that gives the service", async () => {
    const program = Effect.gen(function* () {
      const clock = yield* Clock
      return clock.now()
    })
    expect(await Effect.runPromise(Effect.provideService(program, Clock, atNine))).toBe(9)
    expect(
      await Effect.runPromise(
        Effect.provideService(
          Effect.map(Clock, (clock) => clock.now()),
          Clock,
          atNine
        )
      )
    ).toBe(9)
  })

  it("is provided by a Layer, and found in a Context", async () => {
    const clock = await Effect.runPromise(Effect.provide(Clock, Layer.succeed(Clock, atNine)))
    expect(clock).toBe(atNine)
    expect(Context.get(Context.make(Clock, atNine), Clock)).toBe(atNine)
  })

  it("has the shortcuts of Effect's own", async () => {
    const used = Effect.all([
      Clock.use((clock) => Effect.succeed(clock.now() + 1)),
      Clock.useSync((clock) => clock.now())
    ])
    expect(await Effect.runPromise(Effect.provideService(used, Clock, atNine))).toEqual([10, 9])
    expect(Clock.of(atNine)).toBe(atNine)
  })

  it("is the same service as one of Effect's own with its name", async () => {
    const theirs = Context.Service<"Clock", Clock>("test/Clock")
    expect(await Effect.runPromise(Effect.provideService(Clock, theirs, atNine))).toBe(atNine)
    expect(await Effect.runPromise(Effect.provideService(theirs, Clock, atNine))).toBe(atNine)
  })

  it("dies with its name where nobody provides it", async () => {
    const lost = Effect.runPromise(Clock as unknown as Effect.Effect<Clock>)
    await expect(lost).rejects.toThrow("Service not found: test/Clock")
  })

  it("names what core exports apart", () => {
    expect(new Set([Executor.key, TaskContext.key]).size).toBe(2)
  })
})
