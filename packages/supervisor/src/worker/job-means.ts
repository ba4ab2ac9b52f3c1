/** What a task's jobs take on average, as measured in its chunks, and what follows for how the next ones are run. */
import type { Runnable } from "./runnable.ts"

/** Below this per job, one scope serves the whole chunk. */
const TINY_MS = 0.02
/**
 * Where jobs take less than this on average (the clock takes 0.05 µs), so many may go by without a reading of it: what is
 * sent, and heard of the parent, in between waits for them, should some take longer for once.
 */
export const LEAST_MS = 0.001
export const UNREAD = 15

const meanMs = new WeakMap<Runnable, number>()

/** Of its last chunk of several; much, where there was none. */
const meanOf = (runnable: Runnable): number => meanMs.get(runnable) ?? 1

export const noteMean = (runnable: Runnable, ms: number): void => void meanMs.set(runnable, ms)

/** Whether a scope for each would cost more than a job. */
export const areTiny = (runnable: Runnable): boolean => meanOf(runnable) < TINY_MS

/** How many jobs may go by between two readings of the clock. */
export const unreadOf = (runnable: Runnable): number => (meanOf(runnable) > LEAST_MS ? 0 : UNREAD)
