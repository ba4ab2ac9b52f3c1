/**
 * How a job that has not settled stands: whether it waits, runs or is to be tried again, and what is known of it so
 * far. Looks at its lane and at the workers; changes nothing.
 */
import type { Attempt, JobStatus, JobSummary } from "@holdfast/core"
import { summaryOf } from "../failure/summary.ts"
import type { JobLogs } from "../reporting/JobLogs.ts"
import type { Lane } from "../scheduler/Lane.ts"
import type { Engine } from "./Engine.ts"

type Found = NonNullable<ReturnType<Engine["releases"]["find"]>>

const isRunning = ({ chunk, offset, slot }: Found): boolean =>
  offset === chunk.next && (chunk.startedAt !== undefined || slot.head === chunk)

export const statusOf = ({ releases }: Engine, lane: Lane, index: number): JobStatus => {
  // It was answered for, and what it printed is still being read.
  if (lane.settling.has(index)) return "running"
  const found = releases.find(lane, index)
  if (found !== undefined && isRunning(found)) return "running"
  return lane.history.get(index)?.wasTried === true ? "retrying" : "queued"
}

/** Its earlier attempts, and what they and the one that runs have printed. */
const soFar = (
  { logs: shelf, releases }: Engine,
  lane: Lane,
  index: number
): { readonly attempts: ReadonlyArray<Attempt>; readonly logs: ReadonlyArray<JobLogs> } => {
  const { attempts, logs } = lane.history.get(index) ?? { attempts: [], logs: [] }
  const found = releases.find(lane, index)
  // Of one that runs, also where it has printed nothing yet: its callbacks may, when it is over.
  const now =
    found !== undefined && isRunning(found)
      ? shelf.of(found.chunk, found.offset, found.slot)
      : found?.chunk.logs?.get(found.offset)
  return { attempts, logs: now === undefined ? logs : [...logs, now] }
}

/** Its description as it would be given now. */
export const summaryNow = (engine: Engine, lane: Lane, index: number, input: unknown): JobSummary =>
  summaryOf(lane, index, input, soFar(engine, lane, index))
