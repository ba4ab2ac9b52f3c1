import { expect, it, onTestFinished, vi } from "vitest"
import { monotonicNow } from "../../packages/supervisor/src/protocol/page.ts"
import { JobClock } from "../../packages/supervisor/src/slot/JobClock.ts"
import type { Slot } from "../../packages/supervisor/src/slot/Slot.ts"

type Owner = ConstructorParameters<typeof JobClock>[0]

/** What the clock is told of: a chunk of one job with this limit, begun at this moment. */
const running = (startedAt: number, timeoutMs: number, arm: (left: number) => void): Slot => {
  const lane = { call: { timeoutMs } }
  const since = monotonicNow()
  const chunk = { id: 1, next: 0, count: 1, finished: false, loads: false, since, forsaken: new Set(), lane }
  return {
    chunks: [chunk],
    link: { pid: 1, mark: () => ({ chunkId: 1, offset: 0, startedAt }) },
    ahead: { begin: arm, glance: () => undefined }
  } as unknown as Slot
}

it("has the debugger readied for each job that runs long, also where it began a moment after it was sent", () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const owner = { expired: (_: Slot, { id }: { id: number }) => void expired.push(id) } as unknown as Owner
  const expired: Array<number> = []
  for (let tenths = 0; tenths <= 20; tenths++) {
    const late = tenths / 10
    const armed: Array<number> = []
    const clock = new JobClock(owner, { stallMs: 600_000, loadMs: 600_000 })
    clock.watch(running(monotonicNow() + late, 1000, (left) => void armed.push(left)))
    vi.advanceTimersByTime(1100)
    clock.stop()
    expect({ late, armed: armed.length > 0 }).toEqual({ late, armed: true })
    expect(armed[0]).toBeGreaterThan(400)
  }
  expect(expired).toHaveLength(21)
})

it("watches the chunk behind one that has just ended, which has no limit of its own", async () => {
  const expired: Array<number> = []
  const owner: Owner = {
    expired: (_, { id }) => void expired.push(id),
    stalled: () => undefined,
    neverLoaded: () => undefined
  } as Owner
  const chunk = (id: number, call: object, next: number) => ({
    id,
    next,
    count: 1,
    finished: next === 1,
    loads: false,
    since: monotonicNow(),
    forsaken: new Set(),
    lane: { call }
  })
  const mark = { chunkId: 2, offset: 0, startedAt: monotonicNow() }
  const slot = {
    chunks: [chunk(1, {}, 1), chunk(2, { timeoutMs: 30 }, 0)],
    link: { pid: 1, mark: () => mark },
    ahead: { begin: () => undefined, glance: () => undefined }
  } as unknown as Slot
  const clock = new JobClock(owner, { stallMs: 600_000, loadMs: 600_000 })
  clock.watch(slot)
  try {
    await expect.poll(() => expired, { timeout: 10_000 }).toEqual([2])
  } finally {
    clock.stop()
  }
})

it("counts the time of a task's loading beside another job from when the worker comes to it", () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const gaveUp: Array<number> = []
  const owner = { neverLoaded: (_: Slot, { id }: { id: number }) => void gaveUp.push(id) } as unknown as Owner
  const chunk = (id: number, startedAt: number | undefined) => ({
    id,
    next: 0,
    count: 1,
    beside: true,
    finished: false,
    loads: startedAt === undefined,
    startedAt,
    since: monotonicNow(),
    forsaken: new Set(),
    lane: { call: {} }
  })
  const chunks = [chunk(1, monotonicNow()), chunk(2, undefined)]
  let mark = { chunkId: 1, offset: 0, startedAt: monotonicNow() }
  const slot = {
    chunks,
    head: chunks[0],
    link: { pid: 1, mark: () => mark },
    ahead: { begin: () => undefined, glance: () => undefined }
  } as unknown as Slot
  const clock = new JobClock(owner, { stallMs: undefined, loadMs: 10_000 })
  onTestFinished(() => clock.stop())
  clock.watch(slot)
  vi.advanceTimersByTime(60_000)
  mark = { chunkId: 2, offset: 0, startedAt: Number.POSITIVE_INFINITY }
  vi.advanceTimersByTime(5_000)
  // Another begins, and the mark is of that one.
  mark = { chunkId: 3, offset: 0, startedAt: monotonicNow() }
  vi.advanceTimersByTime(4_000)
  expect(gaveUp).toEqual([])
  vi.advanceTimersByTime(3_000)
  expect(gaveUp).toEqual([2])
})
