/** `lift`: the parallel version of a task, as a function of its inputs. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Pool } from "holdfast"
import { describe, expect, it } from "vitest"
import { throws, throwsFor } from "../fixtures/faulty.ts"
import { area, note, power, square } from "../fixtures/plain.ts"
import { failureOf, linesOf, places, scratchFile, sharedIn, upTo } from "./places.ts"

describe.each(places)("lift, $isolation", (place) => {
  const pair = sharedIn(place)

  it("gives a function that maps, as often as it is called", async () => {
    const squares = pair().lift(square)
    expect(await squares([1, 2, 3])).toEqual([1, 4, 9])
    expect(await squares(new Set([4]))).toEqual([16])
    expect(await squares([])).toEqual([])
    expect(await Promise.all(upTo(20).map((n) => squares([n, n + 1])))).toEqual(
      upTo(20).map((n) => [n ** 2, (n + 1) ** 2])
    )
  })

  it("takes tasks of several parameters, and what with has left of them", async () => {
    const pool = pair()
    expect(
      await pool.lift(power)([
        [2, 3],
        [3, 2]
      ])
    ).toEqual([8, 9])
    expect(await pool.lift(power.with(2))([[4], [5]])).toEqual([16, 32])
    expect(await pool.lift(area.with({ width: 3 }))([{ height: 2 }])).toEqual([6])
  })

  it("runs nothing before it is called", async () => {
    const file = scratchFile()
    const noting = pair().lift(note)
    expect(await pair().run(square, 1)).toBe(1)
    expect(linesOf(file)).toEqual([])
    expect(await noting([{ file, n: 1 }])).toEqual([1])
    expect(linesOf(file)).toEqual(["1"])
  })

  it("gives its options to every call, and fails as map does", async () => {
    const collecting = pair().lift(throwsFor, { onFailure: "collect", key: ({ n }) => `n${n}` })
    const error = await failureOf(collecting(upTo(4).map((n) => ({ n, bad: 2 }))))
    expect(error).toMatchObject({ _tag: "TaskThrew", job: { key: "n2", index: 2 } })
    expect(await failureOf(pair().lift(throws)(["no"]))).toMatchObject({ _tag: "TaskThrew" })
  })

  it("tells what is wrong with it once it is called: lift itself never throws", async () => {
    const wrong = pair().lift(square, { chunksize: 4 } as never)
    const error = await failureOf(wrong([1]))
    expect(error).toMatchObject({ _tag: "InvalidOptions" })
    expect(String(error)).toMatch(/pool\.lift\(square\).*chunksize.*chunkSize/s)
    expect(await failureOf(pair().lift((() => 1) as never)([1]))).toMatchObject({ name: "TypeError" })
    expect(await failureOf(pair().lift(square)(5 as never))).toMatchObject({ name: "TypeError" })
  })

  it("gives Effects on the Effect door, of iterables and Streams", async () => {
    const program = Effect.gen(function* () {
      const pool = yield* Pool.make({ workers: 1, isolation: place.isolation, logger: false })
      const squares = pool.lift(square)
      expect(yield* squares([1, 2])).toEqual([1, 4])
      expect(yield* squares(Stream.make(3, 4))).toEqual([9, 16])
      expect(yield* Effect.flip(squares(Stream.fail("none" as const)))).toBe("none")
      expect(yield* Effect.flip(pool.lift(square, { retry: -1 })([1]))).toMatchObject({ _tag: "InvalidOptions" })
    })
    await Effect.runPromise(Effect.scoped(program))
  })
})
