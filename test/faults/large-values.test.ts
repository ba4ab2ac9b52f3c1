/** Values too large for comfort: they cross, or are refused with their size; the parent lives and the pool goes on. */
import { describe, expect } from "vitest"
import { weighs } from "../fixtures/deaths.ts"
import { echo, square } from "../fixtures/plain.ts"
import { scenario } from "./scenario.ts"
import { failureOf, withPool } from "./scene.ts"

const MB = 1024 * 1024

/** Has a method that JSON would call, and that throws. */
class Unjsonable {
  readonly x = 1
  toJSON(): never {
    throw new Error("no JSON of this")
  }
}

// Takes ten seconds each, and gigabytes.
const { HOLDFAST_CONFORMANCE } = process.env
const scenarioIfAsked = HOLDFAST_CONFORMANCE === "all" ? scenario : (): void => undefined

describe.each(["process", "thread", "inline"] as const)("a large value, %s", (isolation) => {
  for (const [size, play] of [
    [20, scenario],
    [200, scenarioIfAsked]
  ] as const) {
    play(`a string of ${size} MB crosses both ways`, () =>
      withPool({ isolation, workers: 1 }, async ({ pool }) => {
        const text = "x".repeat(size * MB)
        expect((await pool.run(echo, text)) === text).toBe(true)
      })
    )
  }

  scenarioIfAsked(
    "a buffer of 2 GB is refused with its size, before anything is sent",
    () =>
      withPool({ isolation, workers: 1, patience: 100_000 }, async ({ pool, eventsOf }) => {
        const error = await failureOf("NotSerializable", pool.run(weighs, Buffer.alloc(2048 * MB)))
        expect(error).toMatchObject({ side: "input", path: "input", job: { attempts: [] } })
        expect(error.message).toMatch(/larger than 1 GiB \(21\d{8} bytes\)/)
        expect(await pool.run(square, 3)).toBe(9)
        expect(eventsOf("WorkerExited")).toEqual([])
      }),
    120_000
  )

  scenario("a toJSON that throws is nobody's business: JSON is not what values cross in", () =>
    withPool({ isolation, workers: 1 }, async ({ pool }) => {
      expect(await pool.run(echo, new Unjsonable())).toEqual({ x: 1 })
    })
  )
})
