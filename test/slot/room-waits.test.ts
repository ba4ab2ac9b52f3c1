import { expect, it } from "vitest"
import { RoomWaits } from "../../packages/supervisor/src/slot/RoomWaits.ts"

const limits = { max: 3, withinMs: 1_000, backoffMinMs: 50, backoffMaxMs: 200 }

it("waits twice as long from one refused start to the next, each slot by itself, until it has done a job", () => {
  const waits = new RoomWaits(limits)
  const [first, second] = [{ jobsDone: 0 }, { jobsDone: 7 }]
  expect([1, 2, 3, 4].map(() => waits.nextMs(first))).toEqual([50, 100, 200, 200])
  expect([1, 2].map(() => waits.nextMs(second))).toEqual([50, 100])
  first.jobsDone++
  expect([waits.nextMs(first), waits.nextMs(first), waits.nextMs(second)]).toEqual([50, 100, 200])
})
