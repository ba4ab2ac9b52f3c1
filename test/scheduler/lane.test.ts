import { describe, expect, it } from "vitest"
import { SubmittedSource } from "../../packages/supervisor/src/scheduler/SubmittedSource.ts"
import { laneOf } from "./lanes.ts"

const upTo = (count: number): Array<number> => Array.from({ length: count }, (_, at) => at)

describe("a lane", () => {
  it("hands out its inputs in order, in pieces no larger than asked for, and knows when it is complete", () => {
    const lane = laneOf({ inputs: upTo(5), bounded: false })
    expect([lane.take(2, 1), lane.take(2, 1), lane.take(2, 1), lane.take(2, 1)]).toEqual([
      { base: 0, inputs: [0, 1], attempt: 1 },
      { base: 2, inputs: [2, 3], attempt: 1 },
      { base: 4, inputs: [4], attempt: 1 },
      undefined
    ])
    expect([lane.read, lane.outstanding, lane.complete]).toEqual([5, 5, false])
    lane.outstanding = 0
    expect([lane.hasWork(1), lane.complete]).toEqual([false, true])
  })

  it("begins with what is known of its task, but neither sends nor reads ahead on the word of that", () => {
    const startOf = (setup: Parameters<typeof laneOf>[0], meanMs: number | undefined) => {
      const lane = laneOf(setup)
      lane.expect(meanMs)
      return { meanMs: lane.meanMs, autoSize: lane.autoSize }
    }
    expect(startOf({ bounded: false }, 0.01)).toEqual({ meanMs: undefined, autoSize: 32 })
    expect(startOf({ bounded: false }, 0.2)).toEqual({ meanMs: undefined, autoSize: 5 })
    const unknown = { meanMs: undefined, autoSize: 1 }
    expect(startOf({ bounded: false }, undefined)).toEqual(unknown)
    expect(startOf({ bounded: true }, 0.01)).toEqual(unknown)
    expect(startOf({ bounded: false, single: true }, 0.01)).toEqual(unknown)
    expect(startOf({ bounded: false, options: { queueTimeout: 100 } }, 0.01)).toEqual(unknown)
  })

  it("of no inputs is complete at once, of an empty iterator once that has been read", () => {
    expect(laneOf({ inputs: [] }).complete).toBe(true)
    const lane = laneOf({ inputs: new Set() })
    expect([lane.complete, lane.hasWork(1), lane.take(1, 1), lane.complete]).toEqual([false, true, undefined, true])
  })

  it("remembers nothing of a dropped job that is not in line: one that waits for the time of its next attempt", () => {
    const lane = laneOf({ inputs: upTo(3), bounded: false })
    lane.take(3, 1)
    lane.drop(1)
    expect(lane.isDropped(1)).toBe(false)
    lane.again(1, 1, 2)
    lane.drop(1)
    expect(lane.isDropped(1)).toBe(true)
    expect(lane.take(3, 1)).toBeUndefined()
    expect(lane.isDropped(1)).toBe(false)
  })

  it("hands out first what was given back", () => {
    const lane = laneOf({ inputs: upTo(6), bounded: false })
    const piece = lane.take(4, 1)
    lane.giveBack({ base: 2, inputs: piece?.inputs.slice(2) ?? [], attempt: 1 })
    expect(lane.take(1, 1)).toEqual({ base: 2, inputs: [2], attempt: 1 })
    expect(lane.take(5, 1)).toEqual({ base: 3, inputs: [3], attempt: 1 })
    expect(lane.take(5, 1)).toEqual({ base: 4, inputs: [4, 5], attempt: 1 })
  })

  it("gives a job's further attempt a piece of its own", () => {
    const lane = laneOf({ inputs: upTo(3), bounded: false })
    lane.take(3, 1)
    lane.again(1, 1, 2)
    lane.again(0, 0, 3)
    expect([lane.take(9, 1), lane.take(9, 1), lane.take(9, 1)]).toEqual([
      { base: 1, inputs: [1], attempt: 2 },
      { base: 0, inputs: [0], attempt: 3 },
      undefined
    ])
  })

  it("leaves out jobs that were settled while they waited, wherever they stand", () => {
    const source = new SubmittedSource()
    const lane = laneOf({ source, single: true, bounded: false })
    for (const n of upTo(7)) source.push(n)
    for (const index of [0, 3, 4, 6]) lane.drop(index)
    const taken: Array<unknown> = []
    for (let piece = lane.take(9, 1); piece !== undefined; piece = lane.take(9, 1)) {
      taken.push(...Array.from(piece.inputs, (input, at) => [piece.base + at, input]))
    }
    expect(taken).toEqual([
      [1, 1],
      [2, 2],
      [5, 5]
    ])
    expect(lane.hasWork(1)).toBe(false)
  })

  it("reads no further ahead than its window", () => {
    let read = 0
    function* inputs(): Generator<number> {
      for (;;) yield read++
    }
    const lane = laneOf({ inputs: inputs(), options: { chunkSize: 3, lookAhead: 2 } })
    expect(lane.window(1)).toBe(6)
    expect([lane.take(4, 1)?.inputs.length, lane.take(4, 1)?.inputs.length, lane.take(4, 1)]).toEqual([4, 2, undefined])
    expect([read, lane.hasWork(1)]).toEqual([6, false])
    lane.undelivered -= 1
    expect([lane.hasWork(1), lane.take(4, 1)?.inputs.length, read]).toEqual([true, 1, 7])
  })

  it("has a window of two chunks for each job that can run at once, and never one that keeps a worker idle", () => {
    expect(laneOf({ options: { chunkSize: 10 } }).window(4)).toBe(80)
    expect(laneOf({ options: { chunkSize: 1_000_000 } }).window(4)).toBe(16_384)
    expect(laneOf({ options: { chunkSize: 1_000_000, lookAhead: 2 } }).window(4)).toBe(2_000_000)
    expect(laneOf({}).window(3)).toBe(6)
    expect(laneOf({ options: { concurrency: 4 } }).window(3)).toBe(24)
    expect(laneOf({ options: { concurrency: 1000 } }).window(20)).toBe(20_000)
    expect(laneOf({ bounded: false }).window(3)).toBe(Number.POSITIVE_INFINITY)
  })

  it("keeps what its iterable threw, after the inputs before it", () => {
    const broken = new Error("broken")
    function* inputs(): Generator<number> {
      yield 1
      yield 2
      throw broken
    }
    const lane = laneOf({ inputs: inputs(), options: { lookAhead: 100 } })
    expect(lane.take(5, 1)).toEqual({ base: 0, inputs: [1, 2], attempt: 1 })
    expect(lane.inputFailure).toEqual({ error: broken })
    lane.inputFailure = undefined
    expect([lane.hasWork(1), lane.take(5, 1)]).toEqual([false, undefined])
  })

  it("has nothing once it is stopped, and takes nothing back", () => {
    const lane = laneOf({ inputs: upTo(9), bounded: false })
    lane.take(2, 1)
    lane.stopped = true
    lane.giveBack({ base: 0, inputs: [0, 1], attempt: 1 })
    lane.again(0, 0, 2)
    expect([lane.hasWork(1), lane.complete, lane.drain().length]).toEqual([false, true, 1])
  })

  it("gives nothing to a worker while it is held, and has all of it afterwards", () => {
    const lane = laneOf({ inputs: upTo(3), bounded: false })
    lane.giveBack({ base: 0, inputs: [7], attempt: 2 })
    lane.held = true
    expect(lane.hasWork(1)).toBe(false)
    lane.held = false
    expect(lane.hasWork(1)).toBe(true)
    expect(lane.drain()).toHaveLength(2)
  })

  it("drains what waits: what was given back, and what is left of an array, but reads no iterator", () => {
    const lane = laneOf({ inputs: upTo(4), bounded: false })
    lane.giveBack(lane.take(2, 1) ?? { base: 0, inputs: [], attempt: 1 })
    expect(lane.drain()).toEqual([
      { base: 0, inputs: [0, 1], attempt: 1 },
      { base: 2, inputs: [2, 3], attempt: 1 }
    ])
    const endless = laneOf({ inputs: new Set(upTo(4)) })
    expect([endless.drain(), endless.read]).toEqual([[], 0])
  })

  it("calls what waits for its end once", () => {
    const lane = laneOf({})
    let calls = 0
    lane.atEnd(() => calls++)
    lane.end()
    lane.end()
    expect([calls, lane.ended]).toEqual([1, true])
  })

  it("does not work before its task's schemas are there", () => {
    const lane = laneOf({ inputs: [1] })
    lane.prepared = false
    expect(lane.hasWork(1)).toBe(false)
    lane.prepared = true
    expect(lane.hasWork(1)).toBe(true)
  })
})
