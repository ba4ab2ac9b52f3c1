/** What a worker died of, in words, and as the failure of the job that pays for it. Not who that is, which is `Departures.ts`. */
import { type CrashFacts, type JobSummary, WorkerCrashed } from "@holdfast/core"
import type { KillReason, Passing } from "../slot/SlotOwner.ts"
import type { CallSite } from "./call-site.ts"
import { calledFrom, type Explained, explained, named } from "./explained.ts"
import { lastHeapReading, OUT_OF_MEMORY } from "./heap-words.ts"
import { lastPlaceOf } from "./last-place.ts"
import { notedCall } from "./noted.ts"
import { place, story } from "./whereabouts.ts"

const MB = 1024 * 1024
const ACCOUNT = /-----? (?:Native|JavaScript) stack trace -----.*$/

/**
 * Why the parent had to end a worker, to a job that was not ended itself: several run at once there. Whose code blocks
 * them all can't be seen, and the limit that passes first may be another's.
 */
const endedFor = (reason: KillReason): string => {
  if (reason === "timeout")
    return "was blocked, by this job or one that ran beside it, and was ended when one of them had passed its timeout"
  if (reason === "cancelled") return "was ended to end a cancelled job that ran beside it"
  if (reason === "loadTimeout") return "was ended, as it could load no task's module any more"
  return "was ended with its pool"
}

const crashOf = (passing: Passing): { readonly facts: CrashFacts; readonly what: string } => {
  const { raw, killReason, overMemory, lastLines } = passing
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
  // Before what that looks like: SIGKILL, and in a thread an exit with code 1.
  if (killReason !== undefined) return { facts: { reason: "ended", signal: raw.signal }, what: endedFor(killReason) }
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
  const last = facts.reason === "ended" ? undefined : lastPlaceOf(passing, facts, job)
  const message = `the worker that ran ${named(job)} ${what}${last?.story ?? ""} (worker ${job.worker}, pid ${passing.pid})${said}`
  return explained(calledFrom(new WorkerCrashed(message, job, facts), callSite, last?.frames), false)
}
