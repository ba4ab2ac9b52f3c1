/** How many jobs a pool has in that any of its workers may run. Not who runs them, which the Dispatcher decides. */
import type { SingleSink } from "../collect/single.ts"
import type { LaneQueue } from "../scheduler/LaneQueue.ts"

/** Those that have not settled; infinite where there is a list, or a job for one worker alone: these are not counted. */
export const jobsForAny = (lanes: LaneQueue): number => {
  let jobs = 0
  for (const { single, target, sink } of lanes.all)
    jobs += single && target === undefined ? (sink as SingleSink).size : Number.POSITIVE_INFINITY
  return jobs
}
