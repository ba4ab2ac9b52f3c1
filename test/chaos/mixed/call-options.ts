/** The options that a planned call is made with. */
import type { ActJob } from "./acts.ts"
import type { PlannedCall } from "./plan.ts"

/** What a `shouldRetry` throws. */
export class NoAnswer extends Error {}

/** So many further attempts a failed job may have, as far as its call has a say. */
export const retriesOf = ({ retries, shouldRetry }: PlannedCall): number =>
  shouldRetry === undefined || /always/i.test(shouldRetry) ? retries : 0

const soon = <A>(value: A): Promise<A> => new Promise((resolve) => setTimeout(resolve, 3, value))

const SHOULD_RETRY: Record<NonNullable<PlannedCall["shouldRetry"]>, () => boolean | Promise<boolean>> = {
  never: () => false,
  soonNever: () => soon(false),
  always: () => true,
  soonAlways: () => soon(true),
  throws: () => {
    throw new NoAnswer("no answer")
  },
  rejects: async () => {
    await soon(undefined)
    throw new NoAnswer("no answer")
  }
}

export const optionsOfJob = (call: PlannedCall, signal: AbortSignal): object => {
  const { heartbeatTimeoutMs, maxCrashes, pauseMs, priority, queueTimeoutMs, retries, shouldRetry, timeoutMs } = call
  return {
    signal,
    priority,
    maxCrashes,
    retry: {
      retries,
      minTimeout: pauseMs,
      maxTimeout: Math.max(20, pauseMs),
      ...(shouldRetry === undefined ? {} : { shouldRetry: SHOULD_RETRY[shouldRetry] })
    },
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
