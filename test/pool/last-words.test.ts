/** What a job says of itself when it has been settled. */
import type { PoolEvent } from "holdfast"
import { describe, expect, it } from "vitest"
import { savesWhenAborted } from "../fixtures/last-words.ts"
import { square } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile } from "./places.ts"

/** Long enough for a job to listen to its signal by then, also where others want the processors. */
const TIMEOUT = 2000

const readInto = async (events: AsyncIterable<PoolEvent>, seen: Array<string>): Promise<void> => {
  for await (const event of events) {
    if (event._tag === "JobProgress") seen.push(`progress ${event.fraction}`)
    if (event._tag === "JobFailed" || event._tag === "JobRetrying") seen.push(event._tag)
  }
}

describe.each(places)("what a job says when its time was up, $isolation", (place) => {
  it("is no progress any more: it has failed", async () => {
    const file = scratchFile()
    const seen: Array<string> = []
    const pool = await openIn(place, { workers: 1 })
    const reading = readInto(pool.events, seen)
    expect(await failureOf(pool.map(savesWhenAborted, [file], { timeout: TIMEOUT }))).toMatchObject({
      _tag: "JobTimedOut"
    })
    await eventually(() => expect(linesOf(file)).toEqual(["saved"]))
    // Its worker has said that before it does anything else.
    expect(await pool.run(square, 3)).toBe(9)
    await pool.close()
    await reading
    expect(seen).toEqual(["progress 0.25", "JobFailed"])
  })

  it("is there for its next attempt, where it saves it", async () => {
    const file = scratchFile()
    const seen: Array<string> = []
    const pool = await openIn(place, { workers: 1 })
    const reading = readInto(pool.events, seen)
    const retry = { retries: 1, minTimeout: 1, factor: 1 }
    expect(await pool.run(savesWhenAborted, file, { timeout: TIMEOUT, retry })).toEqual({ saved: "as its time was up" })
    await pool.close()
    await reading
    expect(seen).toEqual(["progress 0.25", "JobRetrying"])
  })
})
