/**
 * What happens to a job that has passed its limit: find out where it hangs or what it waits on, fail it with
 * that, and free its worker, all within a quarter of a second.
 */
import { type Frame, JobTimedOut, type Resource } from "@holdfast/core"
import { calledFrom } from "../failure/explain.ts"
import { attemptOf, NO_LOGS } from "../failure/summary.ts"
import { describeError } from "../protocol/error-description.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Engine } from "./Engine.ts"

/** An event loop that turns answers in a millisecond or two; after this it is taken for blocked. */
const ANSWER_MS = 40
/** Together with the above below 250 ms. */
const CAPTURE_MS = 180

/** Where a job stands that has run too long. */
interface Finding {
  readonly blocked: boolean
  readonly hungAt: ReadonlyArray<Frame> | undefined
  readonly waitingOn: ReadonlyArray<Resource> | undefined
}

const investigate = async (slot: Slot): Promise<Finding> => {
  const { link } = slot
  // Inline there is nobody to ask: a job that let this timer run is not blocked.
  if (link?.watchdog === undefined) return { blocked: false, hungAt: undefined, waitingOn: undefined }
  const waitingOn = await slot.inspect(ANSWER_MS)
  if (waitingOn !== undefined) return { blocked: false, hungAt: undefined, waitingOn }
  const capture = await link.watchdog.capture({ withinMs: CAPTURE_MS, resume: true })
  return { blocked: true, hungAt: capture?.frames, waitingOn: undefined }
}

const seconds = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`)

const story = ({ blocked, hungAt, waitingOn }: Finding): string => {
  const top = hungAt?.[0]
  if (top !== undefined) return `; it was in ${top.function} at ${top.file}:${top.line}:${top.column}`
  if (blocked) return "; its worker was blocked and could not be looked into"
  if (waitingOn !== undefined && waitingOn.length > 0)
    return `; it was waiting on ${waitingOn.map(({ kind, detail }) => `${kind} ${detail}`.trim()).join(", ")}`
  return ""
}

export const timeOut = async (
  engine: Engine,
  slot: Slot,
  chunk: Chunk,
  offset: number,
  limit: number
): Promise<void> => {
  const { link } = slot
  const { lane } = chunk
  const finding = await investigate(slot)
  // It may have ended while it was looked into.
  if (slot.link !== link || chunk.next !== offset || chunk.forsaken.has(offset)) return
  const cooperative = !finding.blocked && chunk.cancellable === offset
  const lastLogs = slot.output?.lastLogs({ chunkId: chunk.id, offset }) ?? NO_LOGS
  const error = new Error(`the job passed its timeout of ${seconds(limit)}`)
  error.name = "TimeoutError"
  engine.releases.forsake(
    slot,
    chunk,
    offset,
    describeError(error),
    cooperative || link?.watchdog === undefined ? undefined : "timeout"
  )
  engine.settlement.attemptFailed(lane, {
    index: chunk.base + offset,
    input: chunk.inputs[offset],
    attempt: attemptOf(slot.id, link?.pid, chunk, limit),
    lastLogs,
    crash: false,
    explain: (job) => {
      const message = `task ${JSON.stringify(job.task)} (job ${job.key}, input ${job.inputPreview}) took longer than its timeout of ${seconds(limit)}${story(finding)}`
      const failure = new JobTimedOut(message, job, {
        limit,
        which: "timeout",
        hungAt: finding.hungAt,
        waitingOn: finding.waitingOn
      })
      return { error: calledFrom(failure, lane.callSite), label: "JobTimedOut", final: false }
    }
  })
}
