/**
 * Finds out where a job stands that runs long, without stopping it: its event loop is asked what it waits on; where
 * that does not answer, its thread is looked at from outside. Decides nothing about the job.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Frame, NativeState } from "@holdfast/core"
import type { Standing } from "../failure/whereabouts.ts"
import type { Waited } from "../protocol/messages.ts"
import type { EarlyLook } from "../slot/EarlyLook.ts"
import type { WatchdogLink } from "../watchdog/link.ts"
import type { Capture, Native } from "../watchdog/messages.ts"

/** How long the two steps may take. Milliseconds. */
export interface Patience {
  /** An event loop that turns has answered by then; after this it is looked at from outside. */
  readonly answerMs: number
  readonly captureMs: number
}

/** At a deadline: an answer takes a millisecond or two, and both together stay below 250 ms. */
const HURRIED: Patience = { answerMs: 40, captureMs: 180 }

/** A thread that runs JavaScript stops for the debugger with less CPU time than this. */
const STARVED_MS = 20

/** Where a job stands that has run too long. */
export interface Finding extends Standing {
  readonly waitingOn: ReadonlyArray<Waited> | undefined
  /** Blocked, and seen to be: not merely without an answer in time, as any thread may be under load. */
  readonly isSeen?: boolean
}

/** What is asked of a worker whose job has passed its limit. */
export interface Suspect {
  readonly link: { readonly watchdog: Pick<WatchdogLink, "capture"> | undefined } | undefined
  /** What was seen of it some time before, and what it said then that it waits on. */
  readonly ahead?: Pick<EarlyLook, "seen" | "waitedOn"> & Partial<Pick<EarlyLook, "remember" | "lastSeen" | "job">>
  inspect(withinMs: number): Promise<ReadonlyArray<Waited> | undefined>
}

const own = fileURLToPath(new URL("..", import.meta.url))

/** Whether a frame is of the task's code: neither Node's nor Holdfast's own. */
export const isTasks = ({ file }: Frame): boolean => !/^(node|wasm):/.test(file) && !file.startsWith(own)

const hasLocals = ({ frames }: Capture): boolean => frames.some(({ locals = {} }) => Object.keys(locals).length > 0)

/** Where it stands now; or, under a load that leaves no time for that, where it stood shortly before. */
const lookInto = async ({ link, ahead }: Suspect, captureMs: number): Promise<Capture | undefined> => {
  const now = link?.watchdog?.capture({ withinMs: captureMs, resume: true })
  const early = ahead?.seen
  if (early === undefined) return now
  // One that is under way is answered first: the thread takes them in turn.
  const before = await Promise.race([early, sleep(captureMs, undefined)])
  const after = before === undefined ? undefined : await now
  if (after === undefined || after.frames.length === 0) return before ?? (await now)
  // In a hurry the thread leaves out the locals: those of a moment ago tell more than none.
  return before !== undefined && hasLocals(before) && !hasLocals(after) ? before : after
}

/** The task's own frames; all of them where none is. */
export const foldOwn = (frames: ReadonlyArray<Frame>): ReadonlyArray<Frame> => {
  const tasks = frames.filter(isTasks)
  return tasks.length === 0 ? frames : tasks
}

/** With where its job was before it came there, if that was seen. */
const withLastSeen = (native: Native | undefined, { ahead }: Suspect): NativeState | undefined => {
  const last = ahead?.lastSeen
  if (native === undefined || last === undefined) return native
  return { ...native, lastSeen: { frames: foldOwn(last.frames), agoMs: Math.round(performance.now() - last.at) } }
}

export const investigate = async (suspect: Suspect, { answerMs, captureMs }: Patience = HURRIED): Promise<Finding> => {
  const { link, ahead } = suspect
  if (link === undefined) return { blocked: false, hungAt: undefined, waitingOn: undefined }
  // Inline there is nobody to look from outside: a job that let this timer run is not blocked.
  if (link.watchdog === undefined)
    return { blocked: false, hungAt: undefined, waitingOn: await suspect.inspect(answerMs) }
  const job = ahead?.job ?? 0
  const answer = suspect.inspect(answerMs + captureMs)
  const late = Symbol("late")
  const waitingOn = await Promise.race([answer, sleep(answerMs, late)])
  if (waitingOn !== late && waitingOn !== undefined) return { blocked: false, hungAt: undefined, waitingOn }
  const capture = await lookInto(suspect, captureMs)
  const inTask = capture?.frames.some(isTasks) === true
  // It has not answered because it hardly ran: where it was seen last is where it is.
  const isStarved = capture?.native?.busy === true && capture.native.cpuMs < STARVED_MS
  const native = isStarved ? undefined : capture?.native
  const last = isStarved && ahead?.lastSeen !== undefined ? foldOwn(ahead.lastSeen.frames) : undefined
  // A machine under load answers late: what was captured then is Node or the worker itself, about to answer.
  const answered = inTask ? undefined : await answer
  if (answered !== undefined) return { blocked: false, hungAt: undefined, waitingOn: answered }
  // Neither came in time, and there was an answer a moment ago: that tells more than nothing.
  const isSeen = inTask || last !== undefined || native !== undefined
  if (!isSeen && ahead?.waitedOn !== undefined) return { blocked: false, hungAt: undefined, waitingOn: ahead.waitedOn }
  const hungAt = last ?? (capture === undefined ? undefined : foldOwn(capture.frames))
  if (inTask && hungAt !== undefined) ahead?.remember?.(hungAt, job)
  return { blocked: true, isSeen, hungAt, waitingOn: undefined, native: withLastSeen(native, suspect) }
}
