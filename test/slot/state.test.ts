import { describe, expect, it } from "vitest"
import {
  type SlotAction,
  type SlotEvent,
  type SlotState,
  transition
} from "../../packages/supervisor/src/slot/state.ts"

const states: ReadonlyArray<SlotState> = [
  { _tag: "vacant" },
  { _tag: "starting" },
  { _tag: "idle" },
  { _tag: "busy", load: 1 },
  { _tag: "busy", load: 2 },
  { _tag: "retiring", load: 1 },
  { _tag: "retiring", load: 2 },
  { _tag: "stopping" },
  { _tag: "killing" },
  { _tag: "backingOff" },
  { _tag: "gone" }
]

const events: ReadonlyArray<SlotEvent> = [
  { _tag: "Start" },
  { _tag: "Ready" },
  { _tag: "Took" },
  { _tag: "Finished" },
  { _tag: "Retire" },
  { _tag: "Kill" },
  { _tag: "StartTimedOut" },
  { _tag: "GraceElapsed" },
  { _tag: "Exited", restartInMs: undefined },
  { _tag: "Exited", restartInMs: 0 },
  { _tag: "Exited", restartInMs: 50 },
  { _tag: "BackoffElapsed" }
]

const nameOf = (state: SlotState): string => ("load" in state ? `${state._tag} ${state.load}` : state._tag)
const eventName = (event: SlotEvent): string =>
  event._tag === "Exited" ? `Exited ${event.restartInMs ?? "for good"}` : event._tag
const actionName = (action: SlotAction): string =>
  action._tag === "SetTimer"
    ? `SetTimer ${action.timer}`
    : action._tag === "SetBackoff"
      ? `SetBackoff ${action.ms}`
      : action._tag

const spawn = "starting: SetTimer start, Spawn"
const stop = "stopping: AskToEnd, SetTimer grace"
const kill = "killing: ClearTimer, KillWorker"
const exits = {
  "Exited for good": "gone: ClearTimer",
  "Exited 0": "starting: ClearTimer, SetTimer start, Spawn",
  "Exited 50": "backingOff: ClearTimer, SetBackoff 50"
}

/** Everything that changes something; whatever is not named here leaves the state as it is and does nothing. */
const table: Record<string, Record<string, string>> = {
  vacant: { Start: spawn, Kill: "gone: ClearTimer" },
  starting: { Ready: "idle: ClearTimer, Offer", Retire: stop, Kill: kill, StartTimedOut: kill, ...exits },
  idle: { Took: "busy 1: ", Retire: stop, Kill: kill, ...exits },
  "busy 1": { Took: "busy 2: ", Finished: "idle: Offer", Retire: "retiring 1: ", Kill: kill, ...exits },
  "busy 2": { Took: "busy 3: ", Finished: "busy 1: Offer", Retire: "retiring 2: ", Kill: kill, ...exits },
  "retiring 1": { Finished: stop, Kill: kill, ...exits },
  "retiring 2": { Finished: "retiring 1: ", Kill: kill, ...exits },
  stopping: { Kill: kill, GraceElapsed: kill, ...exits },
  killing: { ...exits },
  backingOff: { Kill: "gone: ClearTimer", BackoffElapsed: spawn },
  gone: {}
}

describe.each(states)("a slot that is $_tag ($load)", (state) => {
  it.each(events)("on $_tag ($restartInMs) does what the table says", (event) => {
    const [next, actions] = transition(state, event)
    const did = `${nameOf(next)}: ${actions.map(actionName).join(", ")}`
    expect(did).toBe(table[nameOf(state)]?.[eventName(event)] ?? `${nameOf(state)}: `)
  })

  it("is not changed by being asked", () => {
    const frozen = Object.freeze({ ...state })
    for (const event of events) transition(frozen, Object.freeze({ ...event }))
    expect(frozen).toEqual(state)
  })
})

describe("a slot's life", () => {
  const stateAfter = (...names: ReadonlyArray<SlotEvent["_tag"]>): string =>
    nameOf(
      names.reduce<SlotState>(
        (state, _tag) => transition(state, _tag === "Exited" ? { _tag, restartInMs: 0 } : { _tag })[0],
        { _tag: "vacant" }
      )
    )

  it("goes from start to work and back", () => {
    expect(stateAfter("Start", "Ready", "Took", "Took", "Finished", "Finished")).toBe("idle")
  })

  it("finishes what it has before it retires, and is replaced", () => {
    expect(stateAfter("Start", "Ready", "Took", "Took", "Retire", "Finished")).toBe("retiring 1")
    expect(stateAfter("Start", "Ready", "Took", "Retire", "Finished", "Exited")).toBe("starting")
  })

  it("does not come back to life by what is late", () => {
    expect(stateAfter("Start", "Kill", "Ready", "Finished", "GraceElapsed", "StartTimedOut")).toBe("killing")
  })

  it("ends from any state where no successor is wanted", () => {
    for (const state of states) {
      const killed = transition(state, { _tag: "Kill" })[0]
      const ended = transition(killed, { _tag: "Exited", restartInMs: undefined })[0]
      expect(ended._tag, nameOf(state)).toBe("gone")
    }
  })

  it("sets a timer wherever it waits for a worker, and for a worker alone", () => {
    for (const state of states)
      for (const event of events) {
        const [next, actions] = transition(state, event)
        if (next._tag === state._tag) continue
        const waits = ["starting", "stopping", "backingOff"].includes(next._tag)
        const sets = actions.some(({ _tag }) => _tag === "SetTimer" || _tag === "SetBackoff")
        expect(sets, `${nameOf(state)} on ${eventName(event)}`).toBe(waits)
      }
  })
})
