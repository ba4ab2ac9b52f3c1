/**
 * What happens to a job that has run too long: find out where it hangs or what it waits on. One that has passed
 * a limit fails with that, and its worker is freed, all within a quarter of a second; one that has no limit is
 * only told of.
 */
import { JobTimedOut } from "@holdfast/core"
import { calledFrom } from "../failure/explained.ts"
import { indexOf, NO_LOGS } from "../failure/summary.ts"
import { seconds, story } from "../failure/whereabouts.ts"
import { describeError } from "../protocol/error-description.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Passed } from "../slot/JobClock.ts"
import { waitsOf } from "../slot/own-waits.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Engine } from "./Engine.ts"
import { failedRun } from "./failed-run.ts"
import { type Finding, investigate, type Patience } from "./investigation.ts"
import { timeoutReason } from "./timeout-reason.ts"

/** Nothing hurries: a job that is told of goes on. */
const LEISURELY: Patience = { answerMs: 150, captureMs: 1000 }

/** What was found, but for what others wait on that run beside it. */
const ofJob = (finding: Finding, { id }: Chunk, offset: number): Finding => {
  const { waitingOn } = finding
  if (waitingOn === undefined) return finding
  return { ...finding, waitingOn: waitsOf(waitingOn, { chunkId: id, offset }, true) }
}

const looks = new WeakMap<NonNullable<Slot["link"]>, Promise<Finding>>()

/** What is being found out about its worker tells of all of its jobs whose time is up meanwhile. */
const lookedInto = (slot: Slot): Promise<Finding> => {
  const { link } = slot
  const underWay = link && looks.get(link)
  if (link === undefined || underWay !== undefined) return underWay ?? investigate(slot)
  const look = investigate(slot).finally(() => looks.delete(link))
  looks.set(link, look)
  return look
}

/** A job as it was when its time was up. */
const isStillRunning = (slot: Slot, link: Slot["link"], chunk: Chunk, offset: number): boolean => {
  // Results of tiny jobs before it may lie in the page still; and it may have ended while it was looked into.
  if (slot.link !== link || chunk.next > offset || chunk.forsaken.has(offset)) return false
  const running = slot.runningIn(chunk)
  return running === undefined || running === offset
}

/** Jobs that have passed a limit and are being looked into. */
const suspects = new WeakMap<Chunk, number>()

/**
 * Looked into once, however often it is found to have passed its limit meanwhile: each answer for a job beside it has its
 * worker's clock looked at again.
 */
export const timeOut = async (
  engine: Engine,
  slot: Slot,
  chunk: Chunk,
  offset: number,
  passed: Passed
): Promise<void> => {
  if (suspects.get(chunk) === offset) return
  suspects.set(chunk, offset)
  try {
    await giveUp(engine, slot, chunk, offset, passed)
  } finally {
    suspects.delete(chunk)
  }
}

const giveUp = async (
  engine: Engine,
  slot: Slot,
  chunk: Chunk,
  offset: number,
  { which, limitMs }: Passed
): Promise<void> => {
  const { link } = slot
  const { lane, beat } = chunk
  const amongOthers = engine.releases.hasCompany(slot, chunk)
  const finding = ofJob(await lookedInto(slot), chunk, offset)
  // Where the whole program had been stopped (Ctrl-Z), its threads give signs of life only now.
  const isAlive = which === "heartbeatTimeout" && chunk.beat !== beat && chunk.beat?.offset === offset
  if (isAlive || !isStillRunning(slot, link, chunk, offset)) return engine.clock.watch(slot)
  const cooperative = !finding.blocked && chunk.cancellable === offset
  const lastLogs = slot.output?.lastLogs({ chunkId: chunk.id, offset }) ?? NO_LOGS
  const limit =
    which === "timeout"
      ? `took longer than its timeout of ${seconds(limitMs)}`
      : `gave no heartbeat for ${seconds(limitMs)}`
  const error = timeoutReason(`the job ${limit}`)
  // Others that run beside it have done nothing: they may finish, unless it is seen that the thread is blocked.
  const isBlocked = finding.blocked && (finding.isSeen === true || link?.stopped?.() === true)
  const spared = !isBlocked && engine.releases.hasBystanders(slot, chunk)
  const kill = cooperative || spared || link?.watchdog === undefined ? undefined : "timeout"
  engine.releases.forsake(slot, chunk, offset, describeError(error), kill)
  engine.settlement.attemptFailed(lane, {
    ...failedRun(engine, { id: slot.id, pid: link?.pid }, chunk, offset, lastLogs, limitMs),
    crash: false,
    explain: (job) => {
      const message = `task ${JSON.stringify(job.task)} (job ${job.key}, input ${job.inputPreview}) ${limit}${story(finding, amongOthers)}`
      const { hungAt, native, waitingOn } = finding
      const failure = new JobTimedOut(message, job, { limit: limitMs, which, hungAt, waitingOn, native })
      // Cut off in its middle, by its worker's death or soon; until then a further attempt would run beside this one.
      const final = !lane.call.idempotent
      return { error: calledFrom(failure, lane.callSiteOf(chunk.base + offset)), label: "JobTimedOut", final }
    }
  })
}

/** Tells where a job is that has run for long without a limit; the job goes on. */
export const tellStall = async (
  engine: Engine,
  slot: Slot,
  chunk: Chunk,
  offset: number,
  runningMs: number
): Promise<void> => {
  const { link } = slot
  const amongOthers = engine.releases.hasCompany(slot, chunk)
  const { hungAt, native, waitingOn } = ofJob(await investigate(slot, LEISURELY), chunk, offset)
  if (!isStillRunning(slot, link, chunk, offset)) return
  const { lane } = chunk
  engine.bus.publish({
    _tag: "JobStalled",
    at: Date.now(),
    batch: lane.id,
    task: lane.task.name,
    index: indexOf(lane, chunk.base + offset),
    attempt: chunk.attempt,
    worker: slot.id,
    pid: link?.pid,
    runningMs,
    stack: hungAt ?? [],
    ...(amongOthers ? { amongOthers } : {}),
    waitingOn: waitingOn ?? [],
    native
  })
}
