import { describe, expect, it } from "vitest"
import {
  firstSize,
  grownSize,
  mayPrefetch,
  nextChunkSize,
  smoothed
} from "../../packages/supervisor/src/scheduler/chunk-size.ts"

describe("the size of a chunk", () => {
  const facts = { configured: "auto", autoSize: 64, meanMs: undefined, left: undefined, workers: 2 } as const

  it("is what was asked for, however few jobs are left", () => {
    for (const left of [undefined, 0, 1, 1_000]) {
      expect(nextChunkSize({ ...facts, configured: 7, left })).toBe(7)
    }
  })

  it("holds several where small ones were asked for and jobs are tiny: as many as take a millisecond, 64 at most", () => {
    const sizes = (configured: number) =>
      [0, 0.001, 0.04, 0.05, 3].map((meanMs) => nextChunkSize({ ...facts, configured, meanMs }))
    expect(sizes(1)).toEqual([64, 64, 25, 1, 1])
    expect(sizes(10)).toEqual([60, 60, 20, 10, 10])
    expect(sizes(100)).toEqual([100, 100, 100, 100, 100])
    const left = [512, 100, 16, 1, 0]
    expect(left.map((each) => nextChunkSize({ ...facts, configured: 1, meanMs: 0.01, left: each }))).toEqual([
      64, 13, 2, 1, 1
    ])
    expect(left.map((each) => nextChunkSize({ ...facts, configured: 10, meanMs: 0.01, left: each }))).toEqual([
      60, 13, 10, 10, 10
    ])
  })

  it("is what auto has grown to while nobody knows how many are left, or many are", () => {
    expect(nextChunkSize(facts)).toBe(64)
    expect(nextChunkSize({ ...facts, left: 1_000 })).toBe(64)
  })

  it("shrinks towards the end, so that no worker stands idle, and is never nothing", () => {
    expect([512, 100, 16, 8, 1, 0].map((left) => nextChunkSize({ ...facts, left }))).toEqual([64, 13, 2, 1, 1, 1])
    expect(nextChunkSize({ ...facts, left: 512, workers: 200 })).toBe(1)
  })

  it("hands everything out, however it shrinks", () => {
    for (const workers of [1, 2, 7, 64]) {
      let left = 1_000
      let chunks = 0
      while (left > 0 && chunks < 2_000) {
        const size = nextChunkSize({ ...facts, autoSize: 8192, left, workers })
        expect(size).toBeLessThanOrEqual(left)
        left -= size
        chunks++
      }
      expect(left).toBe(0)
    }
  })
})

describe("auto", () => {
  const grown = (rounds: number, meanMs: number): number => {
    let size = 1
    for (let round = 0; round < rounds; round++) size = grownSize(size, meanMs)
    return size
  }

  it("doubles for jobs that take no time to measure, up to its largest", () => {
    expect([1, 2, 3, 10].map((rounds) => grown(rounds, 0))).toEqual([2, 4, 8, 1024])
    expect(grown(30, 0)).toBe(7928)
    expect(grown(30, 0.000_001)).toBe(7928)
  })

  it("stops where a chunk takes some tens of milliseconds", () => {
    expect(grown(30, 1)).toBe(25)
    expect(grown(30, 10)).toBe(2)
  })

  it("stays at one job, or comes back to it, where jobs are slow", () => {
    expect(grown(30, 1_000)).toBe(1)
    expect(grownSize(4096, 1_000)).toBe(1)
    expect(grownSize(4096, Number.POSITIVE_INFINITY)).toBe(1)
  })
})

describe("the first chunk of a task that was seen before", () => {
  it("holds as many jobs as took a millisecond then, but few: these may be others", () => {
    expect([0, 0.000_01, 0.001, 0.3, 0.6, 1_000].map((meanMs) => firstSize(meanMs))).toEqual([32, 32, 32, 3, 1, 1])
  })
})

describe("the mean time of a job", () => {
  it("is the first sample, then follows the newer ones", () => {
    expect(smoothed(undefined, 8)).toBe(8)
    expect(smoothed(10, 10)).toBe(10)
    let mean: number | undefined
    for (const sample of [100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) mean = smoothed(mean, sample)
    expect(mean).toBeGreaterThan(0)
    expect(mean).toBeLessThan(5)
  })
})

describe("a chunk sent ahead", () => {
  const facts = { load: 1, queuedMs: 1, meanMs: 1, size: 1 }

  it("waits behind one that takes little", () => {
    expect(mayPrefetch(facts)).toBe(true)
    expect(mayPrefetch({ ...facts, queuedMs: 1_000 })).toBe(false)
    expect(mayPrefetch({ ...facts, size: 1_000 })).toBe(false)
  })

  it("is not sent where nothing has been measured", () => {
    expect(mayPrefetch({ ...facts, meanMs: undefined })).toBe(false)
    expect(mayPrefetch({ ...facts, queuedMs: Number.POSITIVE_INFINITY })).toBe(false)
  })

  it("is one of ever fewer, the more there are", () => {
    expect(mayPrefetch({ ...facts, load: 5, meanMs: 0.01 })).toBe(true)
    expect(mayPrefetch({ ...facts, load: 2, queuedMs: 20 })).toBe(false)
    expect(mayPrefetch({ ...facts, load: 10_000, queuedMs: 0, meanMs: 0 })).toBe(false)
  })
})
