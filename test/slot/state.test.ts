import { describe, expect, it } from "vitest"
import {
  type SlotAction,
  type SlotEvent,
  type SlotState,
  transition
} from "../../packages/supervisor/src/slot/state.ts"

const reached = (
  state: SlotState,
  ...events: ReadonlyArray<SlotEvent>
): readonly [SlotState, ReadonlyArray<string>] => {
  let actions: ReadonlyArray<SlotAction> = []
  let at = state
  for (const event of events) [at, actions] = transition(at, event)
  return [at, actions.map((action) => (action._tag === "SetTimer" ? `SetTimer ${action.timer}` : action._tag))]
}

const vacant: SlotState = { _tag: "vacant" }
const starting: SlotState = { _tag: "starting" }
const idle: SlotState = { _tag: "idle" }
const busy = (load: number): SlotState => ({ _tag: "busy", load })
const exit = (restartInMs: number | undefined): SlotEvent => ({ _tag: "Exited", restartInMs })

describe("a slot", () => {
  it("starts its worker, and offers itself once that is ready", () => {
    expect(reached(vacant, { _tag: "Start" })).toEqual([starting, ["SetTimer start", "Spawn"]])
    expect(reached(starting, { _tag: "Ready" })).toEqual([idle, ["ClearTimer", "Offer"]])
  })

  it("counts its chunks, and offers itself with each that ends", () => {
    expect(reached(idle, { _tag: "Took" }, { _tag: "Took" })).toEqual([busy(2), []])
    expect(reached(busy(2), { _tag: "Finished" })).toEqual([busy(1), ["Offer"]])
    expect(reached(busy(1), { _tag: "Finished" })).toEqual([idle, ["Offer"]])
  })

  it("finishes what it has before it retires, and takes no more", () => {
    const [retiring, actions] = reached(busy(2), { _tag: "Retire" })
    expect([retiring, actions]).toEqual([{ _tag: "retiring", load: 2 }, []])
    expect(reached(retiring, { _tag: "Took" })).toEqual([retiring, []])
    expect(reached(retiring, { _tag: "Finished" }, { _tag: "Finished" })).toEqual([
      { _tag: "stopping" },
      ["AskToEnd", "SetTimer grace"]
    ])
  })

  it.each([idle, starting])("is asked to end at once when it retires while $_tag", (state) => {
    expect(reached(state, { _tag: "Retire" })).toEqual([{ _tag: "stopping" }, ["AskToEnd", "SetTimer grace"]])
  })

  it.each<[SlotState, SlotEvent]>([
    [starting, { _tag: "StartTimedOut" }],
    [{ _tag: "stopping" }, { _tag: "GraceElapsed" }],
    [idle, { _tag: "Kill" }],
    [busy(3), { _tag: "Kill" }],
    [{ _tag: "retiring", load: 1 }, { _tag: "Kill" }]
  ])("has its worker killed: %o on %o", (state, event) => {
    expect(reached(state, event)).toEqual([{ _tag: "killing" }, ["ClearTimer", "KillWorker"]])
  })

  it("starts the next worker at once, after a wait, or never, as the exit says", () => {
    expect(reached(busy(1), exit(0))).toEqual([starting, ["ClearTimer", "SetTimer start", "Spawn"]])
    expect(reached(busy(1), exit(50))).toEqual([{ _tag: "backingOff" }, ["ClearTimer", "SetBackoff"]])
    expect(reached({ _tag: "backingOff" }, { _tag: "BackoffElapsed" })).toEqual([starting, ["SetTimer start", "Spawn"]])
    expect(reached(busy(1), exit(undefined))).toEqual([{ _tag: "gone" }, ["ClearTimer"]])
  })

  it("is gone for good, whatever comes", () => {
    const events: ReadonlyArray<SlotEvent> = [
      { _tag: "Start" },
      { _tag: "Ready" },
      { _tag: "Took" },
      { _tag: "Finished" },
      { _tag: "Retire" },
      { _tag: "Kill" },
      { _tag: "StartTimedOut" },
      { _tag: "GraceElapsed" },
      exit(0),
      { _tag: "BackoffElapsed" }
    ]
    for (const event of events) expect(reached({ _tag: "gone" }, event)).toEqual([{ _tag: "gone" }, []])
  })

  it("without a worker is gone as soon as it is killed", () => {
    expect(reached(vacant, { _tag: "Kill" })).toEqual([{ _tag: "gone" }, ["ClearTimer"]])
    expect(reached({ _tag: "backingOff" }, { _tag: "Kill" })).toEqual([{ _tag: "gone" }, ["ClearTimer"]])
  })

  it("passes over what a dead worker's timers still say", () => {
    expect(reached(idle, { _tag: "StartTimedOut" })).toEqual([idle, []])
    expect(reached(busy(1), { _tag: "GraceElapsed" })).toEqual([busy(1), []])
    expect(reached(idle, { _tag: "BackoffElapsed" })).toEqual([idle, []])
  })
})
