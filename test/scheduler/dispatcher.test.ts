import { describe, expect, it } from "vitest"
import type { Chunk } from "../../packages/supervisor/src/scheduler/Chunk.ts"
import { Dispatcher, type DispatchOwner } from "../../packages/supervisor/src/scheduler/Dispatcher.ts"
import type { Lane } from "../../packages/supervisor/src/scheduler/Lane.ts"
import { LaneQueue } from "../../packages/supervisor/src/scheduler/LaneQueue.ts"
import { laneOf } from "./lanes.ts"

/** What a dispatcher knows of a worker's slot: what it has, and for how long. */
const slotWith = (...ms: ReadonlyArray<number>) => {
  const slot = {
    id: 1,
    width: 1,
    load: ms.length,
    queuedMs: ms.reduce((sum, each) => sum + each, 0),
    ran: [] as Array<Lane>,
    link: undefined,
    get state() {
      return { _tag: slot.load === 0 ? "idle" : "busy" }
    },
    run: ({ lane, count }: Chunk) => {
      slot.ran.push(lane)
      slot.load++
      slot.queuedMs += (lane.meanMs ?? Number.POSITIVE_INFINITY) * count
    },
    empty: () => {
      slot.load = 0
      slot.queuedMs = 0
    }
  }
  return slot
}

const dispatching = (slots: ReadonlyArray<ReturnType<typeof slotWith>>, lanes: ReadonlyArray<Lane>) => {
  const queue = new LaneQueue()
  for (const lane of lanes) queue.add(lane)
  return new Dispatcher(
    {
      slots,
      roomIn: () => Number.POSITIVE_INFINITY,
      isRestoring: () => false,
      known: () => ({ id: 1 }),
      keys: () => undefined,
      sent: () => undefined
    } as unknown as DispatchOwner,
    queue
  )
}

/** Of jobs that take so long, as was measured; of which none was, where that is undefined. */
const laneTaking = (meanMs: number | undefined, priority = 0): Lane => {
  const lane = laneOf({ inputs: Array.from({ length: 100 }, (_, n) => n), options: { priority }, bounded: false })
  lane.meanMs = meanMs
  return lane
}

describe("what is sent ahead to busy workers", () => {
  it("is a chunk of a lane whose jobs are known to be short", () => {
    const slot = slotWith(20)
    const lane = laneTaking(20)
    dispatching([slot], [lane]).pump()
    expect(slot.ran).toEqual([lane])
  })

  it.each([
    ["was never measured", undefined],
    ["takes long", 200]
  ])("is nothing of other lanes where the one whose turn it is %s: it gets the worker next", (_, ms) => {
    const slot = slotWith(20)
    const [waits, large] = [laneTaking(ms), laneTaking(20)]
    const dispatcher = dispatching([slot], [waits, large])
    dispatcher.pump()
    expect(slot.ran).toEqual([])
    slot.empty()
    dispatcher.pump()
    expect(slot.ran[0]).toBe(waits)
  })

  it("goes on to the others: one worker is enough for whoever waits", () => {
    const [first, second, third] = [slotWith(20, 20), slotWith(20), slotWith(20)]
    const [waits, large] = [laneTaking(undefined, 1), laneTaking(20)]
    dispatching([first, second, third], [large, waits]).pump()
    expect([first, second, third].map(({ ran }) => ran)).toEqual([[], [], [large]])
  })
})
