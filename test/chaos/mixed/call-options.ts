/** The options that a planned call is made with. */
import type { ActJob } from "./acts.ts"
import type { PlannedCall } from "./plan.ts"

export const optionsOfJob = (call: PlannedCall, signal: AbortSignal): object => {
  const { heartbeatTimeoutMs, maxCrashes, pauseMs, priority, queueTimeoutMs, retries, timeoutMs } = call
  return {
    signal,
    priority,
    maxCrashes,
    retry: { retries, minTimeout: pauseMs, maxTimeout: Math.max(20, pauseMs) },
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(queueTimeoutMs === undefined ? {} : { queueTimeout: queueTimeoutMs }),
    ...(heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeout: heartbeatTimeoutMs })
  }
}

/** Of an input as it is sent. */
export const idOf = (input: unknown): string => (Array.isArray(input) ? (input[0] as ActJob) : (input as ActJob)).id

export const optionsOfBatch = (call: PlannedCall, signal: AbortSignal): object => {
  const { chunkSize, concurrency, lookAhead, onFailure } = call
  return {
    ...optionsOfJob(call, signal),
    key: idOf,
    chunkSize,
    concurrency,
    onFailure,
    ...(lookAhead === undefined ? {} : { lookAhead })
  }
}
