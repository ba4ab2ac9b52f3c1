import { expect, it } from "vitest"
import { grownSize, mayPrefetch, nextChunkSize } from "../../packages/supervisor/src/scheduler/chunk-size.ts"

it("keeps to a size that was asked for", () => {
  expect(nextChunkSize({ configured: 7, autoSize: 100, left: 3, workers: 2 })).toBe(7)
})

it("shares out the last jobs, so that no worker stands idle", () => {
  const of = (left: number) => nextChunkSize({ configured: "auto", autoSize: 1000, left, workers: 2 })
  expect([100_000, 800, 8, 1, 0].map(of)).toEqual([1000, 100, 1, 1, 1])
})

it("takes what it has grown to where the end is not known", () => {
  expect(nextChunkSize({ configured: "auto", autoSize: 64, left: undefined, workers: 2 })).toBe(64)
})

it("doubles while a chunk stays short, and falls back at once for long jobs", () => {
  expect(grownSize(1, 0.001)).toBe(2)
  expect(grownSize(64, 0.001)).toBe(128)
  expect(grownSize(128, 10)).toBe(2)
  expect(grownSize(128, 60_000)).toBe(1)
  expect(grownSize(8192, 0)).toBe(8192)
})

it("sends a chunk ahead only where all that waits at the worker is known to be short", () => {
  const at = (load: number, queuedMs: number, meanMs: number | undefined, size: number) =>
    mayPrefetch({ load, queuedMs, meanMs, size })
  expect(at(1, 10, 0.01, 1000)).toBe(true)
  expect(at(1, Number.POSITIVE_INFINITY, 0.01, 1)).toBe(false)
  expect(at(1, 10, undefined, 1)).toBe(false)
  expect(at(1, 10, 1000, 1)).toBe(false)
  expect(at(5, 1, 0.01, 1)).toBe(true)
  expect(at(5, 20, 0.01, 1)).toBe(false)
  expect(at(64, 0, 0.001, 1)).toBe(false)
})
