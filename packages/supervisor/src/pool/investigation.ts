/**
 * Finds out where a job stands that runs long, without stopping it: its event loop is asked what it waits on; where
 * that does not answer, its thread is looked at from outside. Decides nothing about the job.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Frame, NativeState } from "@holdfast/core"
import { isForeign } from "../failure/call-site.ts"
import { notedCall } from "../failure/noted.ts"
import { mappedResource, ownFrames } from "../failure/own-frames.ts"
import type { Standing } from "../failure/whereabouts.ts"
import type { Waited } from "../protocol/messages.ts"
import { lockHolder } from "../shared/SharedRegistry.ts"
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

/** Where it was seen a moment ago, with its values, to look once more takes no longer: on time with that is better than late. */
const ANEW_MS = 100
/** Where it was seen without them, so long. */
const FOR_LOCALS_MS = 140

/** A thread that runs JavaScript stops for the debugger with less CPU time than this. */
const STARVED_MS = 20

/**
 * A thread that had no time to answer, nor to be looked at, gets so much more, and as much again while it still has had
 * none: late and right before on time and empty.
 */
const LATE_MS = 1000
const MOST_TIMES_LATE = 3
const BETWEEN_LOOKS_MS = 10

/** Where a job stands that has run too long. */
export interface Finding extends Standing {
  readonly waitingOn: ReadonlyArray<Waited> | undefined
  /** Blocked, and seen to be: not merely without an answer in time, as any thread may be under load. */
  readonly isSeen?: boolean
}

/** What is asked of a worker whose job has passed its limit. */
export interface Suspect {
  readonly link:
    | { readonly watchdog: Pick<WatchdogLink, "capture"> | undefined; stopped?(): boolean; note?(): string | undefined }
    | undefined
  /** What was seen of it some time before, and what it said then that it waits on. */
  readonly ahead?: Pick<EarlyLook, "seen" | "waitedOn"> & Partial<Pick<EarlyLook, "remember" | "lastSeen" | "job">>
  inspect(withinMs: number): Promise<ReadonlyArray<Waited> | undefined>
}

const own = fileURLToPath(new URL("..", import.meta.url))

/** Whether a frame is of the task's code: neither Node's nor Holdfast's own. */
export const isTasks = ({ file }: Frame): boolean => !/^(node|wasm):/.test(file) && !file.startsWith(own)

/** Whether it is code that whoever wrote the task wrote: not Effect's, which lets the event loop turn now and then. */
const isWritten = (frame: Frame): boolean => isTasks(frame) && !isForeign(frame.file)

/** Whether it was the worker itself that was seen, as it answers a question of ours: no job is there. */
const isWorkersOwn = ({ frames }: Capture): boolean =>
  frames.some(({ file }) => file.startsWith(own)) && !frames.some(isTasks)

const hasLocals = ({ frames }: Capture): boolean => frames.some(({ locals = {} }) => Object.keys(locals).length > 0)

/** It has not answered because it hardly ran. */
const isStarving = ({ busy, cpuMs }: Native): boolean => busy && cpuMs < STARVED_MS

type Look = Promise<Capture | undefined>

const lookAt = ({ link }: Suspect, withinMs: number): Look =>
  link?.watchdog?.capture({ withinMs, resume: true }) ?? Promise.resolve(undefined)

/** How it was seen to be blocked in the task's code, ahead of its deadline. */
const seenBlocked = async ({ ahead }: Suspect): Look => {
  // What is known already comes first; what is still being found out is not waited for.
  const seen = await Promise.race([ahead?.seen, undefined])
  return seen?.state === "stopped" && seen.frames.some(isTasks) ? seen : undefined
}

/** Where it stands now; or, under a load that leaves no time for that, where it stood shortly before. */
const lookInto = async ({ ahead }: Suspect, now: Look, captureMs: number): Look => {
  const early = ahead?.seen
  if (early === undefined) return now
  // One that is under way is answered first: the thread takes them in turn.
  const before = await Promise.race([early, sleep(captureMs, undefined)])
  const after = before === undefined ? undefined : await now
  if (after === undefined) return before ?? (await now)
  // In native code by now: that is told, and beside it where it was before.
  if (after.frames.length === 0)
    return after.native === undefined || isStarving(after.native) ? (before ?? after) : after
  // In a hurry the thread leaves out the locals: those of a moment ago tell more than none.
  return before !== undefined && hasLocals(before) && !hasLocals(after) ? before : after
}

/** The task's own frames, in the sources that were written; all of them where none is. */
export const foldOwn = (frames: ReadonlyArray<Frame>): ReadonlyArray<Frame> => {
  const tasks = frames.filter(isTasks)
  return ownFrames(tasks.length === 0 ? frames : tasks)
}

/** Of a lock: with who holds it. `link` is to the worker that waits. */
export const withHolder = (waited: Waited, link: unknown): Waited => {
  const { object, owner } = waited
  const heldBy = object === undefined ? undefined : lockHolder(object, owner && { link, ...owner })
  return heldBy === undefined ? waited : { ...waited, heldBy }
}

/** What it waits on, each opened in the source that was written. */
const ask = async (suspect: Suspect, withinMs: number): ReturnType<Suspect["inspect"]> =>
  (await suspect.inspect(withinMs))?.map((waited) => withHolder(mappedResource(waited), suspect.link))

/** With where its job was before it came there, if that was seen. */
const withLastSeen = (native: NativeState | undefined, { ahead }: Suspect): NativeState | undefined => {
  const last = ahead?.lastSeen
  if (native === undefined || last === undefined) return native
  return { ...native, lastSeen: { frames: foldOwn(last.frames), agoMs: Math.round(performance.now() - last.at) } }
}

/** What a late look or a late answer told; and whether the thread has hardly run meanwhile. */
interface LateWord {
  readonly told: ReadonlyArray<Waited> | Capture | undefined
  readonly isStarved: boolean
}

/** Looks until the task's code is seen: what lets Node do the most is there now and then alone. */
const seeTasksCode = async (suspect: Suspect, isOver: () => boolean): Promise<LateWord> => {
  const began = performance.now()
  for (let left = LATE_MS; left > 0 && !isOver(); left = began + LATE_MS - performance.now()) {
    const capture = await lookAt(suspect, left)
    if (capture?.frames.some(isTasks) === true) return { told: capture, isStarved: false }
    // A link that is gone says so at once; the watchdog itself may have had no time to.
    if (capture === undefined) return { told: undefined, isStarved: performance.now() - began > LATE_MS / 2 }
    const { frames, native } = capture
    if (frames.length === 0) return { told: undefined, isStarved: native !== undefined && isStarving(native) }
    await sleep(BETWEEN_LOOKS_MS)
  }
  return { told: undefined, isStarved: false }
}

/** Of a thread that had no time: its answer, or where it is, whichever comes first. */
const lateWord = async (suspect: Suspect): Promise<LateWord> => {
  let isOver = false
  const asked = ask(suspect, LATE_MS)
  const seen = seeTasksCode(suspect, () => isOver)
  const first = await Promise.race([asked, seen.then(({ told }) => told)])
  const { told, isStarved } = first === undefined ? await seen : { told: first, isStarved: false }
  const word = { told: told ?? (await asked), isStarved }
  isOver = true
  return word
}

/** As long as it takes to have had some time, within reason. */
const lastWord = async (suspect: Suspect): Promise<LateWord["told"]> => {
  for (let times = 1; ; times++) {
    const { isStarved, told } = await lateWord(suspect)
    if (told !== undefined || !isStarved || times === MOST_TIMES_LATE) return told
  }
}

const inTasksCode = ({ frames }: Capture, { ahead }: Suspect, job: number): Finding => {
  const hungAt = foldOwn(frames)
  ahead?.remember?.(hungAt, job)
  return { blocked: true, isSeen: true, hungAt, waitingOn: undefined }
}

export const investigate = async (suspect: Suspect, { answerMs, captureMs }: Patience = HURRIED): Promise<Finding> => {
  const { link, ahead } = suspect
  if (link === undefined) return { blocked: false, hungAt: undefined, waitingOn: undefined }
  // Inline there is nobody to look from outside: a job that let this timer run is not blocked.
  if (link.watchdog === undefined) return { blocked: false, hungAt: undefined, waitingOn: await ask(suspect, answerMs) }
  const job = ahead?.job ?? 0
  const answer = ask(suspect, answerMs + captureMs)
  // One that was blocked a moment ago still is, most likely: it is looked at while its answer is waited for.
  const seen = await seenBlocked(suspect)
  const lookMs = seen === undefined ? captureMs : Math.min(captureMs, hasLocals(seen) ? ANEW_MS : FOR_LOCALS_MS)
  const begun = seen === undefined ? undefined : lookAt(suspect, answerMs + lookMs)
  const late = Symbol("late")
  const waitingOn = await Promise.race([answer, sleep(answerMs, late)])
  if (waitingOn !== late && waitingOn !== undefined) return { blocked: false, hungAt: undefined, waitingOn }
  const capture = await lookInto(suspect, begun ?? lookAt(suspect, lookMs), lookMs)
  const inTask = capture?.frames.some(isTasks) === true
  // Where it was seen last is where it is.
  const isStarved = capture?.native !== undefined && isStarving(capture.native)
  // Where it called what it is in now, nobody can see from outside: it has noted it before.
  const noted = inTask ? undefined : notedCall(link.note?.())
  const native = isStarved ? undefined : capture?.native
  const last = isStarved && ahead?.lastSeen !== undefined ? foldOwn(ahead.lastSeen.frames) : undefined
  // A machine under load answers late: what was captured then is Node, Effect or the worker itself, about to answer.
  const answered = capture?.frames.some(isWritten) === true ? undefined : await answer
  if (answered !== undefined) return { blocked: false, hungAt: undefined, waitingOn: answered }
  // Neither came in time, and there was an answer a moment ago: that tells more than nothing.
  const stopped = link.stopped?.() === true
  const isSeen = inTask || last !== undefined || native !== undefined || noted !== undefined
  if (!isSeen) {
    // One that is stopped from outside will never answer, nor one whose heap is about to overflow.
    const isHopeless = stopped || capture?.state === "failed"
    const told = ahead?.waitedOn ?? (isHopeless ? undefined : await lastWord(suspect))
    if (Array.isArray(told))
      return { blocked: false, hungAt: undefined, waitingOn: told.map((each) => withHolder(each, link)) }
    if (told !== undefined) return inTasksCode(told as Capture, suspect, job)
  }
  if (noted !== undefined)
    return {
      blocked: true,
      isSeen,
      hungAt: noted.frames,
      waitingOn: undefined,
      call: noted.call,
      stopped,
      native: withLastSeen(capture?.native && { ...capture.native, call: noted.call }, suspect)
    }
  if (inTask && capture !== undefined && last === undefined && native === undefined)
    return inTasksCode(capture, suspect, job)
  const hungAt = last ?? (capture === undefined || isWorkersOwn(capture) ? undefined : foldOwn(capture.frames))
  return { blocked: true, isSeen, hungAt, waitingOn: undefined, stopped, native: withLastSeen(native, suspect) }
}
