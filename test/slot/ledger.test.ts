import { expect, it } from "vitest"
import { Chunk } from "../../packages/supervisor/src/scheduler/Chunk.ts"
import { Ledger } from "../../packages/supervisor/src/slot/Ledger.ts"
import { laneOf } from "../scheduler/lanes.ts"

const chunkOf = (id: number): Chunk =>
  new Chunk({
    id,
    lane: laneOf({ options: { concurrency: 3 } }),
    base: 0,
    inputs: [id],
    attempt: 1,
    seat: undefined,
    since: 1
  })

it("counts a chunk's time from when it came to stand in front, whatever ends beside or behind it", () => {
  const ledger = new Ledger()
  const [first, beside, last] = [chunkOf(1), chunkOf(2), chunkOf(3)]
  for (const chunk of [first, beside, last]) ledger.add(chunk)
  beside.next = 1
  expect(ledger.removeFinished(beside)).toBe(true)
  expect(first.since).toBe(1)
  first.next = 1
  expect(ledger.removeFinished(first)).toBe(true)
  expect(last.since).toBeGreaterThan(1)
})
