/** Whatever a job gave to `checkpoint` is there for its next attempt, however much it is and however soon it dies. */
import { describe, expect, it } from "vitest"
import { endsHavingSaved } from "../fixtures/last-words.ts"
import { openIn, places } from "./places.ts"

const retry = { retries: 1, minTimeout: 1, factor: 1 }

describe.each(places.filter(({ isolated }) => isolated))("checkpoints, $isolation", (place) => {
  it.each([
    // More than a channel takes at once, and not so much that it goes beside that.
    { times: 1, length: 200_000 },
    { times: 1, length: 250_000 },
    { times: 6, length: 100_000 },
    { times: 5_000, length: 100 },
    { times: 6, length: 300_000 }
  ])("are kept, the last of $times of $length characters, where its worker ends right behind it", async (much) => {
    await using pool = await openIn(place, { workers: 1 })
    expect(await pool.run(endsHavingSaved, { ...much, progresses: false }, { retry })).toBe(much.times)
    expect(await pool.run(endsHavingSaved, { ...much, progresses: true }, { retry })).toBe(much.times)
  })
})
