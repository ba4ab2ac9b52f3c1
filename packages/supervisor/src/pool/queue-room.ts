/**
 * How many more jobs a pool with a `maxQueue` takes in. Not what becomes of those that it doesn't.
 */
import type { LaneQueue } from "../scheduler/LaneQueue.ts"
import type { SubmittedSource } from "../scheduler/SubmittedSource.ts"
import type { Engine } from "./Engine.ts"

const TAKES: ReadonlySet<string> = new Set(["vacant", "starting", "idle", "busy"])

/** Submitted jobs that wait, and that no worker has yet. */
const queuedIn = (lanes: LaneQueue): number => {
  let waiting = 0
  for (const lane of lanes.all) if (lane.single) waiting += (lane.source as SubmittedSource).waiting
  return waiting
}

/**
 * Jobs that may still be submitted. Those that a worker without a job takes as soon as it can wait for nobody, though
 * they leave on a later turn; so does what is for a worker that is starting.
 */
export const roomInQueue = (engine: Engine): number => {
  const { concurrency, maxQueue } = engine.options
  if (maxQueue === undefined) return Number.POSITIVE_INFINITY
  let free = 0
  for (const { load, state } of engine.crew.members) if (TAKES.has(state._tag)) free += Math.max(0, concurrency - load)
  return Math.max(0, maxQueue + free - queuedIn(engine.lanes))
}
