/** Jobs that were given up, and end their workers in their time of grace. */
import { expect, it } from "vitest"
import { exitsWhenAborted, square } from "../fixtures/plain.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo } from "./places.ts"

it.each(places.filter(({ isolated }) => isolated))(
  "a cancelled job that ends its worker is to blame for that: the pool goes on, $isolation",
  async (place) => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 1, restart: { max: 0 } })
    for (const n of upTo(3)) {
      const handle = pool.submit(exitsWhenAborted, file)
      await eventually(() => expect(linesOf(file)).toHaveLength(n + 1))
      handle.cancel()
      expect(await failureOf(handle.result())).toMatchObject({ _tag: "JobCancelled" })
      expect(await pool.run(square, n)).toBe(n * n)
    }
    expect(pool.workers[0]?.restarts).toBe(3)
  }
)
