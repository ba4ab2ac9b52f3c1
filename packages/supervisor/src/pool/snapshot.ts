/**
 * One worker as `pool.workers` shows it, read at the moment it is asked for.
 */
import { readFileSync } from "node:fs"
import type { WorkerSnapshot } from "@holdfast/core"
import { indexOf } from "../failure/summary.ts"
import { monotonicNow } from "../protocol/page.ts"
import type { Slot } from "../slot/Slot.ts"

const PAGE_BYTES = 4096

/** Resident memory by Linux's /proc; other platforms don't tell of other processes. */
export const memoryOf = (pid: number | undefined): number | undefined => {
  if (pid === undefined || process.platform !== "linux") return undefined
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1])
    return Number.isFinite(pages) ? pages * PAGE_BYTES : undefined
  } catch {
    return undefined
  }
}

export const snapshotOf = (slot: Slot): WorkerSnapshot => {
  const chunk = slot.head
  return {
    id: slot.id,
    pid: slot.pid,
    state: slot.state._tag,
    currentJob:
      chunk === undefined
        ? undefined
        : {
            task: chunk.lane.task.name,
            index: indexOf(chunk.lane, chunk.base + chunk.next),
            runningMs: monotonicNow() - chunk.since
          },
    jobsDone: slot.jobsDone,
    restarts: slot.restarts,
    memory: memoryOf(slot.pid)
  }
}
