/** Pipelines while their pools change, and pipelines within a worker. */
import { createPool, Pipeline } from "holdfast"
import { describe, expect, it, onTestFinished } from "vitest"
import { addOne, double, notFive, slowly, withinPipeline } from "../fixtures/staged.ts"
import { openIn, places, upTo } from "../pool/places.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { accounted } from "./accounts.ts"

describe.each(places)("a pipeline on a pool that changes, $isolation", (place) => {
  it.each(["balanced", "static"] as const)("loses nothing when it is resized and renewed, %s", async (schedule) => {
    const pool = await openIn(place, { schedule, workers: 3 })
    onTestFinished(() => pool.terminate())
    const pipeline = Pipeline.make("unrest")
      .stage("slowly", slowly, { chunkSize: 1 })
      .stage("add", addOne)
      .batch("fives", 5)
      .unbatch("apart")
      .stage("double", double, { ordered: false })
    const running = pipeline.run(upTo(60), { pool })
    await Promise.all([pool.resize(1), pool.recycle()])
    await pool.resize(4)
    expect((await running).toSorted((a, b) => a - b)).toEqual(upTo(60).map((n) => (n + 1) * 2))
    accounted(pipeline.report(), { cancelled: 0 })
  })

  it("retries on workers that are replaced all the time", async () => {
    const pool = await openIn(place, place.isolated ? { maxJobsPerWorker: 10 } : {})
    onTestFinished(() => pool.terminate())
    const letters: Array<Pipeline.DeadLetter> = []
    const pipeline = Pipeline.make("retries")
      .stage("check", notFive, { retry: { retries: 2, minTimeout: 1 }, deadLetter: letters })
      .stage("double", double)
    expect(await pipeline.run(upTo(20), { pool })).toEqual(
      upTo(20)
        .filter((n) => n !== 5)
        .map((n) => n * 2)
    )
    expect(letters.map(({ job }) => job.attempts.length)).toEqual([3])
    accounted(pipeline.report(), { cancelled: 0 })
  })
})

describe("a pipeline within a worker", () => {
  it("runs on a pool of its own, which ends with it", async () => {
    const before = snapshotLeaks()
    await using pool = await createPool({ workers: 1, logger: false })
    expect(await pool.run(withinPipeline, 5)).toEqual([2, 4, 6, 8, 10])
    await pool.close()
    await expectNoLeaks(before)
  })
})
