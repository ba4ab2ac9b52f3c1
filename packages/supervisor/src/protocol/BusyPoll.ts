/**
 * Waits awake, for a moment, for a message that is about to come: by turning the event loop, so that timers and other
 * input are served meanwhile. A thread that sleeps takes some 30 µs to be woken, and waking it takes the one who sends
 * as long; a tiny job takes less than either. Not whether that pays, which is `transport/PollPolicy.ts`.
 */
import { availableParallelism } from "node:os"
// Not the global, for which a test of the user's may have put in another.
import { setImmediate } from "node:timers"

/** Awake for no longer, each time. */
const AWAKE_MS = 0.1

/** Those that wait awake share the turns of the one event loop there is. */
const awake = new Set<BusyPoll>()
let isTurning = false
let processors: number | undefined

const turn = (): void => {
  const now = performance.now()
  for (const each of awake) if (now > each.until) awake.delete(each)
  isTurning = awake.size > 0
  if (isTurning) setImmediate(turn)
}

/** Of one place from which messages come. */
export class BusyPoll {
  until = 0

  /** A message may come at once. */
  begin(): void {
    processors ??= availableParallelism()
    // One processor is for whoever answers: without it, to stay awake would keep them from their work.
    if (awake.size + 2 > processors) return
    this.until = performance.now() + AWAKE_MS
    awake.add(this)
    if (isTurning) return
    isTurning = true
    setImmediate(turn)
  }

  /** It is here. */
  end(): void {
    awake.delete(this)
  }
}
