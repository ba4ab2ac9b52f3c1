/**
 * What the timeline asks of a pool while an event goes round: the chunk that has just been answered for is still in its
 * slot then, so that a job need not be described before somebody wants that. Changes nothing.
 */
import type { Attempt, JobSummary } from "@holdfast/core"
import { attemptOf, keyOf, summaryOf } from "../failure/summary.ts"
import { monotonicNow } from "../protocol/page.ts"
import { previewOf } from "../protocol/preview.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Slot } from "../slot/Slot.ts"
import { type LiveJobs, Timeline } from "../timeline/Timeline.ts"
import type { Engine } from "./Engine.ts"

interface Found {
  readonly chunk: Chunk
  readonly offset: number
}

/** Which job of a call an answer was for. Single jobs go by no number: there it is the last that was answered. */
const answered = (slot: Slot | undefined, call: number, index: number): Found | undefined => {
  for (const chunk of slot?.chunks ?? []) {
    const { base, beside, forsaken, lane, next } = chunk
    if (lane.id !== call) continue
    const offset = lane.numbered ? index - base : next - 1
    const isOurs = lane.numbered ? offset >= 0 && offset < next : forsaken.size === 0 && (!beside || chunk.finished)
    if (isOurs && offset >= 0) return { chunk, offset }
  }
  return undefined
}

const describe = ({ chunk, offset }: Found, attempts: ReadonlyArray<Attempt>): JobSummary =>
  summaryOf(chunk.lane, chunk.base + offset, chunk.inputs[offset], { attempts })

/** For how long a chunk's running job has run; 0 where it waits for its module. */
const runningMs = (slot: Slot, chunk: Chunk): number => {
  const startedAt = chunk.startedAt ?? slot.link?.mark()?.startedAt
  return startedAt === undefined || !Number.isFinite(startedAt) ? 0 : Math.max(0, monotonicNow() - startedAt)
}

const liveJobsOf = (engine: Engine): LiveJobs => {
  /** Jobs that were told to have been let go of, by their chunk. */
  const told = new WeakMap<Chunk, number>()
  const slotOf = (worker: number): Slot | undefined => {
    for (const slot of engine.slots) if (slot.id === worker) return slot
    return undefined
  }
  return {
    get workers() {
      return engine.crew.members.length
    },
    beside: (worker, call) => {
      for (const { beside, lane } of slotOf(worker)?.chunks ?? []) if (lane.id === call) return beside
      return false
    },
    describe: (worker, call, index) => {
      const found = answered(slotOf(worker), call, index)
      if (found === undefined) return undefined
      const { chunk, offset } = found
      const { base, inputs, lane } = chunk
      const input = inputs[offset]
      return { key: keyOf(lane, base + offset, input), inputPreview: previewOf(input, 200, lane.mask) }
    },
    get running() {
      const jobs: Array<LiveJobs["running"][number]> = []
      for (const slot of engine.slots) {
        for (const chunk of slot.chunks) {
          const offset = slot.runningIn(chunk)
          if (offset === undefined || chunk.forsaken.has(offset)) continue
          const ms = runningMs(slot, chunk)
          const attempt: Attempt = { ...attemptOf(slot.id, slot.pid, chunk, ms), failure: undefined }
          jobs.push({ call: chunk.lane.id, beside: chunk.beside, attempt, job: describe({ chunk, offset }, [attempt]) })
        }
      }
      return jobs
    },
    forsaken: (call) => {
      const jobs: Array<{ readonly job: JobSummary; readonly attempt: Attempt }> = []
      for (const slot of engine.slots) {
        for (const chunk of slot.chunks) {
          if (chunk.lane.id !== call || chunk.forsaken.size === 0) continue
          const offset = slot.runningIn(chunk)
          if (offset === undefined || !chunk.forsaken.has(offset) || told.get(chunk) === offset) continue
          told.set(chunk, offset)
          const ms = runningMs(slot, chunk)
          const attempt: Attempt = { ...attemptOf(slot.id, slot.pid, chunk, ms), failure: "JobCancelled" }
          jobs.push({ job: describe({ chunk, offset }, [attempt]), attempt })
        }
      }
      return jobs
    }
  }
}

/** Has what happens in a pool remembered from now on. */
export const keepTimeline = (engine: Engine): Timeline => {
  const timeline = new Timeline(liveJobsOf(engine))
  engine.bus.subscribe(timeline.take, { logs: false })
  return timeline
}
