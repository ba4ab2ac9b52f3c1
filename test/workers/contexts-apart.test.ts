/** Jobs of one worker do not find what another has entered of a store of `AsyncLocalStorage`. */
import { createPool } from "holdfast"
import { describe, expect, it } from "vitest"
import { enters } from "../fixtures/stores-of-its-own.ts"

const expected = Array.from({ length: 12 }, () => ({ before: undefined, kept: true }))
const inputs = expected.map((_, n) => n)

describe.each(["process", "thread", "inline"] as const)("a store that a job enters, on a %s", (isolation) => {
  it("is gone with the job: one after another, side by side, and one by one", async () => {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    expect(await pool.map(enters, inputs)).toEqual(expected)
    expect(await pool.map(enters, inputs, { chunkSize: 6 })).toEqual(expected)
    expect(await pool.map(enters, inputs, { concurrency: 4 })).toEqual(expected)
    for (const n of [1, 2]) expect(await pool.run(enters, n)).toEqual({ before: undefined, kept: true })
  })
})
