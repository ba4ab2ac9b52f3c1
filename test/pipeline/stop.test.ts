/** Runs of pipelines that are told to stop when there is nothing yet to be stopped. */
import { Pipeline } from "holdfast"
import { describe, expect, it } from "vitest"
import { double } from "../fixtures/staged.ts"
import { places, sharedIn } from "../pool/places.ts"

describe.each(places)("a run of a pipeline, $isolation", (place) => {
  const pool = sharedIn(place)

  it("reads nothing when it was told to stop before it began, and closes its inputs", async () => {
    const inputs = { read: 0, closed: false }
    const endless = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false as const, value: inputs.read++ }),
        return: () => {
          inputs.closed = true
          return { done: true as const, value: undefined }
        }
      })
    }
    const run = Pipeline.make("never begun").stage("double", double).stream(endless, { pool: pool() })
    run.stop()
    expect(run.report().state).toBe("stopping")
    const values: Array<number> = []
    for await (const value of run) {
      values.push(value)
      if (values.length === 1000) break
    }
    expect([values, inputs, run.report().state]).toEqual([[], { read: 0, closed: true }, "ended"])
  })
})
