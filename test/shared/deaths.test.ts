/** Shared data at its smallest, and where a worker dies while it waits for it. */
import { createPool, Shared, SharedArray } from "holdfast"
import { describe, expect, it, vi } from "vitest"
import { kindOf, waitsForLock } from "../fixtures/shared.ts"

describe("shared data", () => {
  it("forgets a waiter for a lock whose worker is killed, so that the next gets it", async () => {
    await using pool = await createPool({ workers: 1, logger: false })
    const job = { lock: Shared.lock(), told: Shared.list<string>() }
    const release = await job.lock.acquire()
    const handle = pool.submit(waitsForLock, job)
    await vi.waitFor(async () => expect(await job.told.length()).toBe(1), { timeout: 20_000 })
    const pid = pool.workers[0]?.pid
    if (pid === undefined) throw new Error("the worker that waits has no pid")
    process.kill(pid, "SIGKILL")
    await expect(handle.result()).rejects.toMatchObject({ _tag: "WorkerCrashed", signal: "SIGKILL" })
    await release()
    expect(await pool.run(waitsForLock, job)).toBe("got it")
  })

  it("shares a single byte", async () => {
    await using pool = await createPool({ workers: 1 })
    const array = SharedArray.make(Uint8Array, 1).fill(255)
    expect([array.length, array[0], await pool.run(kindOf, array)]).toEqual([1, 255, "Uint8Array"])
  })
})
