/** What is done to the pool of a mixed program beside its calls, its end, and that it comes to rest before that. */
import { setTimeout as sleep } from "node:timers/promises"
import { isJobError } from "holdfast"
import { type Common, pass } from "./acts.ts"
import type { OpenDoor } from "./doors.ts"
import { mayBreak } from "./model.ts"
import type { Patience } from "./Patience.ts"
import type { Plan, PlannedChange, PlannedKill } from "./plan.ts"

const isEnd = (error: unknown): boolean =>
  isJobError(error) && ["PoolClosed", "PoolBroken", "WorkerFailedToStart"].includes(error._tag)

export const change = async (door: OpenDoor, { afterMs, what, workers }: PlannedChange): Promise<void> => {
  await sleep(afterMs)
  try {
    if (what === "resize") await door.resize(workers)
    else if (what === "recycle") await door.recycle()
    else if (what === "dump") await door.dump()
    else door.report().toString()
  } catch (error) {
    if (!isEnd(error)) throw error
  }
}

export const kill = async (
  door: OpenDoor,
  { afterMs, idle, signal, thawAfterMs, worker }: PlannedKill
): Promise<void> => {
  await sleep(afterMs)
  const workers = door.workers.filter(({ state }) => !idle || state === "idle" || state === "starting")
  const pid = workers[worker % Math.max(1, workers.length)]?.pid
  const send = (which: NodeJS.Signals): void => {
    try {
      if (pid !== undefined && pid !== process.pid && door.workers.some((each) => each.pid === pid))
        process.kill(pid, which)
    } catch {
      // ESRCH: it is gone by now.
    }
  }
  send(signal)
  if (signal !== "SIGSTOP") return
  await sleep(thawAfterMs)
  send("SIGCONT")
}

export const endOf = async (door: OpenDoor, { how }: Plan["end"]): Promise<void> => {
  if (how === "terminate") return door.terminate()
  const closed = door.close()
  if (how === "both") {
    await sleep(20)
    await door.terminate()
  }
  return closed
}

/** After all calls: no worker is busy, nothing waits, no lock is held, and the next job runs. */
export const rested = async (plan: Plan, door: OpenDoor, common: Common, patience: Patience): Promise<void> => {
  const { wrong } = patience
  try {
    await patience.for("the next job", door.run(pass as never, 1, undefined as never, new AbortController().signal))
  } catch (error) {
    if (!isEnd(error) || !mayBreak(plan)) wrong.push(`the next job failed with ${String(error)}`)
    return
  }
  const busy = (): Array<string> => door.workers.map(({ state }) => state).filter((state) => state !== "idle")
  const isBroken = (): boolean => mayBreak(plan) && door.workers.every(({ state }) => state === "gone")
  const until = performance.now() + 8_000
  while (busy().length > 0 && !isBroken() && performance.now() < until) await sleep(20)
  // Broken since: a worker of those that fail to start was one too many.
  if (isBroken()) return
  if (busy().length > 0) wrong.push(`workers do not come to rest: ${JSON.stringify(door.workers)}`)
  const { queue, workers } = await door.dump()
  const { queued, retrying, running } = queue
  if (queued + retrying + running > 0 || workers.some(({ ahead, jobs }) => ahead > 0 || jobs.length > 0))
    wrong.push(`something is left: ${JSON.stringify(queue)}`)
  const release = await patience.for("the lock", common.lock.acquire())
  await release?.()
}
