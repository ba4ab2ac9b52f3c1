/** Jobs of one worker do not find what another has entered of a store of `AsyncLocalStorage`. */
import { createPool } from "holdfast"
import { describe, expect, it } from "vitest"
import { enters, entersInPassing, whichScope } from "../fixtures/stores-of-its-own.ts"

const expected = Array.from({ length: 12 }, () => ({ before: undefined, kept: true }))
const inputs = expected.map((_, n) => n)
const many = Array.from({ length: 1000 }, (_, n) => n)

describe.each(["process", "thread", "inline"] as const)("a store that a job enters, on a %s", (isolation) => {
  it("is gone with the job: one after another, side by side, and one by one", async () => {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    expect(await pool.map(enters, inputs)).toEqual(expected)
    expect(await pool.map(enters, inputs, { chunkSize: 6 })).toEqual(expected)
    expect(await pool.map(enters, inputs, { concurrency: 4 })).toEqual(expected)
    for (const n of [1, 2]) expect(await pool.run(enters, n)).toEqual({ before: undefined, kept: true })
  })

  it("is gone where a chunk of tiny jobs has one scope", async () => {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    // The second time their mean is known.
    for (let round = 0; round < 3; round++) {
      const outcomes = await pool.settle(entersInPassing, many, { chunkSize: 200 })
      const told = outcomes.map((each) =>
        each._tag === "Succeeded" ? each.value : Number((each.error as { cause?: Error }).cause?.message)
      )
      expect(told).toEqual(many.map(() => -1))
      expect(outcomes.filter(({ _tag }) => _tag === "Failed")).toHaveLength(
        many.filter((n) => n % 15 === 0 && n > 0).length
      )
    }
  })

  // The program's own process is not watched for what they enter.
  it.skipIf(isolation === "inline")("is the only reason for tiny jobs not to share a scope", async () => {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    // Whether they are tiny is measured, and a machine under load may interrupt them.
    const scopes = async () => new Set(await pool.map(whichScope, many, { chunkSize: 200 })).size
    await expect.poll(scopes, { timeout: 10_000 }).toBeLessThan(many.length / 2)
  })
})
