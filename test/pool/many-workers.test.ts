/**
 * Pools of more workers than a machine can start at once: each comes to work, one that dies among them is the one that is
 * blamed, and nothing is left. `HOLDFAST_MANY_WORKERS=200` plays it with so many, for as long as that takes.
 */
import { describe, expect, it } from "vitest"
import { StartOrder } from "../../packages/supervisor/src/pool/StartOrder.ts"
import type { SlotEvent, SlotState } from "../../packages/supervisor/src/slot/state.ts"
import { exitsFor } from "../fixtures/faulty.ts"
import { square, whoAmI } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { eventually, openIn, places, upTo } from "./places.ts"

const MANY = Number(process.env.HOLDFAST_MANY_WORKERS ?? 10)
const PATIENCE_MS = 600_000

const slots = (count: number) =>
  upTo(count).map((id) => {
    const slot = {
      id,
      state: { _tag: "vacant" } as SlotState,
      handle: (event: SlotEvent) => {
        slot.state = { _tag: event._tag === "Start" ? "starting" : "gone" }
      }
    }
    return slot
  })
const started = (all: ReadonlyArray<{ readonly id: number; readonly state: SlotState }>): Array<number> =>
  all.filter(({ state }) => state._tag !== "vacant").map(({ id }) => id)

describe("workers that are to start", () => {
  it("start in their order, so many at the same time, each as another is through", () => {
    const all = slots(5)
    const order = new StartOrder(60_000, 2)
    order.add(all)
    expect([started(all), order.waiting]).toEqual([[0, 1], 3])
    order.look()
    expect(started(all)).toEqual([0, 1])
    Object.assign(all[1] as object, { state: { _tag: "idle" } })
    order.look()
    expect(started(all)).toEqual([0, 1, 2])
    Object.assign(all[0] as object, { state: { _tag: "backingOff" } })
    Object.assign(all[2] as object, { state: { _tag: "busy", load: 1 } })
    order.look()
    expect([started(all), order.waiting]).toEqual([[0, 1, 2, 3, 4], 0])
  })

  it("are passed over where they have gone before their turn, and wait no more once it is over", () => {
    const all = slots(6)
    const order = new StartOrder(60_000, 1)
    order.add(all)
    Object.assign(all[1] as object, { state: { _tag: "gone" } })
    Object.assign(all[0] as object, { state: { _tag: "idle" } })
    order.look()
    expect(all.map(({ state }) => state._tag)).toEqual(["idle", "gone", "starting", "vacant", "vacant", "vacant"])
    order.end()
    Object.assign(all[2] as object, { state: { _tag: "idle" } })
    order.look()
    expect(order.waiting).toBe(0)
    expect(all[3]?.state._tag).toBe("vacant")
  })

  it("are not held up by those whose start waits for something else", async () => {
    const all = slots(3)
    const order = new StartOrder(5, 1)
    order.add(all)
    await eventually(() => expect(started(all)).toEqual([0, 1, 2]))
    order.end()
  })
})

describe.each(places)(`a pool of ${MANY} workers, $isolation`, (place) => {
  it("has all of them work, blames the one that dies, and leaves nothing", { timeout: PATIENCE_MS }, async () => {
    const before = snapshotLeaks()
    const pool = await openIn(place, { workers: MANY })
    const who = await pool.broadcast(whoAmI, undefined)
    expect(new Set(who.map(({ workerId }) => workerId)).size).toBe(MANY)
    expect(await pool.map(square, upTo(MANY * 10), { chunkSize: 1 })).toEqual(upTo(MANY * 10).map((n) => n * n))
    if (place.isolated) {
      const bad = MANY - 3
      const outcomes = await pool.settle(
        exitsFor,
        upTo(MANY * 2).map((n) => ({ n, bad })),
        { chunkSize: 1 }
      )
      expect(outcomes.flatMap(({ _tag, job }) => (_tag === "Failed" ? [job.index] : []))).toEqual([bad])
      expect(outcomes[bad]).toMatchObject({ error: { _tag: "WorkerCrashed", exitCode: 3 } })
      await eventually(() => expect(pool.workers.reduce((sum, { restarts }) => sum + restarts, 0)).toBe(1))
    }
    await pool.close()
    await expectNoLeaks(before, 20_000)
  })

  it("can be ended while most of them have not been started", { timeout: PATIENCE_MS }, async () => {
    const before = snapshotLeaks()
    for (const end of ["close", "terminate"] as const) {
      const pool = await openIn(place, { workers: MANY * 3 })
      await pool[end]()
      expect(pool.workers.every(({ state }) => state === "gone")).toBe(true)
    }
    const shrunk = await openIn(place, { workers: MANY * 3 })
    await shrunk.resize(1)
    expect(await shrunk.run(square, 3)).toBe(9)
    expect(shrunk.workers).toHaveLength(1)
    await shrunk.close()
    await expectNoLeaks(before, 20_000)
  })
})
