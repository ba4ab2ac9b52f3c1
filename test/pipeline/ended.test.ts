/** What a pipeline says of itself: of jobs that run side by side, and once it has ended. */
import { setTimeout as sleep } from "node:timers/promises"
import { Pipeline } from "holdfast"
import { describe, expect, it } from "vitest"
import { forever, notFive, slowly } from "../fixtures/staged.ts"
import { eventually, openIn, places, sharedIn, upTo } from "../pool/places.ts"
import { accounted } from "./accounts.ts"

describe.each(places)("a pipeline, $isolation", (place) => {
  const pool = sharedIn(place)

  it("that has failed has given its reader all that came out, also what came together with a failure that ends all", async () => {
    for (const n of upTo(40)) {
      const options = { chunkSize: 1 + (n % 4), ordered: n % 2 === 0 }
      const run = Pipeline.make("cut off")
        .stage("refuses", notFive, options)
        .stream([1, 2, 3, 5, 6, 7, 8], { pool: pool(), onStop: "cancel" })
      let given = 0
      try {
        for await (const _ of run) given++
      } catch {
        // It fails at the 5.
      }
      expect(run.report()).toMatchObject({ state: "failed", out: given })
      accounted(run.report())
    }
  })

  it("knows that of four jobs side by side all are at work", async () => {
    await using own = await openIn(place, { killGrace: 0, drainTimeout: 0 })
    const run = Pipeline.make("broad").stage("forever", forever, { concurrency: 4 }).stream(upTo(8), { pool: own })
    const first = run.next()
    await eventually(() => expect(run.report().stages[0]?.utilisation).toBeGreaterThan(0.6))
    await run.return()
    expect(await first).toEqual({ done: true, value: undefined })
  })

  it("that has ended does not blame a reader who has left", async () => {
    const run = Pipeline.make("left").stage("slowly", slowly).stream(upTo(20), { pool: pool() })
    for await (const n of run) if (n === 9) break
    const report = run.report()
    await sleep(2 * report.elapsedMs)
    expect(run.report()).toEqual(report)
  })
})
