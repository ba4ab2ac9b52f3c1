import { PoolClosed } from "holdfast"
import { describe, expect, it } from "vitest"
import { note, pid, square } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo } from "./places.ts"

const sorted = (file: string): Array<number> =>
  linesOf(file)
    .map(Number)
    .sort((a, b) => a - b)

describe.each(places)("recycling, $isolation", (place) => {
  it("replaces every worker while jobs go on, and loses none", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 2 })
    const before = await pool.broadcast(pid, undefined as never)
    const batch = pool.map(
      note,
      upTo(80).map((n) => ({ file, n, ms: 5 })),
      { chunkSize: 4 }
    )
    await eventually(() => expect(linesOf(file).length).toBeGreaterThan(2))
    await pool.recycle()
    expect(pool.workers.map(({ id, restarts }) => ({ id, restarts }))).toEqual([
      { id: 1, restarts: 1 },
      { id: 2, restarts: 1 }
    ])
    const after = await pool.broadcast(pid, undefined as never)
    if (place.ownProcess) expect(after.filter((each) => before.includes(each))).toEqual([])
    expect(await batch).toEqual(upTo(80))
    expect(sorted(file)).toEqual(upTo(80))
  })

  it("keeps as many at work as there were", async () => {
    await using pool = await openIn(place, { workers: 2 })
    await eventually(() => expect(pool.workers.every(({ state }) => state === "idle")).toBe(true))
    let least = Number.POSITIVE_INFINITY
    const ready = (): number => pool.workers.filter(({ state }) => state === "idle" || state === "busy").length
    const recycling = pool.recycle()
    const watch = setInterval(() => {
      least = Math.min(least, ready())
    }, 1)
    await recycling
    clearInterval(watch)
    expect(least === Number.POSITIVE_INFINITY ? 2 : least).toBeGreaterThanOrEqual(2)
    expect(pool.workers).toHaveLength(2)
  })

  it.each([0, 1])("ends though resize lets go of the workers that it replaces, with %i in reserve", async (spare) => {
    await using pool = await openIn(place, { workers: 3, spare })
    for (const workers of [1, 3, 2]) {
      await eventually(() => expect(pool.workers.every(({ state }) => state === "idle")).toBe(true))
      const recycling = pool.recycle()
      await Promise.resolve()
      await pool.resize(workers)
      await recycling
      expect(pool.workers).toHaveLength(workers)
    }
    expect(await pool.map(square, upTo(9))).toEqual(upTo(9).map((n) => n * n))
  })

  it("goes with workers that are replaced after so many jobs, and with itself", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 2, maxJobsPerWorker: 3 })
    const batch = pool.map(
      note,
      upTo(40).map((n) => ({ file, n, ms: 2 }))
    )
    await Promise.all([pool.recycle(), pool.recycle()])
    expect(await batch).toEqual(upTo(40))
    expect(sorted(file)).toEqual(upTo(40))
    expect(pool.workers).toHaveLength(2)
  })

  it("fails on a pool that is closed, and ends with one that is", async () => {
    const pool = await openIn(place)
    expect(await pool.run(square, 2)).toBe(4)
    const recycling = pool.recycle()
    await pool.close()
    await recycling
    expect(await failureOf(pool.recycle())).toBeInstanceOf(PoolClosed)
  })
})
