/**
 * Threads whose end has begun and is not over. Whatever is sent to a thread's inspector in that moment, when it is
 * attached to, detached from or asked, may abort the whole program without a word: the thread lets go of its end of the
 * connection while the host posts to it (`MainThreadInterface::Post`, Node 26.10: one in 900 where the two were made to
 * meet; decision 0016).
 */
import { setTimeout as sleep } from "node:timers/promises"

/** No end is waited for longer. */
const LONGEST_MS = 150
const LOOK_MS = 2

const threads = new Set<() => boolean>()

/** Tells of a thread whether it ends, until the function that this returns is called. */
export const watchEnd = (isEnding: () => boolean): (() => void) => {
  threads.add(isEnding)
  return () => void threads.delete(isEnding)
}

/** A session of the host's is attached to every thread of the program. */
export const doesAnyEnd = (): boolean => {
  for (const isEnding of threads) if (isEnding()) return true
  return false
}

/** Waits until that thread has ended, or takes too long for it. */
export const untilItHas = async (isEnding: () => boolean): Promise<void> => {
  const until = performance.now() + LONGEST_MS
  while (isEnding() && performance.now() < until) await sleep(LOOK_MS)
}

export const untilNoneEnds = (): Promise<void> => untilItHas(doesAnyEnd)
