/** Which jobs a dump tells of, where a worker goes on while it is looked at. */
import { expect, it } from "vitest"
import { asToldNow, type Running } from "../../packages/supervisor/src/dump/running-jobs.ts"
import type { Chunk } from "../../packages/supervisor/src/scheduler/Chunk.ts"

const [one, other] = [{}, {}] as [Chunk, Chunk]
const job = (chunk: Chunk, offset: number, startedAt: number): Running => ({ chunk, offset, startedAt })
const LOADING = Number.POSITIVE_INFINITY

it("a job that has begun while its worker was looked at is not told of as being loaded", () => {
  expect(asToldNow([job(one, 3, LOADING)], [job(one, 3, 17)])).toEqual([job(one, 3, 17)])
})

it("a job that has ended meanwhile is told of as it was, and not the one that came after it", () => {
  const before = [job(one, 3, 5)]
  expect(asToldNow(before, [])).toEqual(before)
  expect(asToldNow(before, [job(one, 4, 17)])).toEqual(before)
  expect(asToldNow(before, [job(other, 3, 17)])).toEqual(before)
})
