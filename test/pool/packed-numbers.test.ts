/** Many numbers lie packed on their way to the workers and back: nobody is to see anything of it. */
import type { JobError } from "@holdfast/core"
import { describe, expect, it, onTestFinished } from "vitest"
import { exitsFirst, refuses, throwsFirst } from "../fixtures/first-attempts.ts"
import { echo, square } from "../fixtures/plain.ts"
import { failureOf, openIn, places, upTo } from "./places.ts"

type Options = NonNullable<Parameters<typeof openIn>[1]>

describe.each(places)("many numbers, $isolation", (place) => {
  const open = async (options: Options = {}) => {
    const pool = await openIn(place, { workers: 2, ...options })
    onTestFinished(() => pool.terminate())
    return pool
  }

  it("come back as they were, in a plain array", async () => {
    const pool = await open()
    const odd = [...upTo(3000), -0, Number.NaN, Number.POSITIVE_INFINITY, -1.5, 2 ** 53]
    const values = await pool.map(echo, odd)
    expect(Array.isArray(values)).toBe(true)
    expect(values).toEqual(odd)
    expect(Object.is(values[3000], -0)).toBe(true)
    expect(await pool.map(echo, Float32Array.from(upTo(1000)) as never)).toEqual(upTo(1000))
    expect((await pool.settle(square, upTo(600))).map((each) => each._tag === "Succeeded" && each.value)).toEqual(
      upTo(600).map((n) => n * n)
    )
  })

  it.each<[string, (n: number) => number]>([
    ["of 16 bits", (n) => n - 2000],
    ["of 32 bits", (n) => (n % 2 === 0 ? 2 ** 31 - 1 - n : n - 2 ** 31)],
    ["of more", (n) => n * 2 ** 31],
    ["whole but for one", (n) => (n === 3500 ? 0.5 : n)],
    ["with one -0", (n) => (n === 3500 ? -0 : n)],
    ["of 16 bits first, then of more and more", (n) => n ** (1 + Math.floor(n / 600))]
  ])("%s are the same afterwards, from an array, a typed one and a generator", async (_, numberOf) => {
    const pool = await open()
    const inputs = upTo(4000).map(numberOf)
    const iterated = function* () {
      yield* inputs
    }
    for (const given of [inputs, Float64Array.from(inputs) as never, iterated()]) {
      const values = await pool.map(echo, given)
      // Object.is, of each: toEqual would take the first of two that differ for all there is to say.
      expect(values.filter((value, at) => !Object.is(value, inputs[at]))).toEqual([])
      expect(values).toHaveLength(inputs.length)
    }
  })

  it("are those of the moment of the call, whatever becomes of the caller's array", async () => {
    const pool = await open()
    const inputs = upTo(2000)
    const values = pool.map(square, inputs)
    inputs.fill(-1)
    inputs.length = 5
    expect(await values).toEqual(upTo(2000).map((n) => n * n))
  })

  it.each([3000, 100, "auto"] as const)("are tried again with their own inputs, chunkSize %s", async (chunkSize) => {
    const pool = await open({ chunkSize, retry: { retries: 1, minTimeout: 1 } })
    expect(await pool.map(throwsFirst, upTo(3000))).toEqual(upTo(3000))
    expect(await pool.map(throwsFirst, upTo(3000), { key: (n) => `no. ${n}` })).toEqual(upTo(3000))
  })

  it.each(["static", "balanced"] as const)("are told of by their inputs, schedule %s", async (schedule) => {
    // So many that a thread would be handed their memory, were it all of it.
    const pool = await open({ schedule, chunkSize: 3000 })
    const failure = (await failureOf(pool.map(refuses, upTo(3000)))) as JobError
    expect(failure.job).toMatchObject({ index: 400, inputPreview: "400" })
    const outcomes = await pool.settle(refuses, upTo(3000))
    expect(outcomes.filter(({ _tag }) => _tag === "Failed").map(({ job }) => job.inputPreview)).toEqual(["400"])
    expect(outcomes[2999]).toMatchObject({ _tag: "Succeeded", value: 2999, job: { inputPreview: "2999" } })
  })
})

describe.each(places.filter(({ isolation }) => isolation !== "inline"))("a worker's death, $isolation", (place) => {
  it("gives all other numbers of its chunk to another", async () => {
    const pool = await openIn(place, { workers: 1, chunkSize: 3000, retry: { retries: 1, minTimeout: 1 } })
    onTestFinished(() => pool.terminate())
    expect(await pool.map(exitsFirst, upTo(3000))).toEqual(upTo(3000))
  })
})
