/**
 * What is known of an attempt that has failed, by whichever way: which job it was of, where it ran and what it had
 * printed. Not why it failed: each way explains that itself.
 */
import type { LastLogs } from "@holdfast/core"
import { attemptOf } from "../failure/summary.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { FailedRun } from "../settling/Settlement.ts"
import type { Engine } from "./Engine.ts"

/** `durationMs` is undefined where it had not begun, or nobody knows when. */
export const failedRun = (
  { logs }: Engine,
  worker: { readonly id: number; readonly pid: number | undefined },
  chunk: Chunk,
  offset: number,
  printed: LastLogs,
  durationMs: number | undefined
): Omit<FailedRun, "crash" | "explain"> => ({
  index: chunk.base + offset,
  input: chunk.inputs[offset],
  attempt: attemptOf(worker.id, worker.pid, chunk, durationMs),
  lastLogs: printed,
  logs: logs.of(chunk, offset, worker)
})
