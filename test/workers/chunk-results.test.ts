/** When results of a chunk's jobs are sent: together while they come quickly, never much later than they were there. */
import { expect, it } from "vitest"
import { layout } from "../../packages/supervisor/src/protocol/page.ts"
import { ChunkResults, type ResultHost } from "../../packages/supervisor/src/worker/chunk-results.ts"
import { MappedPage } from "../../packages/supervisor/src/worker/page-writer.ts"

const START = 1000

const make = (keeps: boolean) => {
  const sent: Array<number> = []
  const host: ResultHost = {
    page: new MappedPage(new ArrayBuffer(layout.size)),
    output: { over: () => undefined, sync: () => 0, syncPrinted: () => 0 },
    send: (message) => sent.push(message._tag === "Values" ? message.count : 0) > 0
  }
  return { sent, results: new ChunkResults(host, 1, keeps, START) }
}

it("sends several after 2 ms, and few after 8", () => {
  const { results } = make(true)
  results.value(0, { a: 1 })
  expect(results.isDue(START + 1.9)).toBe(false)
  expect(results.isDue(START + 7.9)).toBe(false)
  expect(results.isDue(START + 8.1)).toBe(true)
  for (let offset = 1; offset < 4; offset++) results.value(offset, { a: 1 })
  expect(results.isDue(START + 1.9)).toBe(false)
  expect(results.isDue(START + 2.1)).toBe(true)
})

it("lets a single one not wait where the worker itself is about to wait", () => {
  const { results } = make(true)
  expect(results.isDue(START + 2.1, 1)).toBe(false)
  results.value(0, { a: 1 })
  expect(results.isDue(START + 1.9, 1)).toBe(false)
  expect(results.isDue(START + 2.1, 1)).toBe(true)
})

it("sends what is kept in one message, and what is no chunk's at once", () => {
  const { results, sent } = make(true)
  for (let offset = 0; offset < 3; offset++) results.value(offset, offset)
  expect(sent).toEqual([])
  results.flush()
  results.flush()
  expect(sent).toEqual([3])
  const alone = make(false)
  alone.results.value(0, 1)
  expect(alone.sent).toEqual([1])
})
