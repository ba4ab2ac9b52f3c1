/** Limits go by the system's clock, whatever a program or a job makes of the global `performance`. */
import { expect, it, onTestFinished } from "vitest"
import { returnsAfter } from "../fixtures/attempts.ts"
import { setClockBack, setsClockBack } from "../fixtures/other-clock.ts"
import { failureOf, openIn, places, scratchFile } from "./places.ts"

it.each(places.filter(({ isolated }) => isolated))(
  "a job that sets its worker's clock back brings no later one's timeout forward, $isolation",
  async (place) => {
    await using pool = await openIn(place, { workers: 1 })
    await pool.run(setsClockBack)
    // Its worker is looked at in the middle of its time.
    expect(await pool.run(returnsAfter, { file: scratchFile(), n: 3, ms: 2500 }, { timeout: 4000 })).toBe(3)
  }
)

it.each(places)("a program that sets its clock back still has its jobs time out, $isolation", async (place) => {
  await using pool = await openIn(place, { workers: 1 })
  await pool.run(returnsAfter, { file: scratchFile(), n: 3, ms: 0 })
  onTestFinished(setClockBack())
  const began = Date.now()
  const given = { file: scratchFile(), n: 3, ms: 8000 }
  expect(await failureOf(pool.run(returnsAfter, given, { timeout: 300 }))).toMatchObject({ _tag: "JobTimedOut" })
  expect(Date.now() - began).toBeLessThan(7000)
})
