/**
 * Sees that the event loop would end although jobs wait: nothing can wake them any more. Works wherever the worker's
 * own channel does not hold the loop open meanwhile.
 */
import { nextTimerDueMs } from "../watchdog/waiting.ts"

/** Calls `stuck` whenever that is so. */
export const watchLoopEnd = (stuck: () => void): void => {
  /** Whether Node has just looked which of its timers is due next. */
  let isTimerFresh = false

  process.on("beforeExit", () => {
    const dueMs = nextTimerDueMs()
    if (dueMs === undefined) {
      stuck()
      // The next job may wait for nothing either by now: with nothing left for the loop to do, Node ends without asking.
      setImmediate(() => undefined)
    } else {
      // An unref'd timer may yet wake the job: wait for it, and look again. But the one that libuv tells of may long
      // be cleared, for Node corrects it only when a timer fires: have one fire at once first.
      setTimeout(() => undefined, isTimerFresh ? dueMs + 1 : 1)
    }
    isTimerFresh = dueMs !== undefined && !isTimerFresh
  })
}
