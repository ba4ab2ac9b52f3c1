/** Whether others use the machine while nothing of ours runs: what is measured beside them is no result to keep. */
import { cpus } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"

const LOOK_MS = 1000
/** Of all processors' time. */
const QUIET_BELOW = 0.15

const times = (): { readonly idle: number; readonly all: number } => {
  let idle = 0
  let all = 0
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.idle + times.user + times.nice + times.sys + times.irq
  }
  return { idle, all }
}

/** The part of the processors' time that is in use for a second, in which nothing of ours runs. */
export const partInUse = async (): Promise<number> => {
  const before = times()
  await sleep(LOOK_MS)
  const after = times()
  return 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all)
}

export const isQuiet = (part: number): boolean => part < QUIET_BELOW
