/** Values too large for comfort: they cross, or are refused with their size; the parent lives and the pool goes on. */
import type { NotSerializable } from "@holdfast/core"
import { describe, expect } from "vitest"
import { returnsBytes, weighs } from "../fixtures/deaths.ts"
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

/** How a job is refused, and how far this process has grown by then. Untouched pages take no memory. */
const refusalOf = async (
  job: Promise<unknown>
): Promise<{ readonly refused: NotSerializable; readonly grownMB: number }> => {
  const before = process.memoryUsage.rss()
  const refused = await failureOf("NotSerializable", job)
  return { refused, grownMB: (process.memoryUsage.rss() - before) / MB }
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

  for (const [what, input, path] of [
    ["a buffer", () => Buffer.alloc(2048 * MB), ""],
    ["an ArrayBuffer", () => new ArrayBuffer(2048 * MB), ""],
    ["a typed array somewhere in it", () => ({ deep: [new Float64Array(256 * MB)] }), ".deep[0]"]
  ] as const) {
    scenario(`${what} of 2 GB is refused with its size, before anything is copied or sent`, () =>
      withPool({ isolation, workers: 1 }, async ({ pool, eventsOf }) => {
        const given = input()
        const { refused, grownMB } = await refusalOf(pool.run(weighs, given as never))
        expect(refused).toMatchObject({ side: "input", path: `input${path}`, job: { attempts: [] } })
        expect(refused.message).toContain("is larger than 1 GiB (2147483648 bytes)")
        expect(grownMB, "nothing was copied").toBeLessThan(500)
        expect(await pool.run(square, 3)).toBe(9)
        expect(eventsOf("WorkerExited")).toEqual([])
      })
    )
  }

  scenario("a result of 2 GB is refused with its size, and its worker goes on", () =>
    withPool({ isolation, workers: 1 }, async ({ pool, eventsOf }) => {
      const { refused } = await refusalOf(pool.run(returnsBytes, 2048 * MB))
      expect(refused).toMatchObject({ side: "output", path: "result" })
      expect(refused.message).toContain("is larger than 1 GiB (2147483648 bytes)")
      expect(await pool.run(square, 3)).toBe(9)
      expect(eventsOf("WorkerExited")).toEqual([])
    })
  )

  scenario("a toJSON that throws is nobody's business: JSON is not what values cross in", () =>
    withPool({ isolation, workers: 1 }, async ({ pool }) => {
      expect(await pool.run(echo, new Unjsonable())).toEqual({ x: 1 })
    })
  )
})
