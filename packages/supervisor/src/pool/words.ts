/**
 * What a running job says of itself, passed on: signs of life and checkpoints to what is remembered of it, progress
 * to the events, yielded values to whoever takes them.
 */
import { indexOf } from "../failure/summary.ts"
import type { Signal } from "../protocol/messages.ts"
import { monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Engine } from "./Engine.ts"
import { takePartial } from "./partials.ts"

export const takeWord = (
  { bus, clock }: Engine,
  slot: Slot,
  chunk: Chunk,
  offset: number,
  said: Signal["said"]
): void => {
  const { lane } = chunk
  const index = chunk.base + offset
  // A job is settled while its worker still has it, or by what came ahead of its words: a progress that is told then
  // stands in a bar for ever, and a history that is made then is kept for ever.
  const isOver = offset < chunk.next || chunk.forsaken.has(offset)
  if (said._tag === "Started") clock.watch(slot)
  else if (said._tag === "Heartbeat") chunk.beat = { offset, at: monotonicNow() }
  else if (said._tag === "Checkpoint") {
    // What it has saved as its time was up is for its next attempt.
    if (!isOver || lane.history.has(index)) lane.historyOf(index, chunk.inputs[offset]).checkpoint = said.value
  } else if (said._tag === "Partial") takePartial(slot, chunk, offset, said.value)
  else if (said._tag === "Progress" && bus.active && !isOver) {
    const { fraction, message } = said
    bus.publish({
      _tag: "JobProgress",
      at: Date.now(),
      batch: lane.id,
      task: lane.task.name,
      index: indexOf(lane, index),
      fraction,
      message
    })
  }
}
