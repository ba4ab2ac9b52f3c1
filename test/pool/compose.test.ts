/** `pool.via` and streams of streams, on both doors: what they give, and how far ahead they read. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Pool } from "holdfast"
import { describe, expect, it } from "vitest"
import { addOne, double, words } from "../fixtures/staged.ts"
import { eventually, places, sharedIn, standsStill, upTo, valuesOf } from "./places.ts"

const endless = () => {
  const facts = { read: 0, closed: 0 }
  function* numbers(): Generator<number> {
    try {
      for (;;) yield facts.read++
    } finally {
      facts.closed++
    }
  }
  return { facts, numbers }
}

/** One chunk on its way for each stage, and one with each reader. */
const bounds = { chunkSize: 1, lookAhead: 2 } as const
const FARTHEST = 3 * 2 + 2

describe.each(places)("composed streams, $isolation", (place) => {
  const pool = sharedIn(place)

  it("give what the stages would one after another", async () => {
    const expected = upTo(300).map((n) => `n${(n + 1) * 2}`)
    expect(await valuesOf(pool().stream(words, pool().stream(double, pool().stream(addOne, upTo(300)))))).toEqual(
      expected
    )
    const piped = pool().via(words)(pool().via(double)(pool().via(addOne)(upTo(300))))
    expect(await valuesOf(piped)).toEqual(expected)
  })

  it.each(["stream", "via"] as const)("hold back for a slow reader, by %s", async (how) => {
    const { facts, numbers } = endless()
    const p = pool()
    const stream =
      how === "stream"
        ? p.stream(words, p.stream(double, p.stream(addOne, numbers(), bounds), bounds), bounds)
        : p.via(words, bounds)(p.via(double, bounds)(p.via(addOne, bounds)(numbers())))
    let taken = 0
    let farthest = 0
    for await (const value of stream) {
      expect(value).toBe(`n${++taken * 2}`)
      await eventually(() => expect(facts.read).toBeGreaterThan(taken))
      farthest = Math.max(farthest, (await standsStill(() => facts.read)) - taken)
      if (taken === 25) break
    }
    expect(farthest).toBeLessThanOrEqual(FARTHEST)
    await eventually(() => expect(facts.closed).toBe(1))
  })

  it("hold back for a slow reader on the Effect door, and end with it", async () => {
    const { facts, numbers } = endless()
    let taken = 0
    let farthest = 0
    const program = Effect.gen(function* () {
      const p = yield* Pool.make({ workers: 2, isolation: place.isolation, logger: false })
      const values = yield* Stream.fromIterable(numbers(), { chunkSize: 1 }).pipe(
        // An iterable's own iterator is left open by Effect.
        Stream.ensuring(Effect.sync(() => facts.closed++)),
        p.via(addOne, bounds),
        p.via(double, bounds),
        p.via(words, bounds),
        Stream.tap(() =>
          Effect.promise(async () => {
            taken++
            farthest = Math.max(farthest, (await standsStill(() => facts.read)) - taken)
          })
        ),
        Stream.take(25),
        Stream.runCollect
      )
      const nested = p.stream(double, p.stream(addOne, upTo(50)))
      return { values, nested: yield* Stream.runCollect(nested) }
    }).pipe(Effect.scoped)
    const { values, nested } = await Effect.runPromise(program)
    expect(values).toEqual(upTo(25).map((n) => `n${(n + 1) * 2}`))
    expect(nested).toEqual(upTo(50).map((n) => (n + 1) * 2))
    // A chunk of Effect's own is on its way between any two of them.
    expect(farthest).toBeLessThanOrEqual(FARTHEST + 6)
    await eventually(() => expect(facts.closed).toBe(1))
  })
})
