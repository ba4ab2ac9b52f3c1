/** Dead letters whose sink is a stream: they come faster than it turns, or it fails before there is any. */
import { createWriteStream } from "node:fs"
import { Writable } from "node:stream"
import { Pipeline } from "holdfast"
import { expect, it } from "vitest"
import { noThirds } from "../fixtures/staged.ts"
import { eventually, failureOf, upTo } from "../pool/places.ts"
import { accounted } from "./accounts.ts"

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

it("a file that can't be opened stops the pipeline before there is a letter, and not the program", async () => {
  const deadLetter = createWriteStream("/no/such/folder/letters.jsonl")
  const pipeline = Pipeline.make("unopened")
    .stage("first", noThirds, { deadLetter })
    .stage("second", noThirds, { deadLetter })
  function* fine(): Generator<number> {
    for (let n = 1; ; n += 3) yield n
  }
  const error = await failureOf(pipeline.run(fine(), { pool: { isolation: "inline", logger: false } }))
  expect(error).toMatchObject({
    message: expect.stringMatching(/^the dead-letter sink of stage "first" failed: ENOENT: no such file/)
  })
  accounted(pipeline.report())
  await eventually(() => expect(deadLetter.listenerCount("error")).toBe(0))
})

it("a line holds each of the objects that refer to each other, and not every way through them", async () => {
  let looks = 0
  const nodes: Array<object> = Array.from({ length: 11 }, (_, id) => ({
    id,
    get others() {
      looks++
      return [...nodes]
    }
  }))
  const lines: Array<string> = []
  const deadLetter = new Writable({
    write: (line: Buffer, _encoding, done) => {
      lines.push(String(line))
      done()
    }
  })
  const none = (): never => {
    throw new Error("none is good")
  }
  const pool = { isolation: "inline", logger: false } as const
  const pipeline = Pipeline.make("tangled").map("none", none, { deadLetter })
  expect(await pipeline.run([nodes[0]], { pool })).toEqual([])
  const { error, input } = JSON.parse(lines.join(""))
  expect(error.message).toMatch(/^stage "none" failed at its input 0/)
  expect(input.others.slice(0, 2)).toMatchObject([expect.stringMatching("above|circular"), { id: 1 }])
  for (const id of nodes.keys()) expect(lines.join("")).toContain(`{"id":${id},"others":[`)
  // There are near ten million.
  expect(looks).toBeLessThan(2 ** 20)
})
