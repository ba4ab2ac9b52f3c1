/** Workers that are replaced after so many jobs, where the last of them is of all jobs the one that comes awkwardly. */
import { Handle } from "holdfast"
import { describe, expect, it } from "vitest"
import { mixed } from "../fixtures/mixed.ts"
import { pid, slowSquare, square } from "../fixtures/plain.ts"
import { readStore } from "../fixtures/stores.ts"
import { openIn, places, upTo } from "./places.ts"

describe.each(places)("workers for so many jobs, $isolation", (place) => {
  it("do all jobs, in chunks and one by one", async () => {
    await using pool = await openIn(place, { workers: 2, maxJobsPerWorker: 2 })
    const expected = upTo(5).map((n) => n * n)
    expect(await pool.map(square, upTo(5))).toEqual(expected)
    expect(await Promise.all(upTo(5).map((n) => pool.run(square, n)))).toEqual(expected)
    expect(pool.workers).toHaveLength(2)
  })

  it("are no more than it takes: each is used for as many as it may do", async () => {
    if (!place.ownProcess) return
    await using pool = await openIn(place, { workers: 1, maxJobsPerWorker: 3 })
    const pids: Array<number> = []
    for (let n = 0; n < 7; n++) pids.push(await pool.run(pid, undefined as never))
    expect([new Set(pids.slice(0, 3)).size, new Set(pids.slice(3, 6)).size, new Set(pids).size]).toEqual([1, 1, 3])
  })

  it("have what was pushed, and do no job less for it", async () => {
    await using pool = await openIn(place, { workers: 1, maxJobsPerWorker: 1 })
    await pool.push({ unit: "m" })
    for (let n = 0; n < 3; n++) expect(await pool.run(readStore, "unit")).toBe("m")
    expect(await pool.pull("unit")).toEqual(["m"])
  })

  it("come while the pool is being closed", async () => {
    const pool = await openIn(place, { workers: 1, maxJobsPerWorker: 1 })
    const handles = pool.submitAll(slowSquare, [
      { n: 1, ms: 20 },
      { n: 2, ms: 20 }
    ])
    const closed = pool.close()
    expect(await Handle.all(handles)).toEqual([1, 4])
    await closed
  })

  it("die, hang and throw with their last job as with any", async () => {
    if (!place.isolated) return
    await using pool = await openIn(place, { workers: 2, maxJobsPerWorker: 3, killGrace: 100 })
    const acts: Record<number, object> = {
      2: { act: "exits", input: 3 },
      5: { act: "throws", input: "no" },
      8: { act: "loops", input: 1 }
    }
    const inputs = upTo(11).map((n) => ({ n, ...acts[n] }))
    const outcomes = await pool.settle(mixed, inputs, { chunkSize: 3, timeout: 2000 })
    const told = outcomes.map((outcome) => (outcome._tag === "Succeeded" ? outcome.value : outcome.error._tag))
    const expected: Array<unknown> = upTo(11).map((n) => n * n)
    Object.assign(expected, { 2: "WorkerCrashed", 5: "TaskThrew", 8: "JobTimedOut" })
    expect(told).toEqual(expected)
    expect(await pool.run(square, 4)).toBe(16)
  })
})
