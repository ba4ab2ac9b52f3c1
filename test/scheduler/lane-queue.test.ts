import { describe, expect, it } from "vitest"
import type { Lane } from "../../packages/supervisor/src/scheduler/Lane.ts"
import { LaneQueue } from "../../packages/supervisor/src/scheduler/LaneQueue.ts"
import { laneOf } from "./lanes.ts"

const lanesOf = (...priorities: ReadonlyArray<number>): Array<Lane> =>
  priorities.map((priority) => laneOf({ inputs: [1, 2, 3, 4, 5, 6], options: { priority }, bounded: false }))

const queueOf = (lanes: ReadonlyArray<Lane>): LaneQueue => {
  const queue = new LaneQueue()
  for (const lane of lanes) queue.add(lane)
  return queue
}

/** Which lanes are served, one job each, until none is left or `times` is reached. */
const served = (queue: LaneQueue, lanes: ReadonlyArray<Lane>, times: number): Array<number> => {
  const order: Array<number> = []
  for (let time = 0; time < times; time++) {
    const lane = queue.next(1, () => true)
    if (lane === undefined) break
    lane.take(1, 1)
    order.push(lanes.indexOf(lane))
  }
  return order
}

describe("the queue of lanes", () => {
  it("serves lanes of one priority in turn", () => {
    const lanes = lanesOf(0, 0, 0)
    expect(served(queueOf(lanes), lanes, 7)).toEqual([0, 1, 2, 0, 1, 2, 0])
  })

  it("serves a higher priority as long as it has work, also a negative and a fractional one", () => {
    const lanes = lanesOf(-1, 0.5, 3, 0)
    expect(served(queueOf(lanes), lanes, 100)).toEqual([2, 1, 3, 0].flatMap((at) => Array<number>(6).fill(at)))
  })

  it("lets one that is added late have its turn, at once if its priority is higher", () => {
    const lanes = lanesOf(0, 0, 9)
    const queue = queueOf(lanes.slice(0, 1))
    expect(served(queue, lanes, 2)).toEqual([0, 0])
    queue.add(lanes[1] as Lane)
    expect(served(queue, lanes, 2)).toEqual([0, 1])
    queue.add(lanes[2] as Lane)
    expect(served(queue, lanes, 3)).toEqual([2, 2, 2])
  })

  it("passes over lanes without work, and keeps their turn", () => {
    const lanes = lanesOf(0, 0, 0)
    const queue = queueOf(lanes)
    const [first] = lanes
    if (first !== undefined) first.prepared = false
    expect(served(queue, lanes, 2)).toEqual([1, 2])
    if (first !== undefined) first.prepared = true
    expect(served(queue, lanes, 1)).toEqual([0])
  })

  it("gives the first that is allowed, and the others keep their place", () => {
    const lanes = lanesOf(0, 0, 0)
    const queue = queueOf(lanes)
    expect(queue.next(1, (lane) => lane === lanes[1])).toBe(lanes[1])
    expect(served(queue, lanes, 3)).toEqual([0, 2, 1])
    expect(queue.next(1, () => false)).toBeUndefined()
  })

  it("asks but a few whether they are allowed, however many there are", () => {
    const queue = queueOf(lanesOf(...Array<number>(1_000).fill(0)))
    let asked = 0
    queue.next(1, () => {
      asked++
      return false
    })
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThan(50)
  })

  it("forgets what is removed, and bears to be asked twice", () => {
    const lanes = lanesOf(0, 5, 0)
    const queue = queueOf(lanes)
    queue.remove(lanes[1] as Lane)
    queue.remove(lanes[1] as Lane)
    queue.remove(laneOf({}))
    expect(queue.all).toEqual([lanes[0], lanes[2]])
    expect(queue.some((lane) => lane === lanes[1])).toBe(false)
    expect(queue.some((lane) => lane === lanes[2])).toBe(true)
    expect(served(queue, lanes, 2)).toEqual([0, 2])
  })
})
