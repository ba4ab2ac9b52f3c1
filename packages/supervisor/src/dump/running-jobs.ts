/**
 * Which jobs a slot's worker runs at this moment, by its mark and by what it has said of those that run side by side;
 * and how many it has that have not begun.
 */
import type { JobDump } from "@holdfast/core"
import { indexOf, keyOf, NO_LOGS } from "../failure/summary.ts"
import type { Waited } from "../protocol/messages.ts"
import { monotonicNow } from "../protocol/page.ts"
import { previewOf } from "../protocol/preview.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import { waitsOf } from "../slot/own-waits.ts"
import type { Slot } from "../slot/Slot.ts"

/** A running job. */
export interface Running {
  readonly chunk: Chunk
  readonly offset: number
  /** By the monotonic clock; not finite while its task's module loads. */
  readonly startedAt: number
}

const isOver = ({ chunk, offset }: Running): boolean => offset >= chunk.count || chunk.forsaken.has(offset)

export const runningIn = (slot: Slot): ReadonlyArray<Running> => {
  const running: Array<Running> = []
  const mark = slot.link?.mark()
  for (const chunk of slot.chunks) {
    if (chunk.finished) continue
    if (chunk.startedAt !== undefined) running.push({ chunk, offset: chunk.next, startedAt: chunk.startedAt })
    else if (mark?.chunkId === chunk.id && mark.offset >= chunk.next)
      running.push({ chunk, offset: mark.offset, startedAt: mark.startedAt })
  }
  return running.filter((each) => !isOver(each))
}

/** Those that ran before, as they are told of now, where they are: one whose task was being loaded may have begun since. */
export const asToldNow = (before: ReadonlyArray<Running>, now: ReadonlyArray<Running>): ReadonlyArray<Running> =>
  before.map((job) => now.find(({ chunk, offset }) => chunk === job.chunk && offset === job.offset) ?? job)

/** Jobs that were sent ahead of time, and those of a running chunk that come after the running one. */
export const aheadIn = (slot: Slot, running: ReadonlyArray<Running>): number => {
  let count = 0
  for (const chunk of slot.chunks) {
    const mine = running.find((each) => each.chunk === chunk)
    count += Math.max(0, chunk.count - (mine === undefined ? chunk.next : mine.offset + 1))
  }
  return count
}

export const jobDump = (
  slot: Slot,
  running: Running,
  seen: { readonly waits: ReadonlyArray<Waited>; readonly alone: boolean }
): JobDump => {
  const { chunk, offset, startedAt } = running
  const { lane } = chunk
  const index = chunk.base + offset
  const input = chunk.inputs[offset]
  const runningMs = Number.isFinite(startedAt) ? Math.max(0, monotonicNow() - startedAt) : undefined
  const { timeoutMs } = lane.call
  return {
    task: lane.task.name,
    index: indexOf(lane, index),
    key: keyOf(lane, index, input),
    inputPreview: previewOf(input, 200, lane.mask),
    attempt: chunk.attempt,
    runningMs,
    timeoutInMs: timeoutMs === undefined || runningMs === undefined ? undefined : Math.max(0, timeoutMs - runningMs),
    waitingOn: waitsOf(seen.waits, { chunkId: chunk.id, offset }, seen.alone),
    lastLogs: slot.output?.lastLogs({ chunkId: chunk.id, offset }) ?? NO_LOGS
  }
}
