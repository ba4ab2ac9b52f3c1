/** A few programs of jobs side by side, and proof that it would notice: `npm run chaos -- --kind beside` runs them for long. */
import { appendFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { scratchFile } from "../pool/places.ts"
import { besideOf } from "./beside/draw.ts"
import { runBeside } from "./beside/run.ts"
import { Trace } from "./beside/Trace.ts"

const SEEDS = { process: [1, 2], thread: [3, 4], inline: [1, 2] } as const

describe.each(["process", "thread", "inline"] as const)("on the isolation %s", (isolation) => {
  it.each(SEEDS[isolation])("jobs side by side keep every promise, seed %i", { timeout: 120_000 }, async (seed) => {
    expect((await runBeside(besideOf(isolation, seed))).objections).toEqual([])
  })
})

it("an attempt that begins twice, and more jobs than a worker is to have, are noticed", () => {
  const file = scratchFile()
  const notes = ["begun c0j0. 1 7.0 1", "begun c0j1. 1 7.0 2", "ended c0j0. 1 7.0 3", "begun c0j0. 1 8.0 4"]
  appendFileSync(file, notes.map((line) => `${line}\n`).join(""))
  const trace = (concurrency: number): Trace => new Trace(file, () => ({ does: "returns", concurrency }))
  expect(trace(2).objections()).toMatchObject([expect.stringContaining("c0j0. began more than once")])
  expect(trace(2).crowds(() => 2)).toEqual([])
  expect(trace(1).crowds(() => 2)).toEqual(["c0j0.#1,c0j1.#1 ran at once in 7.0, of 1 at most"])
  expect(trace(2).crowds(() => 1)).toEqual(["2 jobs began in 7.0: c0j0.,c0j1."])
})
