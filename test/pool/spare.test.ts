import { describe, expect, it } from "vitest"
import { note, pid, square } from "../fixtures/plain.ts"
import { descendants } from "../setup/descendants.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile } from "./places.ts"

const place = places.find(({ isolation }) => isolation === "process") ?? expect.unreachable()

describe("spare workers", () => {
  it("step in for one that dies, ready as they are; its slot becomes the next spare", async () => {
    const before = snapshotLeaks()
    const file = scratchFile()
    const others = descendants().size
    const pool = await openIn(place, { workers: 1, spare: 1 })
    expect(pool.workers).toHaveLength(1)
    expect(await pool.run(square, 2)).toBe(4)
    const spareReady = async (): Promise<void> => {
      for await (const event of pool.events)
        if (event._tag === "WorkerReady" && event.worker !== pool.workers[0]?.id) return
    }
    await Promise.race([spareReady(), eventually(() => expect(descendants().size).toBeGreaterThanOrEqual(others + 2))])
    for (const round of [1, 2, 3]) {
      const dead = pool.workers[0]
      const dies = failureOf(pool.run(note, { file, n: round, ms: 60_000 }))
      await eventually(() => expect(linesOf(file)).toHaveLength(round))
      const warm = spareReady()
      process.kill(dead?.pid as number, "SIGKILL")
      expect(await dies).toMatchObject({ _tag: "WorkerCrashed" })
      expect(await pool.run(pid, undefined as never)).not.toBe(dead?.pid)
      if (round > 1) expect(pool.workers[0]?.id).not.toBe(dead?.id)
      expect(pool.workers).toHaveLength(1)
      await warm
    }
    await pool.close()
    await expectNoLeaks(before)
  })

  it("are given what was pushed before they run anything", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 1, spare: 1 })
    await pool.push({ greeting: "hello" })
    const dies = failureOf(pool.run(note, { file, n: 1, ms: 60_000 }))
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    process.kill(pool.workers[0]?.pid as number, "SIGKILL")
    await dies
    expect(await pool.pull("greeting")).toEqual(["hello"])
  })

  it("end with their pool at once", async () => {
    const before = snapshotLeaks()
    const pool = await openIn(place, { workers: 1, spare: 2 })
    expect(await pool.run(square, 2)).toBe(4)
    await pool.terminate()
    await expectNoLeaks(before)
  })

  it("go with recycling", async () => {
    await using pool = await openIn(place, { workers: 1, spare: 1 })
    const old = await pool.run(pid, undefined as never)
    await pool.recycle()
    expect(pool.workers).toHaveLength(1)
    expect(await pool.run(pid, undefined as never)).not.toBe(old)
  })
})
