import { expect, it } from "vitest"
import { monotonicNow } from "../../packages/supervisor/src/protocol/page.ts"
import { JobClock } from "../../packages/supervisor/src/slot/JobClock.ts"
import type { Slot } from "../../packages/supervisor/src/slot/Slot.ts"

type Owner = ConstructorParameters<typeof JobClock>[0]

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
    arm: () => undefined,
    ahead: { glance: () => undefined }
  } as unknown as Slot
  const clock = new JobClock(owner, { stallMs: 600_000, loadMs: 600_000 })
  clock.watch(slot)
  try {
    await expect.poll(() => expired, { timeout: 10_000 }).toEqual([2])
  } finally {
    clock.stop()
  }
})
