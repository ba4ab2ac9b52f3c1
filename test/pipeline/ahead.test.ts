/** How far a pipeline's fast stages get ahead of the slow ones, which must run all of that before it can drain. */
import { Pipeline } from "holdfast"
import { describe, expect, it } from "vitest"
import { openGate, passesGate } from "../fixtures/gated.ts"
import { addOne } from "../fixtures/staged.ts"
import { places, scratchFile, sharedIn, standsStill } from "../pool/places.ts"
import { accounted } from "./accounts.ts"

describe.each(places)("a pipeline with a stage a thousand times as fast as the next, $isolation", (place) => {
  const pool = sharedIn(place)

  it("has read a few hundred inputs more than have come out, not thousands", async () => {
    const file = scratchFile()
    function* endless() {
      for (let n = 0; ; n++) yield n
    }
    const pipeline = Pipeline.make("uneven")
      .stage<number, number>("fast", addOne)
      .map("gated", (n) => ({ file, n, free: n <= 5 }))
      .stage("slow", passesGate, { chunkSize: 1, concurrency: 8 })
    const run = pipeline.stream(endless(), { pool: pool() })
    let taken = 0
    for await (const n of run) {
      expect(n).toBe(++taken)
      if (taken !== 5) continue
      // The slow stage stands before its gate; the fast one goes on until its window is full.
      const ahead = (await standsStill(() => run.report().read)) - taken
      expect(ahead).toBeGreaterThan(8)
      expect(ahead).toBeLessThan(600)
      run.stop()
      openGate(file)
    }
    expect(taken).toBe(run.report().read)
    accounted(run.report(), { cancelled: 0 })
  })
})
