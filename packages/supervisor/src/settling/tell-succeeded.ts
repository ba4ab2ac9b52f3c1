/** Tells the pool's events of jobs that have succeeded: one by one where each one's time is known, else together. */
import type { Ran } from "../collect/Sink.ts"
import { indexOf } from "../failure/summary.ts"
import type { ValueList } from "../protocol/value-list.ts"
import type { EventBus } from "../reporting/EventBus.ts"
import type { Lane } from "../scheduler/Lane.ts"

/** Jobs `from` … of a lane, which have succeeded. */
export interface Done {
  readonly from: number
  readonly values: ValueList
  readonly ran: Ran
  /** What they took together. */
  readonly ms: number
  /** What each of them took, where that is known. */
  readonly each: ReadonlyArray<number> | undefined
}

export const tellSucceeded = (bus: EventBus, lane: Lane, { from, values, ran, ms, each }: Done): void => {
  if (!bus.active) return
  const { id: batch } = lane
  const task = lane.task.name
  const { worker } = ran
  const { attempt } = ran.chunk
  const first = indexOf(lane, from)
  const now = Date.now()
  if (each === undefined || values.length === 1) {
    const count = values.length
    bus.publish({ _tag: "JobsSucceeded", at: now, batch, task, worker, from: first, count, attempt, durationMs: ms })
    return
  }
  // All at this moment: events come in the order of their times, and the timeline knows that they can't overlap.
  let index = first
  for (const durationMs of each)
    bus.publish({ _tag: "JobsSucceeded", at: now, batch, task, worker, from: index++, count: 1, attempt, durationMs })
}
