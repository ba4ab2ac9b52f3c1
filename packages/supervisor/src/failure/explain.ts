/**
 * Turns what happened to an attempt (a fault told by a living worker, or a worker's end) into the one failure
 * its caller sees. Pure: facts in, error out. Whether the job is tried again is decided elsewhere.
 */

import {
  attachJob,
  type CrashFacts,
  type Frame,
  InvalidInput,
  type InvalidOptions,
  InvalidOutput,
  JobCancelled,
  type JobError,
  JobStuck,
  type JobSummary,
  NotSerializable,
  TaskNotLoaded,
  TaskThrew,
  WorkerCrashed
} from "@holdfast/core"
import { restoreError } from "../protocol/error-description.ts"
import type { AttemptFault, SpanPlace } from "../protocol/messages.ts"
import type { Passing } from "../slot/SlotOwner.ts"
import type { CallSite } from "./call-site.ts"
import { rememberOrigin } from "./evidence.ts"
import { folded, foldedBelow } from "./folded-stacks.ts"
import { lastHeapReading, OUT_OF_MEMORY } from "./heap-words.ts"
import { lastPlaceOf } from "./last-place.ts"
import { giveStack } from "./lazy-stack.ts"
import { loadingAdvice } from "./loading-advice.ts"
import { maskOf } from "./mask-of.ts"
import { notedCall } from "./noted.ts"
import { mappedResource } from "./own-frames.ts"
import { placeOfSyntax } from "./stack-frames.ts"
import { valueText } from "./value-text.ts"
import { place, resourceName, story } from "./whereabouts.ts"

/** A failed attempt, explained. */
export interface Explained {
  readonly error: unknown
  /** Its `_tag` or name, for the attempt's record. */
  readonly label: string
  /** The task said, or the nature of the failure says, that trying again is of no use. */
  readonly final: boolean
}

const named = (job: JobSummary): string =>
  `task ${JSON.stringify(job.task)} (job ${job.key}, input ${job.inputPreview})`

const headline = (thrown: unknown, job: JobSummary): string => {
  // Leaves out a name or a message that is empty. Not a class's own, which may say anything.
  if (thrown instanceof Error) return Error.prototype.toString.call(thrown) || "an error without name and message"
  return typeof thrown === "string" ? JSON.stringify(thrown) : valueText(thrown, 300, maskOf(job))
}

/** Its stack, and what that is made of once it is read: `thrown` has the worker's frames. */
const withFrames = <E extends object>(
  error: E,
  thrown: unknown,
  callSite: CallSite | undefined,
  spans?: ReadonlyArray<SpanPlace>
): E => {
  rememberOrigin(error, { thrown, callSite, spans })
  giveStack(error)
  return error
}

const label = (error: unknown): string => {
  const tag = typeof error === "object" && error !== null ? Reflect.get(error, "_tag") : undefined
  return typeof tag === "string" ? tag : error instanceof Error ? error.name : typeof error
}

const explained = (error: unknown, final: boolean): Explained => ({ error, label: label(error), final })

/** Effect says so of a service that is asked for and not there. */
const NO_SERVICE = /^Service not found: /

/** What is to be done about it, which Effect can't know. */
const remedyOf = (cause: unknown): string =>
  cause instanceof Error && NO_SERVICE.test(cause.message)
    ? "; a task's services are what its pool's option context provides"
    : ""

/** A fault that a living worker told of. `decodeTyped` restores an error written by the task's error schema. */
export const explainFault = (
  fault: AttemptFault,
  job: JobSummary,
  callSite: CallSite | undefined,
  decodeTyped: (encoded: Uint8Array) => unknown
): Explained => {
  switch (fault._tag) {
    case "Threw": {
      const cause = folded(restoreError(fault.error), true)
      return explained(
        withFrames(
          new TaskThrew(`${named(job)} threw ${headline(cause, job)}${remedyOf(cause)}`, job, { cause }),
          cause,
          callSite,
          fault.spans
        ),
        fault.final
      )
    }
    case "Typed": {
      const error =
        fault.encoded !== undefined
          ? decodeTyped(fault.encoded)
          : fault.error === undefined
            ? undefined
            : restoreError(fault.error)
      attachJob(error, job)
      // Of one that its schema has made anew the stack would lead into the decoding.
      const thrown = fault.stack ?? (error instanceof Error ? error.stack : undefined)
      if (typeof error === "object" && error !== null) {
        if (error instanceof Error) withFrames(foldedBelow(error), thrown, callSite, fault.spans)
        else rememberOrigin(error, { thrown, callSite, spans: fault.spans })
      }
      return explained(error, fault.final)
    }
    case "NotSerializable": {
      const path = `result${fault.path}`
      const message = `the result of ${named(job)} can't be sent back: ${path} ${fault.message}`
      return explained(
        withFrames(new NotSerializable(message, job, { side: "output", path }), undefined, callSite),
        true
      )
    }
    case "BadInput": {
      const cause = folded(restoreError(fault.error), true)
      const message = `the input of ${named(job)} could not be read by the worker: ${fault.message}`
      return explained(withFrames(new InvalidInput(message, job, { cause }), cause, callSite), true)
    }
    case "InvalidOutput": {
      const cause = folded(restoreError(fault.error), true)
      const message = `the result of ${named(job)} does not fit the task's output schema: ${fault.message}`
      return explained(withFrames(new InvalidOutput(message, job, { cause }), cause, callSite), true)
    }
    case "NotLoaded": {
      const thrown = restoreError(fault.error)
      const cause = folded(thrown, true)
      const where = fault.message.includes(job.module) ? "" : ` of ${job.module}`
      const why = `${fault.message}${unparsedAt(thrown)}${loadingAdvice(cause)}`
      const message = `task ${JSON.stringify(job.task)}${where} could not be loaded: ${why}`
      return explained(withFrames(new TaskNotLoaded(message, job, { cause }), cause, callSite), true)
    }
    case "Stuck": {
      const waitingOn = fault.waitingOn.map(mappedResource)
      const message =
        `${named(job)} waits for something that can never happen: its worker's event loop has nothing left that could wake it` +
        (waitingOn.length > 0 ? ` (open: ${waitingOn.map(resourceName).join(", ")})` : "")
      return explained(withFrames(new JobStuck(message, job, waitingOn), undefined, callSite), false)
    }
    case "Cancelled":
      return explained(withFrames(new JobCancelled(`${named(job)} was cancelled`, job), undefined, callSite), true)
    default:
      return fault satisfies never
  }
}

const MB = 1024 * 1024
const ACCOUNT = /-----? (?:Native|JavaScript) stack trace -----.*$/

const crashOf = (passing: Passing): { readonly facts: CrashFacts; readonly what: string } => {
  const { raw, overMemory, lastLines } = passing
  if (overMemory !== undefined) {
    const { limit, rss } = overMemory
    return {
      facts: { reason: "outOfMemory", limit, lastReading: rss, signal: raw.signal },
      what: `used ${Math.round(rss / MB)} MB of memory, over its limit (maxMemory) of ${Math.round(limit / MB)} MB`
    }
  }
  if (raw.violation !== undefined)
    return {
      facts: { reason: "protocol", exitCode: raw.exitCode, signal: raw.signal },
      what: `broke its channel: ${raw.violation.message}`
    }
  if (raw.heapLimit !== undefined) {
    const { heapLimit: limit } = raw
    return {
      // V8 ends a thread when it has used all of it, and tells no other reading.
      facts: { reason: "outOfMemory", limit, lastReading: limit, exitCode: raw.exitCode },
      what: `ran out of JavaScript heap (its thread's limit is ${Math.round(limit / MB)} MB)`
    }
  }
  if (lastLines.some((line) => OUT_OF_MEMORY.test(line))) {
    const { heapLimit: limit } = passing
    const lastReading = lastHeapReading(lastLines) ?? limit
    const used = lastReading === undefined ? "" : `, ${Math.round(lastReading / MB)} MB in use`
    return {
      facts: { reason: "outOfMemory", limit, lastReading, exitCode: raw.exitCode, signal: raw.signal },
      what: `ran out of JavaScript heap${limit === undefined ? "" : ` (its limit is ${Math.round(limit / MB)} MB${used})`}`
    }
  }
  if (raw.signal !== undefined)
    return { facts: { reason: "signal", signal: raw.signal }, what: `died of ${raw.signal}` }
  return { facts: { reason: "exit", exitCode: raw.exitCode ?? 0 }, what: `called process.exit(${raw.exitCode ?? 0})` }
}

/** What a worker has to have done before it is ready; empty where that is nothing of the program's. */
const untilReady = ({ configure: { contexts, preload } }: Passing["setup"]): string => {
  const first = [
    ...preload.map((module) => `loaded ${module}`),
    ...contexts.map(({ name }) => `built its context ${JSON.stringify(name)}`)
  ]
  return first.length === 0 ? "" : `: it is once it has ${first.join(" and ")}`
}

/** Of one that ended by itself while it got ready: what ended it is in no job, and may be in none of its tasks. */
const beforeReady = ({ raw, setup }: Passing): string => {
  const until = untilReady(setup)
  if (until === "") return ""
  const [top] = notedCall(raw.note)?.frames ?? []
  return `${top === undefined ? "" : ` in ${place(top)}`} before it was ready${until}`
}

/** Where a module can't be parsed or linked, which may be one that the task's own imports. */
export const unparsedAt = (thrown: unknown): string => {
  const place = thrown instanceof Error ? placeOfSyntax(thrown.stack ?? "") : undefined
  return place === undefined ? "" : ` (at ${place.file}:${place.line})`
}

/** Node's exit code where it does not know a flag, or a flag lacks its value. */
const REFUSED_FLAG = 9

/**
 * Whether Node would not start it with its flags: it ends by itself, before it runs a line. Nobody has called anything;
 * whoever calls `process.exit` has noted that.
 */
export const isRefusal = ({ raw, wasReady }: Passing): boolean =>
  !wasReady && raw.exitCode === REFUSED_FLAG && raw.signal === undefined && raw.note === undefined

/** What a worker died of, in words. */
export const describePassing = (passing: Passing): string => {
  if (passing.startFailure !== undefined) return passing.startFailure.message
  if (passing.raw.spawnError !== undefined) return `could not be started: ${passing.raw.spawnError.message}`
  if (passing.killReason === "startTimeout")
    return `was not ready within startTimeout (${passing.setup.startTimeoutMs} ms)${untilReady(passing.setup)}${passing.standing === undefined ? "" : story(passing.standing)}`
  if (passing.killReason === "loadTimeout")
    return `answered, but had loaded no task's module in twice startTimeout (${passing.setup.startTimeoutMs} ms): an earlier job has changed what it needs, such as the global Promise`
  const { what } = crashOf(passing)
  if (passing.wasReady) return what
  if (isRefusal(passing)) return `ended with exit code ${REFUSED_FLAG}, as Node does at a flag that it refuses`
  return what + beforeReady(passing)
}

/**
 * Why the parent had to end a worker, to a job that was not ended itself: several run at once there. Whose code blocks
 * them all can't be seen, and the limit that passes first may be another's.
 */
const besideStory = ({ killReason }: Passing): string | undefined => {
  if (killReason === "timeout")
    return "was blocked, by this job or one that ran beside it, and was ended when one of them had passed its timeout"
  if (killReason === "cancelled") return "was ended to end a cancelled job that ran beside it"
  return undefined
}

/** What a job's last attempt has printed, by stream. Not of `lastLogs` alone: the account of an abort may be longer. */
const wordsOf = ({ attempts, lastLogs, logs }: JobSummary): ReadonlyArray<string> => {
  const attempt = attempts.at(-1)?.number
  const of = (wanted: "stdout" | "stderr"): ReadonlyArray<string> => {
    const lines = logs.filter((line) => line.stream === wanted && line.attempt === attempt)
    return lines.length > lastLogs[wanted].length ? lines.map(({ message }) => message) : lastLogs[wanted]
  }
  return [...of("stdout"), ...of("stderr")].filter((line) => line.trim() !== "")
}

/** A worker ended while it ran this job. */
export const explainCrash = (passing: Passing, job: JobSummary, callSite: CallSite | undefined): Explained => {
  const { facts, what } = crashOf(passing)
  const printed = wordsOf(job)
  // Node's own account of an abort is no word of the task's, though it may stand behind one that was not finished.
  const dump = printed.findIndex((line) => ACCOUNT.test(line))
  const rest = printed[dump]?.replace(ACCOUNT, "") ?? ""
  const words = dump === -1 ? printed : [...printed.slice(0, dump), ...(rest === "" ? [] : [rest])]
  const tail = words.slice(-3)
  const said =
    tail.length > 0 ? `; it printed last: ${tail.map((line) => JSON.stringify(line.slice(0, 200))).join(", ")}` : ""
  const instead = besideStory(passing) ?? what
  const last = besideStory(passing) === undefined ? lastPlaceOf(passing, facts, job) : undefined
  const message = `the worker that ran ${named(job)} ${instead}${last?.story ?? ""} (worker ${job.worker}, pid ${passing.pid})${said}`
  return explained(calledFrom(new WorkerCrashed(message, job, facts), callSite, last?.frames), false)
}

/** Gives a failure its stack: the parent's call site, and where its worker was, if that is known. */
export const calledFrom = <E extends JobError | InvalidOptions>(
  error: E,
  callSite: CallSite | undefined,
  frames?: ReadonlyArray<Frame>
): E => {
  withFrames(error, undefined, callSite)
  if (frames !== undefined) rememberOrigin(error, { thrown: undefined, callSite, frames })
  return error
}
