/** Where wrong options were given: of a check that runs inside an Effect, or deep in a call, V8's stack tells nothing. */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createPool, explain, Pool } from "holdfast"
import { expect } from "vitest"
import { square } from "../fixtures/plain.ts"

const timeout = "10 parsecs" as never

/** Line of this file, and what else a stack has below its message. */
const told = (error: Error): { line: number; own: boolean } => ({
  line: Number(/called from\n.*wrong-options\.test\.ts:(\d+)/.exec(error.stack ?? "")?.[1]),
  own: /names\.js|packages\/supervisor|node_modules\/effect/.test(error.stack ?? "")
})

const lineHere = (): number => Number(/test\.ts:(\d+)/.exec(new Error("here").stack?.split("\n")[2] ?? "")?.[1])

describe("wrong options", () => {
  it.effect("lead to the call of the Effect door that gave them", () =>
    Effect.gen(function* () {
      const pool = yield* Pool.make({ workers: 1, isolation: "inline", logger: false })
      const handle = yield* pool.submit(square, 2)
      const first = lineHere()
      const calls = [
        pool.run(square, 2, { timeout }),
        pool.map(square, [2], { timeout }),
        Stream.runDrain(pool.stream(square, [2], { timeout })),
        Stream.runDrain(pool.partials(square, 2, { timeout })),
        pool.broadcast(square, 2, { timeout }),
        Effect.flatMap(pool.submit(square, 2, { timeout }), (wrong) => wrong.await),
        pool.resize(-1),
        pool.dump({ within: timeout }),
        pool.close({ drainTimeout: timeout }),
        handle.wait(timeout),
        Pool.make({ workers: -1 }),
        Effect.provide(Effect.void, Pool.layer({ workers: -1 }))
      ]
      for (const [at, call] of calls.entries()) {
        const error = (yield* Effect.flip(call as Effect.Effect<unknown, Error>)) as Error
        expect(error).toMatchObject({ _tag: "InvalidOptions" })
        expect(told(error), error.stack).toEqual({ line: first + 2 + at, own: false })
        expect(explain(error, { colours: false })).toContain(`wrong-options.test.ts:${first + 2 + at}:`)
      }
    }).pipe(Effect.scoped)
  )

  it("lead to the call of the Promise door, however deep its stack", async () => {
    await using pool = await createPool({ workers: 1, isolation: "inline", logger: false })
    const first = lineHere()
    const calls = [
      () => pool.run(square, 2, { timeout }),
      () => pool.settle(square, [2], { timeout }),
      () => pool.submit(square, 2, { timeout }).result()
    ]
    const limit = Error.stackTraceLimit
    for (const [at, call] of calls.entries()) {
      Error.stackTraceLimit = 4
      const error = await call().catch((thrown: Error) => thrown)
      Error.stackTraceLimit = limit
      expect(told(error as Error)).toEqual({ line: first + 2 + at, own: false })
    }
  })
})
