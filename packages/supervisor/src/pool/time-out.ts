/**
 * What happens to a job that has run too long: find out where it hangs or what it waits on. One that has passed
 * a limit fails with that, and its worker is freed, all within a quarter of a second; one that has no limit is
 * only told of.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { type Frame, JobTimedOut, type Resource } from "@holdfast/core"
import { calledFrom } from "../failure/explain.ts"
import { attemptOf, indexOf, NO_LOGS } from "../failure/summary.ts"
import { describeError } from "../protocol/error-description.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { EarlyLook } from "../slot/EarlyLook.ts"
import type { Passed } from "../slot/JobClock.ts"
import type { Slot } from "../slot/Slot.ts"
import type { WatchdogLink } from "../watchdog/link.ts"
import type { Capture, Native } from "../watchdog/messages.ts"
import type { Engine } from "./Engine.ts"

/** An event loop that turns answers in a millisecond or two; after this it is looked at from outside. */
const ANSWER_MS = 40
/** Together with the above below 250 ms. */
const CAPTURE_MS = 180

/** Where a job stands that has run too long. */
interface Finding {
  readonly blocked: boolean
  /** Blocked, and seen to be: not merely without an answer in time, as any thread may be under load. */
  readonly isSeen?: boolean
  readonly hungAt: ReadonlyArray<Frame> | undefined
  readonly waitingOn: ReadonlyArray<Resource> | undefined
  /** What the blocked thread did, where that was no JavaScript. */
  readonly native?: Native | undefined
}

/** What is asked of a worker whose job has passed its limit. */
export interface Suspect {
  readonly link: { readonly watchdog: Pick<WatchdogLink, "capture"> | undefined } | undefined
  /** What was seen of it some time before, and what it said then that it waits on. */
  readonly ahead?: Pick<EarlyLook, "seen" | "waitedOn">
  inspect(withinMs: number): Promise<ReadonlyArray<Resource> | undefined>
}

const own = fileURLToPath(new URL("..", import.meta.url))
const isTasks = ({ file }: Frame): boolean => !/^(node|wasm):/.test(file) && !file.startsWith(own)

const hasLocals = ({ frames }: Capture): boolean => frames.some(({ locals = {} }) => Object.keys(locals).length > 0)

/** Where it stands now; or, under a load that leaves no time for that, where it stood shortly before. */
const lookInto = async ({ link, ahead }: Suspect): Promise<Capture | undefined> => {
  const now = link?.watchdog?.capture({ withinMs: CAPTURE_MS, resume: true })
  const early = ahead?.seen
  if (early === undefined) return now
  // One that is under way is answered first: the thread takes them in turn.
  const before = await Promise.race([early, sleep(CAPTURE_MS, undefined)])
  const after = before === undefined ? undefined : await now
  if (after === undefined || after.frames.length === 0) return before ?? (await now)
  // In a hurry the thread leaves out the locals: those of a moment ago tell more than none.
  return before !== undefined && hasLocals(before) && !hasLocals(after) ? before : after
}

/** The task's own frames; all of them where none is. */
const foldOwn = (frames: ReadonlyArray<Frame> | undefined): ReadonlyArray<Frame> | undefined => {
  const tasks = frames?.filter(isTasks)
  return tasks === undefined || tasks.length === 0 ? frames : tasks
}

export const investigate = async (suspect: Suspect): Promise<Finding> => {
  const { link } = suspect
  // Inline there is nobody to ask: a job that let this timer run is not blocked.
  if (link?.watchdog === undefined) return { blocked: false, hungAt: undefined, waitingOn: undefined }
  const answer = suspect.inspect(ANSWER_MS + CAPTURE_MS)
  const late = Symbol("late")
  const waitingOn = await Promise.race([answer, sleep(ANSWER_MS, late)])
  if (waitingOn !== late && waitingOn !== undefined) return { blocked: false, hungAt: undefined, waitingOn }
  const capture = await lookInto(suspect)
  // A machine under load answers late: what was captured then is Node or the worker itself, about to answer.
  const answered = capture?.frames.some(isTasks) === true ? undefined : await answer
  if (answered !== undefined) return { blocked: false, hungAt: undefined, waitingOn: answered }
  // Neither came in time, and there was an answer a moment ago: that tells more than nothing.
  const isSeen = capture?.frames.some(isTasks) === true || capture?.native !== undefined
  if (!isSeen && suspect.ahead?.waitedOn !== undefined)
    return { blocked: false, hungAt: undefined, waitingOn: suspect.ahead.waitedOn }
  return { blocked: true, isSeen, hungAt: foldOwn(capture?.frames), waitingOn: undefined, native: capture?.native }
}

const seconds = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`)

/** Where it was, or what it waited on, to go on a message with. */
export const nativeStory = ({ busy, syscall, path, descriptor, child }: Native): string => {
  if (busy) return "; it was busy in native code, which can't be looked into"
  const on = path ?? child ?? (descriptor === undefined ? undefined : `descriptor ${descriptor}`)
  return `; it was blocked in ${syscall === undefined ? "native code" : `the system call ${syscall}`}${on === undefined ? "" : ` on ${on}`}`
}

export const story = ({ blocked, hungAt, waitingOn, native }: Finding): string => {
  const top = hungAt?.[0]
  if (top !== undefined) return `; it was in ${top.function} at ${top.file}:${top.line}:${top.column}`
  if (native !== undefined) return nativeStory(native)
  if (blocked) return "; its worker was blocked and could not be looked into"
  if (waitingOn !== undefined && waitingOn.length > 0)
    return `; it was waiting on ${waitingOn.map(({ kind, detail }) => `${kind} ${detail}`.trim()).join(", ")}`
  return ""
}

/** A job as it was when its time was up. */
const isStillRunning = (slot: Slot, link: Slot["link"], chunk: Chunk, offset: number): boolean => {
  // Results of tiny jobs before it may lie in the page still; and it may have ended while it was looked into.
  if (slot.link !== link || chunk.next > offset || chunk.forsaken.has(offset)) return false
  const running = slot.runningIn(chunk)
  return running === undefined || running === offset
}

export const timeOut = async (
  engine: Engine,
  slot: Slot,
  chunk: Chunk,
  offset: number,
  { which, limitMs }: Passed
): Promise<void> => {
  const { link } = slot
  const { lane } = chunk
  const finding = await investigate(slot)
  if (!isStillRunning(slot, link, chunk, offset)) return engine.clock.watch(slot)
  const cooperative = !finding.blocked && chunk.cancellable === offset
  const lastLogs = slot.output?.lastLogs({ chunkId: chunk.id, offset }) ?? NO_LOGS
  const limit =
    which === "timeout"
      ? `took longer than its timeout of ${seconds(limitMs)}`
      : `gave no heartbeat for ${seconds(limitMs)}`
  const error = new Error(`the job ${limit}`)
  error.name = "TimeoutError"
  // Others that run beside it have done nothing: they may finish, unless it is seen that the thread is blocked.
  const isBlocked = finding.blocked && (finding.isSeen === true || link?.stopped?.() === true)
  const spared = !isBlocked && engine.releases.hasBystanders(slot, chunk)
  const kill = cooperative || spared || link?.watchdog === undefined ? undefined : "timeout"
  engine.releases.forsake(slot, chunk, offset, describeError(error), kill)
  engine.settlement.attemptFailed(lane, {
    index: chunk.base + offset,
    input: chunk.inputs[offset],
    attempt: attemptOf(slot.id, link?.pid, chunk, limitMs),
    lastLogs,
    crash: false,
    explain: (job) => {
      const message = `task ${JSON.stringify(job.task)} (job ${job.key}, input ${job.inputPreview}) ${limit}${story(finding)}`
      const { hungAt, waitingOn } = finding
      const failure = new JobTimedOut(message, job, { limit: limitMs, which, hungAt, waitingOn })
      return { error: calledFrom(failure, lane.callSiteOf(chunk.base + offset)), label: "JobTimedOut", final: false }
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
  const { hungAt, waitingOn } = await investigate(slot)
  if (!isStillRunning(slot, link, chunk, offset)) return
  const { lane } = chunk
  engine.bus.publish({
    _tag: "JobStalled",
    at: Date.now(),
    batch: lane.id,
    task: lane.task.name,
    index: indexOf(lane, chunk.base + offset),
    worker: slot.id,
    runningMs,
    stack: hungAt ?? [],
    waitingOn: waitingOn ?? []
  })
}
