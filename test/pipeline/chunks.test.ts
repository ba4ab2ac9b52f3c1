/** How values reach a stage: together, as far as they are at hand. */
import { createPool, Pipeline } from "holdfast"
import { describe, expect, it } from "vitest"
import { addOne, forever } from "../fixtures/staged.ts"
import { eventually, failureOf, places, upTo } from "../pool/places.ts"

const SENT = 50

async function* oneByOne() {
  yield* upTo(SENT)
}

describe.each(places.filter(({ isolation }) => isolation !== "inline"))(
  "values at hand, $isolation",
  ({ isolation }) => {
    it("go to a worker in one message, though each was handed on by itself", async () => {
      await using pool = await createPool({ isolation, workers: 1, logger: false })
      await pool.run(addOne, 1)
      const pipeline = Pipeline.make("together")
        .map("same", (n: number) => n)
        .stage("hold", forever, { chunkSize: SENT })
      const ended = failureOf(pipeline.run(oneByOne(), { pool }))
      await eventually(async () => {
        const { workers } = await pool.dump()
        expect(workers[0]?.jobs.map(({ task }) => task)).toEqual(["forever"])
        expect(workers[0]?.ahead).toBe(SENT - 1)
      })
      await pool.terminate()
      await ended
    })
  }
)
