/**
 * A slot's life as one pure function. A slot is the parent's side of one worker, outliving the workers that
 * come and go in it. `transition` says which state follows and what is to be done; `Slot.ts` does it. Nobody
 * else writes the state.
 *
 *   vacant ─► starting ─► idle ◄─► busy ─► retiring ─► stopping ─► (exit) ─► backingOff ─► starting …
 *                 └──────────┴──────┴─────────┴──► killing ─► (exit) ─► backingOff | gone
 */

export type SlotState =
  | { readonly _tag: "vacant" }
  | { readonly _tag: "starting" }
  | { readonly _tag: "idle" }
  | { readonly _tag: "busy"; readonly load: number }
  /** Finishes the chunks it has, takes no more, then stops. */
  | { readonly _tag: "retiring"; readonly load: number }
  /** Asked to release its contexts and end. */
  | { readonly _tag: "stopping" }
  /** Killed; its exit has not been told yet. */
  | { readonly _tag: "killing" }
  | { readonly _tag: "backingOff" }
  | { readonly _tag: "gone" }

export type SlotEvent =
  | { readonly _tag: "Start" }
  | { readonly _tag: "Ready" }
  /** A chunk was sent to it, or has ended on it. */
  | { readonly _tag: "Took" }
  | { readonly _tag: "Finished" }
  /** To be replaced once it has finished what it runs. */
  | { readonly _tag: "Retire" }
  | { readonly _tag: "Kill" }
  | { readonly _tag: "StartTimedOut" }
  | { readonly _tag: "GraceElapsed" }
  /** Its worker ended. `restartInMs`: when the next one starts; undefined for never. */
  | { readonly _tag: "Exited"; readonly restartInMs: number | undefined }
  | { readonly _tag: "BackoffElapsed" }

export type SlotAction =
  | { readonly _tag: "Spawn" }
  | { readonly _tag: "AskToEnd" }
  | { readonly _tag: "KillWorker" }
  | { readonly _tag: "SetTimer"; readonly timer: "start" | "grace" }
  | { readonly _tag: "SetBackoff"; readonly ms: number }
  | { readonly _tag: "ClearTimer" }
  /** It can take work. */
  | { readonly _tag: "Offer" }

type Next = readonly [SlotState, ReadonlyArray<SlotAction>]

const spawn: Next = [{ _tag: "starting" }, [{ _tag: "SetTimer", timer: "start" }, { _tag: "Spawn" }]]
const stop: Next = [{ _tag: "stopping" }, [{ _tag: "AskToEnd" }, { _tag: "SetTimer", timer: "grace" }]]
const kill: Next = [{ _tag: "killing" }, [{ _tag: "ClearTimer" }, { _tag: "KillWorker" }]]

const afterExit = (restartInMs: number | undefined): Next => {
  if (restartInMs === undefined) return [{ _tag: "gone" }, [{ _tag: "ClearTimer" }]]
  if (restartInMs <= 0) return [{ _tag: "starting" }, [{ _tag: "ClearTimer" }, ...spawn[1]]]
  return [{ _tag: "backingOff" }, [{ _tag: "ClearTimer" }, { _tag: "SetBackoff", ms: restartInMs }]]
}

const isAlive = (state: SlotState): boolean =>
  state._tag !== "vacant" && state._tag !== "backingOff" && state._tag !== "gone"

/** What follows `event` in `state`. An event that means nothing there changes nothing. */
export const transition = (state: SlotState, event: SlotEvent): Next => {
  const same: Next = [state, []]
  switch (event._tag) {
    case "Start":
      return state._tag === "vacant" ? spawn : same
    case "Ready":
      return state._tag === "starting" ? [{ _tag: "idle" }, [{ _tag: "ClearTimer" }, { _tag: "Offer" }]] : same
    case "Took":
      if (state._tag === "idle") return [{ _tag: "busy", load: 1 }, []]
      return state._tag === "busy" ? [{ _tag: "busy", load: state.load + 1 }, []] : same
    case "Finished":
      if (state._tag === "busy") {
        return [state.load > 1 ? { _tag: "busy", load: state.load - 1 } : { _tag: "idle" }, [{ _tag: "Offer" }]]
      }
      if (state._tag === "retiring") return state.load > 1 ? [{ _tag: "retiring", load: state.load - 1 }, []] : stop
      return same
    case "Retire":
      if (state._tag === "idle") return stop
      if (state._tag === "starting") return stop
      return state._tag === "busy" ? [{ _tag: "retiring", load: state.load }, []] : same
    case "Kill":
      if (state._tag === "killing") return same
      if (isAlive(state)) return kill
      return state._tag === "gone" ? same : [{ _tag: "gone" }, [{ _tag: "ClearTimer" }]]
    case "StartTimedOut":
      return state._tag === "starting" ? kill : same
    case "GraceElapsed":
      return state._tag === "stopping" ? kill : same
    case "Exited":
      return isAlive(state) ? afterExit(event.restartInMs) : same
    case "BackoffElapsed":
      return state._tag === "backingOff" ? spawn : same
    default:
      return event satisfies never
  }
}
