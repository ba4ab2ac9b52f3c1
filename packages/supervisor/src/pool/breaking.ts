/**
 * The end of a pool whose workers can't live: everything that waits fails with why, and nothing is started
 * any more.
 */
import { type JobError, type JobSummary, PoolBroken, WorkerFailedToStart } from "@holdfast/core"
import { describePassing } from "../failure/explain-crash.ts"
import { folded } from "../failure/folded-stacks.ts"
import { restoreError } from "../protocol/error-description.ts"
import type { Passing } from "../slot/SlotOwner.ts"
import { counted } from "../timeline/figures.ts"
import type { Engine } from "./Engine.ts"

/** Node says there why it refused a flag, or, above a stack, why a module could not be loaded. */
const tellingLines = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const uncaught = lines.findLast((line) => /^(?:holdfast worker: )?\w*Error(?: \[\w+\])?: /.test(line))
  return uncaught === undefined ? lines.filter((line) => line.trim() !== "").slice(-3) : [uncaught]
}

const printedLast = (lines: ReadonlyArray<string>): string => {
  const printed = tellingLines(lines)
  if (printed.length === 0) return ""
  return `; it printed last: ${printed.map((line) => JSON.stringify(line.slice(0, 200))).join(", ")}`
}

/** Makes the failure of each job that a broken pool leaves. */
const failureOf = (engine: Engine, last: Passing): ((job: JobSummary) => JobError) => {
  const { deaths } = engine.intensity
  // A watchdog is started with the first job.
  const neverStarted = !last.wasReady || last.startFailure !== undefined
  const what = describePassing(last)
  if (neverStarted) {
    const said = last.startFailure === undefined ? printedLast(last.lastLines) : ""
    const cause = last.startFailure !== undefined ? folded(restoreError(last.startFailure.error)) : last.raw.spawnError
    return (job) =>
      new WorkerFailedToStart(
        `no worker could be started in ${counted(deaths.length, "try", "tries")}: ${what}${said}`,
        job,
        cause === undefined ? undefined : { cause }
      )
  }
  return (job) =>
    new PoolBroken(
      `the pool ended because ${counted(deaths.length, "worker")} died without a job to charge: the last one ${what}${printedLast(last.lastLines)}`,
      job,
      deaths
    )
}

export const breakPool = (engine: Engine, last: Passing): void => {
  if (engine.phase === "broken" || engine.phase === "closed") return
  engine.phase = "broken"
  const make = failureOf(engine, last)
  engine.brokenBy = make
  const broken = `the pool ends after ${counted(engine.intensity.deaths.length, "death")} that no job is charged with, the last worker's: ${describePassing(last)}`
  engine.bus.publish({ _tag: "PoolBroke", at: Date.now(), message: broken })
  for (const lane of [...engine.lanes.all]) engine.settlement.failAll(lane, make)
  for (const slot of engine.crew.all) slot.kill("terminated")
  engine.keepAliveWhileBusy()
}
