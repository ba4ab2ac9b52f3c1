/**
 * What happens to a worker whose thread is blocked while it loads a task's module, as by a loop at its top level:
 * the jobs it was to run fail with where it is, and it is ended. A module that merely waits is told of by the worker.
 */
import { TaskNotLoaded } from "@holdfast/core"
import { calledFrom } from "../failure/explained.ts"
import { NO_LOGS } from "../failure/summary.ts"
import { story } from "../failure/whereabouts.ts"
import { describeError } from "../protocol/error-description.ts"
import { monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Engine } from "./Engine.ts"
import { failedRun } from "./failed-run.ts"
import { type Finding, investigate } from "./investigation.ts"
import { onStack } from "./whose-module.ts"

export const giveUpLoading = async (engine: Engine, slot: Slot, chunk: Chunk): Promise<void> => {
  const { link } = slot
  const { lane } = chunk
  const finding = await investigate(slot)
  // It may have been loaded, and begun, while it was looked into.
  if (slot.link !== link || chunk.next > 0 || Number.isFinite(startOf(slot, chunk))) return engine.clock.watch(slot)
  // Under load it is late to tell by itself that its module still waits: it is not blocked, and will.
  if (!finding.blocked && finding.waitingOn !== undefined) {
    // Twice as late it never will: an earlier job has broken it, say the global Promise. Others can run what it was given.
    const isHopeless = monotonicNow() - chunk.since >= 2 * engine.options.startTimeoutMs
    return isHopeless ? slot.kill("loadTimeout") : engine.clock.watch(slot)
  }
  // In the code of another module that it loads as well, it is that one's time which counts.
  if (isAnothers(slot, chunk, finding.hungAt)) return engine.clock.watch(slot)
  const why = `${lane.task.module} did not finish loading within startTimeout (${engine.options.startTimeoutMs} ms)${story(finding)}`
  // Those that run beside it have done nothing: they may finish, unless it is seen that the thread is blocked.
  const isBlocked = finding.isSeen === true || link?.stopped?.() === true
  const kill = !isBlocked && engine.releases.hasBystanders(slot, chunk) ? undefined : "timeout"
  const lastLogs = slot.output?.lastLogs({ chunkId: chunk.id, offset: 0 }) ?? NO_LOGS
  for (let offset = 0; offset < chunk.count; offset++) {
    if (chunk.forsaken.has(offset)) continue
    engine.releases.forsake(slot, chunk, offset, describeError(new Error(why)), kill)
    engine.settlement.attemptFailed(lane, {
      ...failedRun(engine, { id: slot.id, pid: link?.pid }, chunk, offset, lastLogs, undefined),
      crash: false,
      explain: (job) => {
        const message = `task ${JSON.stringify(job.task)} could not be loaded: ${why}`
        const failure = new TaskNotLoaded(message, job)
        const error = calledFrom(failure, lane.callSiteOf(chunk.base + offset), finding.hungAt)
        return { error, label: "TaskNotLoaded", final: true }
      }
    })
  }
}

/** Whether the thread was seen to be in the code of a module that it loads beside the chunk's, and not in that. */
const isAnothers = ({ chunks }: Slot, chunk: Chunk, stack: Finding["hungAt"]): boolean => {
  const loading = chunks.filter(({ beside, loads, startedAt }) => beside && loads && startedAt === undefined)
  const named = onStack(loading, stack)
  return named.length > 0 && !named.includes(chunk)
}

/** When the chunk's running job started; not finite while it has not. */
const startOf = (slot: Slot, chunk: Chunk): number => {
  if (chunk.startedAt !== undefined) return chunk.startedAt
  const mark = slot.link?.mark()
  return mark?.chunkId === chunk.id ? mark.startedAt : Number.POSITIVE_INFINITY
}
