/**
 * Where a worker was at its end, or shortly before, for the failure of the job that it ran: what its thread had noted,
 * or what its watchdog saw while its memory grew. Not what it died of, which is `explain.ts`.
 */
import type { CrashFacts, Frame, JobSummary } from "@holdfast/core"
import type { Passing } from "../slot/SlotOwner.ts"
import { notedCall } from "./noted.ts"
import { ownFrames } from "./own-frames.ts"
import { place, seconds } from "./whereabouts.ts"

export interface LastPlace {
  readonly frames: ReadonlyArray<Frame>
  /** To go on with what it died of. */
  readonly story: string
}

/** Calls with which a job ends its worker. */
const ENDS = /^(process\.exit|abort|kill)$/

/** Undefined where nobody knows. */
export const lastPlaceOf = (
  { raw, overMemory }: Passing,
  { reason, signal }: CrashFacts,
  job: JobSummary
): LastPlace | undefined => {
  const noted = notedCall(raw.note)
  const top = noted?.frames[0]
  if (noted !== undefined && top !== undefined) {
    const during = reason === "exit" || ENDS.test(noted.call) ? "" : `, which had called ${noted.call}`
    return { frames: noted.frames, story: ` in ${place(top)}${during}` }
  }
  const { growing } = raw
  if (growing === undefined || (reason !== "outOfMemory" && signal !== "SIGKILL")) return undefined
  const frames = ownFrames(growing.frames)
  const [seen] = frames
  const agoMs = Math.round(performance.now() - growing.at)
  // Of a job before, it says nothing about this one.
  if (seen === undefined || agoMs > (job.attempts.at(-1)?.durationMs ?? 0)) return undefined
  const when = overMemory === undefined ? `${seconds(agoMs)} before, it was` : "it was"
  return { frames, story: `; ${when} in ${place(seen)}` }
}
