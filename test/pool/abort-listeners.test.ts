/** What a job does in a listener of its own signal is the job's: it knows which it is, and so does the log. */
import type { PoolEvent } from "holdfast"
import { describe, expect, it } from "vitest"
import { failsToClose, leavesPromise, saysGoodbye } from "../fixtures/abort-listeners.ts"
import { square } from "../fixtures/plain.ts"
import { openIn, places } from "./places.ts"

type Opened = Awaited<ReturnType<typeof openIn>>

const late = (pool: Opened): { readonly events: Array<PoolEvent>; readonly ended: Promise<void> } => {
  const events: Array<PoolEvent> = []
  const ended = (async () => {
    for await (const event of pool.events) if (event._tag === "LateError") events.push(event)
  })()
  return { events, ended }
}

const isolated = places.filter(({ isolation }) => isolation !== "inline")

describe.each(isolated)("a listener of a job's signal, $isolation", (place) => {
  it.each(["timeout", "cancel"] as const)("is within its job: %s", async (how) => {
    await using pool = await openIn(place, { workers: 1, killGrace: "1 minute" })
    const handle = pool.submit(saysGoodbye, 1, how === "timeout" ? { timeout: 2000 } : {})
    const said = () => handle.logs.map(({ message }) => message)
    await expect.poll(said).toEqual(["open"])
    if (how === "cancel") handle.cancel("enough")
    await expect(handle.result()).rejects.toMatchObject({ _tag: how === "timeout" ? "JobTimedOut" : "JobCancelled" })
    // Not before the minute is over, if it could not end itself.
    expect(await pool.run(square, 3)).toBe(9)
    await expect.poll(said).toEqual(["open", "closing for job 0"])
    expect(pool.workers).toMatchObject([{ restarts: 0 }])
  })

  it("that throws is told of as the job's, which has its failure already", async () => {
    await using pool = await openIn(place, { workers: 1, killGrace: "1 minute" })
    const { ended, events } = late(pool)
    const handle = pool.submit(failsToClose, 1, { timeout: 200 })
    await expect(handle.result()).rejects.toMatchObject({ _tag: "JobTimedOut" })
    expect(await pool.run(square, 3)).toBe(9)
    await pool.close()
    await ended
    expect(events).toMatchObject([
      { task: "failsToClose", index: 0, error: { message: "the file could not be closed" } }
    ])
  })

  it("says no more than that its job was ended, where it fails with that", async () => {
    await using pool = await openIn(place, { workers: 1, killGrace: "1 minute" })
    const { ended, events } = late(pool)
    const handle = pool.submit(leavesPromise, 1, { timeout: 200 })
    await expect(handle.result()).rejects.toMatchObject({ _tag: "JobTimedOut" })
    expect(await pool.run(square, 3)).toBe(9)
    await pool.close()
    await ended
    expect(events).toEqual([])
  })
})
