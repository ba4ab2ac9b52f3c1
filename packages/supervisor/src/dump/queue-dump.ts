/** How many jobs of a pool wait, run and have ended, by the task they are of. */
import type { JobCounts, QueueDump, TaskDump } from "@holdfast/core"
import type { Lane } from "../scheduler/Lane.ts"
import { SubmittedSource } from "../scheduler/SubmittedSource.ts"
import type { Running } from "./running-jobs.ts"

const FIELDS = ["queued", "running", "retrying", "succeeded", "failed"] as const

const countsOf = (lane: Lane, running: ReadonlyArray<Running>): JobCounts => {
  const { source, history, outstanding, read, succeeded, failed } = lane
  const own = running.filter(({ chunk }) => chunk.lane === lane)
  const again = own.filter(({ chunk }) => chunk.attempt > 1).length
  const tried = [...history.values()].filter(({ wasTried }) => wasTried).length
  const retrying = Math.max(0, tried - again)
  const unread =
    source instanceof SubmittedSource ? source.waiting : lane.stopped ? 0 : Math.max(0, (source.total ?? read) - read)
  // What has settled before it was read is not outstanding any more, though it never was.
  const never = source instanceof SubmittedSource ? source.length - source.waiting : 0
  const queued = Math.max(0, outstanding + never - own.length - retrying) + unread
  return { queued, running: own.length, retrying, succeeded, failed }
}

const sum = (all: ReadonlyArray<JobCounts>): JobCounts =>
  Object.fromEntries(FIELDS.map((field) => [field, all.reduce((total, each) => total + each[field], 0)])) as never

export const queueDump = (lanes: ReadonlyArray<Lane>, running: ReadonlyArray<Running>): QueueDump => {
  const byTask = new Map<string, Array<JobCounts>>()
  for (const lane of lanes) {
    const counts = countsOf(lane, running)
    if (lane.single && counts.queued + counts.running + counts.retrying === 0) continue
    const { name } = lane.task
    const known = byTask.get(name)
    if (known === undefined) byTask.set(name, [counts])
    else known.push(counts)
  }
  const tasks: Array<TaskDump> = Array.from(byTask, ([task, all]) => ({ task, ...sum(all) }))
  return { ...sum(tasks), tasks }
}
