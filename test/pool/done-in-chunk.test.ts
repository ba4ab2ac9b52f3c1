/** What of a chunk is done, and has not been told yet, when its worker is ended for a job behind it. */
import { describe, expect, it } from "vitest"
import { returnsAfter } from "../fixtures/attempts.ts"
import { eventually, linesOf, openIn, places, scratchFile } from "./places.ts"

describe.each(places)("the jobs of a chunk that are done before one that hangs, $isolation", (place) => {
  const inputs = (file: string) => [1, 2, 3, 4].map((n) => ({ file, n, ms: n === 3 ? 60_000 : 0 }))

  it("are not run again when that one's time is up", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 1, killGrace: 0 })
    const outcomes = await pool.settle(returnsAfter, inputs(file), { timeout: 300, chunkSize: 4 })
    const values = outcomes.map((outcome) => (outcome._tag === "Succeeded" ? outcome.value : outcome.error._tag))
    expect(values).toEqual([1, 2, "JobTimedOut", 4])
    expect(linesOf(file)).toEqual(["1", "1", "1", "1"])
  })

  it("are not run again when that one is cancelled", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 1, killGrace: 0 })
    await pool.settle(returnsAfter, [{ file, n: 0, ms: 0 }])
    const handles = pool.submitAll(returnsAfter, inputs(file), { key: ({ n }) => String(n) })
    await eventually(() => expect(linesOf(file)).toHaveLength(4))
    handles[2]?.cancel("enough")
    await Promise.allSettled(handles.map((handle) => handle.result()))
    expect(handles.map((handle) => handle.poll()?._tag)).toEqual(["Succeeded", "Succeeded", "Failed", "Succeeded"])
    expect(linesOf(file)).toHaveLength(5)
  })
})
