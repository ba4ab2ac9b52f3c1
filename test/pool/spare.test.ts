import { describe, expect, it } from "vitest"
import { note, pid, square } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile } from "./places.ts"

const place = places.find(({ isolation }) => isolation === "process") ?? expect.unreachable()

describe("spare workers", () => {
  it("step in for one that dies, ready as they are; its slot becomes the next spare", async () => {
    const leaks = snapshotLeaks()
    const file = scratchFile()
    const pool = await openIn(place, { workers: 1, spare: 1 })
    const readied: Array<number> = []
    const seen = (async () => {
      for await (const event of pool.events) if (event._tag === "WorkerReady") readied.push(event.worker)
    })()
    const timesReady = (id: number | undefined): number => readied.filter((each) => each === id).length
    expect(pool.workers).toHaveLength(1)
    expect(await pool.run(square, 2)).toBe(4)
    const first = pool.workers[0]?.id
    await eventually(() => expect(readied.filter((id) => id !== first)).toHaveLength(1))
    for (const round of [1, 2, 3]) {
      const dead = pool.workers[0]
      const dies = failureOf(pool.run(note, { file, n: round, ms: 60_000 }))
      await eventually(() => expect(linesOf(file)).toHaveLength(round))
      const before = timesReady(dead?.id)
      process.kill(dead?.pid as number, "SIGKILL")
      expect(await dies).toMatchObject({ _tag: "WorkerCrashed" })
      expect(await pool.run(pid, undefined as never)).not.toBe(dead?.pid)
      expect(pool.workers[0]?.id).not.toBe(dead?.id)
      expect(pool.workers).toHaveLength(1)
      // It is the next spare once it is ready again.
      await eventually(() => expect(timesReady(dead?.id)).toBe(before + 1))
    }
    await pool.close()
    await seen
    await expectNoLeaks(leaks)
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
