/**
 * What inputs fail with ahead of a reader on the Effect door who has left: told as what they threw, not as its carrier.
 * And what is told once is not told again: the end of a pool whose own values are the inputs.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Pool } from "holdfast"
import { describe, expect, it } from "vitest"
import { passesGate } from "../fixtures/gated.ts"
import { square } from "../fixtures/plain.ts"
import { notFive } from "../fixtures/staged.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo } from "./places.ts"
import { hearWarnings } from "./warnings.ts"

const { saying, told } = hearWarnings()

const broken = new Error("the inputs' own")

/** Two numbers, then a failure, of which `failed` is told. */
const kinds: ReadonlyArray<[string, (failed: () => void) => Stream.Stream<number, Error>]> = [
  [
    "a Stream",
    (failed) => {
      const fail = Effect.flatMap(Effect.sync(failed), () => Effect.fail(broken))
      return Stream.concat(Stream.make(1, 2), Stream.fromEffect(fail))
    }
  ],
  [
    "a generator",
    (failed) => {
      function* numbers(): Generator<number> {
        yield* [1, 2]
        failed()
        throw broken
      }
      return numbers() as never
    }
  ],
  [
    "an async generator",
    (failed) => {
      async function* numbers(): AsyncGenerator<number> {
        yield* [1, 2]
        failed()
        throw broken
      }
      return numbers() as never
    }
  ]
]

describe.each(places)("inputs that failed ahead of a reader who left, $isolation", ({ isolation }) => {
  it.each(kinds)("on the Effect door are warned of with their own error: %s", async (_, inputs) => {
    let failed = false
    const read = Effect.gen(function* () {
      const pool = yield* Pool.make({ workers: 1, isolation, logger: false })
      const failing = inputs(() => {
        failed = true
      })
      const untilFailed = Effect.promise(() => eventually(() => expect(failed).toBe(true)))
      yield* pool.stream(square, failing, { lookAhead: 8 }).pipe(
        Stream.tap(() => untilFailed),
        Stream.take(1),
        Stream.runDrain
      )
    })
    await Effect.runPromise(Effect.scoped(read))
    await eventually(() => expect(saying(/pool\.stream\(square\).*Error: the inputs' own/s)).toHaveLength(1))
    expect(saying(/InputCause/)).toEqual([])
  })
})

describe.each(places)("a pool whose own values are the inputs of another call, $isolation", (place) => {
  it.each(["close", "terminate"] as const)("tells of its end once: %s", async (end) => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 4, drainTimeout: 0 })
    const jobs = upTo(3).map((n) => ({ file, n, free: n === 0 }))
    const values = pool.via(square)(pool.via(passesGate)(jobs))[Symbol.asyncIterator]()
    expect(await values.next()).toEqual({ done: false, value: 0 })
    const next = failureOf(values.next())
    await eventually(() => expect(linesOf(file)).toHaveLength(3))
    await pool[end]()
    expect(await next).toMatchObject({ _tag: "PoolClosed" })
    await told()
    expect(saying(/./)).toEqual([])
  })

  it("tells of none of its jobs' failures to a reader who has left", async () => {
    await using pool = await openIn(place, { workers: 2 })
    const failed = (async () => {
      for await (const { _tag } of pool.events) if (_tag === "JobFailed") return
    })()
    const values = pool
      .via(square)(pool.via(notFive)([0, 5, 6]))
      [Symbol.asyncIterator]()
    expect(await values.next()).toEqual({ done: false, value: 0 })
    await failed
    // What is carried to the reader of the values is there as well.
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    // One who leaves is told of a failure that has come so far.
    await values.return?.().catch((error) => expect(error).toMatchObject({ _tag: "TaskThrew" }))
    await told()
    expect(saying(/./)).toEqual([])
  })
})
