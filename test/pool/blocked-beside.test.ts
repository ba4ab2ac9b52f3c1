/** Jobs that are sent to a worker with room for several at once while it is blocked: each begins, and once. */
import { writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { blocksFirst, unblock } from "../fixtures/blocks-first.ts"
import { openGate, passesGate, spinsAtGate } from "../fixtures/gated.ts"
import { passesGateOnceLoaded } from "../fixtures/loads-at-gate.ts"
import { passesGateOnceUnblocked } from "../fixtures/spins-while-loading.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo } from "./places.ts"

const isolated = places.filter((place) => place.isolated)

/** For long enough that it has been looked at several times. */
const isSeenBlocked = (pool: Awaited<ReturnType<typeof openIn>>): Promise<void> =>
  eventually(() =>
    expect(Math.max(...pool.workers.map(({ currentJob }) => currentJob?.runningMs ?? 0))).toBeGreaterThan(500)
  )

describe.each(isolated)("a blocked worker, $isolation", (place) => {
  it("is given what waited meanwhile once it has begun another, though none of its jobs ends", async () => {
    await using pool = await openIn(place, { workers: 1, concurrency: 3, drainTimeout: 0 })
    const [file, other] = [scratchFile(), scratchFile()]
    await pool.run(passesGate, { file: other, n: 0, free: true })
    const jobs = [pool.submit(blocksFirst, { file, n: 1 })]
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    jobs.push(pool.submit(passesGate, { file, n: 2 }))
    await isSeenBlocked(pool)
    jobs.push(pool.submit(passesGate, { file, n: 3 }))
    unblock(file)
    await eventually(() => expect(linesOf(file).sort()).toEqual(["1", "1", "2", "3"]))
    openGate(file)
    expect(await Promise.all(jobs.map((each) => each.result()))).toEqual([1, 2, 3])
  })

  it("is ended where a cancelled job may be what blocks it, though none of those beside that has a limit", async () => {
    await using pool = await openIn(place, { workers: 1, concurrency: 2, killGrace: 50, drainTimeout: 0 })
    const [file, other] = [scratchFile(), scratchFile()]
    const beside = pool.submit(passesGate, { file, n: 1 })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const blocks = pool.submit(spinsAtGate, { file: other, n: 2 })
    await eventually(() => expect(linesOf(other)).toHaveLength(1))
    blocks.cancel()
    expect(await failureOf(blocks.result())).toMatchObject({ _tag: "JobCancelled" })
    const crash = await failureOf(beside.result())
    expect(crash).toMatchObject({ _tag: "WorkerCrashed", reason: "ended" })
    expect(String(crash)).toContain("was ended to end a cancelled job that ran beside it")
    expect(await pool.run(passesGate, { file, n: 3, free: true })).toBe(3)
  })

  it("by a module that it loads: is full again when it is given the next jobs", async () => {
    const gate = scratchFile()
    await using pool = await openIn(place, {
      workers: 1,
      concurrency: 2,
      drainTimeout: 0,
      env: { LOADS_WITH: `${gate}.loads` }
    })
    const [file, other] = [scratchFile(), scratchFile()]
    openGate(file)
    const two = [pool.submit(passesGateOnceUnblocked, { file, n: 0 })]
    await eventually(() => expect(linesOf(`${gate}.loads.begun`)).toHaveLength(1))
    two.push(pool.submit(passesGateOnceUnblocked, { file, n: 1 }))
    await isSeenBlocked(pool)
    writeFileSync(`${gate}.loads`, "")
    expect(await Promise.all(two.map((each) => each.result()))).toEqual(upTo(2))
    const next = pool.submitAll(
      passesGateOnceUnblocked,
      upTo(2).map((n) => ({ file: other, n }))
    )
    await eventually(() => expect(linesOf(other)).toHaveLength(2))
    openGate(other)
    expect(await Promise.all(next.map((each) => each.result()))).toEqual(upTo(2))
  })

  it("runs nothing that was taken back from it, be it of a task that it loads first, or behind that", async () => {
    await using pool = await openIn(place, { workers: 2, concurrency: 3, drainTimeout: 0 })
    await eventually(() => expect(pool.workers.map(({ state }) => state)).toEqual(["idle", "idle"]))
    const [file, other] = [scratchFile(), scratchFile()]
    const blocked = pool.submit(blocksFirst, { file, n: 1 })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const alone = pool.map(passesGate, [{ file: other, n: 2 }], { concurrency: 1 })
    await eventually(() => expect(linesOf(other)).toHaveLength(1))
    const behind = [
      pool.submit(passesGateOnceLoaded, { file, n: 3, free: true }),
      pool.submit(passesGate, { file, n: 4, free: true })
    ]
    await isSeenBlocked(pool)
    openGate(other)
    expect(await alone).toEqual([2])
    expect(await Promise.all(behind.map((each) => each.result()))).toEqual([3, 4])
    unblock(file)
    // It comes to all that it has before it comes to this.
    await pool.broadcast(passesGateOnceLoaded, { file: other, n: 5, free: true })
    openGate(file)
    expect(await blocked.result()).toBe(1)
    expect(linesOf(file).sort()).toEqual(["1", "1", "3", "4"])
  })
})
