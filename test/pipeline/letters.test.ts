/** Dead letters that come faster than their sink's stream turns. */
import { Writable } from "node:stream"
import { Pipeline } from "holdfast"
import { expect, it } from "vitest"
import { eventually, upTo } from "../pool/places.ts"

it("a stream that takes many letters at once has one listener for them all, and none behind them", async () => {
  let most = 0
  const deadLetter = new Writable({
    objectMode: true,
    write: (_letter, _encoding, done) => {
      most = Math.max(most, deadLetter.listenerCount("error"))
      done()
    }
  })
  const none = (): never => {
    throw new Error("none is good")
  }
  const pipeline = Pipeline.make("many").map("none", none, { deadLetter })
  const pool = { isolation: "inline", logger: false } as const
  const runs = [pipeline.run(upTo(40), { pool }), pipeline.run(upTo(40), { pool })]
  expect([await Promise.all(runs), most]).toEqual([[[], []], 1])
  await eventually(() => expect(deadLetter.listenerCount("error")).toBe(0))
})
