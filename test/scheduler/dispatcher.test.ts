import { describe, expect, it } from "vitest"
import type { Chunk } from "../../packages/supervisor/src/scheduler/Chunk.ts"
import { Dispatcher, type DispatchOwner } from "../../packages/supervisor/src/scheduler/Dispatcher.ts"
import type { Lane } from "../../packages/supervisor/src/scheduler/Lane.ts"
import { LaneQueue } from "../../packages/supervisor/src/scheduler/LaneQueue.ts"
import { laneOf } from "./lanes.ts"

/** What a dispatcher knows of a worker's slot: what it has, and for how long. */
const slotWith = (...ms: ReadonlyArray<number>) => slotOf(1, ms)

const slotOf = (id: number, ms: ReadonlyArray<number>) => {
  const slot = {
    id,
    width: 1,
    jobsGiven: ms.length,
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
      slot.jobsGiven += count
      slot.width = lane.call.concurrency
      slot.queuedMs += (lane.meanMs ?? Number.POSITIVE_INFINITY) * count
    },
    empty: () => {
      slot.load = 0
      slot.queuedMs = 0
    }
  }
  return slot
}

type FakeSlot = ReturnType<typeof slotOf>

const dispatching = (slots: ReadonlyArray<FakeSlot>, lanes: ReadonlyArray<Lane>, stalled?: FakeSlot) => {
  const queue = new LaneQueue()
  for (const lane of lanes) queue.add(lane)
  return new Dispatcher(
    {
      slots,
      roomIn: () => Number.POSITIVE_INFINITY,
      isRestoring: () => false,
      isStalled: (slot: unknown) => slot === stalled,
      known: () => ({ id: 1 }),
      keys: () => undefined,
      sent: () => undefined
    } as unknown as DispatchOwner,
    queue
  )
}

/** Of jobs that take so long, as was measured; of which none was, where that is undefined. */
const laneTaking = (meanMs: number | undefined, options: Readonly<Record<string, unknown>> = {}): Lane => {
  const lane = laneOf({ inputs: Array.from({ length: 100 }, (_, n) => n), options, bounded: false })
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

  it("waits on all workers: which of them is idle first can't be told", () => {
    const slots = [slotWith(20, 20), slotWith(20), slotWith(20)]
    const [waits, large] = [laneTaking(undefined, { priority: 1 }), laneTaking(20)]
    dispatching(slots, [large, waits]).pump()
    expect(slots.map(({ ran }) => ran)).toEqual([[], [], []])
  })

  it("goes to no worker whose job was seen to be slow", () => {
    const [stalled, other] = [slotWith(1), slotWith(1)]
    const lane = laneTaking(1)
    dispatching([stalled, other], [lane], stalled).pump()
    expect(stalled.ran).toEqual([])
    expect(other.ran).toContain(lane)
  })
})

describe("a job for one worker alone", () => {
  it("has it once what it runs is done: nothing is sent there ahead of it, nor beside that", () => {
    const [slot, other] = [slotOf(1, [20]), slotOf(2, [20])]
    const [ahead, beside] = [laneTaking(20), laneTaking(20, { concurrency: 3 })]
    const alone = laneOf({ inputs: [1], target: 1 })
    alone.meanMs = 20
    slot.width = 3
    const dispatcher = dispatching([slot, other], [ahead, beside, alone])
    dispatcher.pump()
    expect(slot.ran).toEqual([])
    expect(other.ran).not.toEqual([])
    slot.empty()
    dispatcher.pump()
    expect(slot.ran[0]).toBe(alone)
    expect(slot.ran.length).toBeGreaterThan(1)
  })
})

describe("jobs that may run beside others", () => {
  it("fill their worker twice over before one who needs it alone has his turn", () => {
    const slot = slotWith()
    const [wide, narrow] = [laneTaking(100, { concurrency: 5 }), laneTaking(100)]
    const dispatcher = dispatching([slot], [wide, narrow])
    dispatcher.pump()
    expect(slot.ran).toEqual(new Array(5).fill(wide))
    // One ends after the other, and the next is sent.
    for (let ended = 0; ended < 20; ended++) {
      slot.load--
      slot.queuedMs -= 100
      dispatcher.pump()
      if (slot.ran.includes(narrow)) break
    }
    expect(slot.ran.filter((lane) => lane === wide).length).toBeGreaterThanOrEqual(10)
    expect(slot.ran.filter((lane) => lane === wide).length).toBeLessThan(14)
    expect(slot.ran.at(-1)).toBe(narrow)
  })
})
