/**
 * What the log says of an event: level, message and fields. Pure, and no logger's business but pino's numbers.
 * Most events say nothing there; those that do concern somebody who reads the log of a whole night.
 */
import { type EventOf, type Frame, type PoolEvent, WorkerCrashed } from "@holdfast/core"
import { evidenceOf } from "../failure/evidence.ts"
import { nativeStory, place, resourceName, story } from "../failure/whereabouts.ts"
import { wordsOf } from "../protocol/thrown-words.ts"
import { loggedError } from "./logged-error.ts"

export interface EventRecord {
  /** pino's number. */
  readonly level: number
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  /** The fields that the message tells as well. */
  readonly told?: ReadonlyArray<string>
}

const DEBUG = 20
const WARN = 40
const ERROR = 50

/** Fields without those that are undefined. */
const known = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const seconds = (ms: number): string => `${ms < 10_000 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`

/** A tagged error often has no message, and a failure need be no error. */
const headline = (error: unknown): string => wordsOf(error).split("\n", 1)[0] ?? ""

/** A crash has no stack of its own: its message tells all. */
const toldOf = (error: unknown): ReadonlyArray<string> => (error instanceof WorkerCrashed ? ["err"] : [])

const jobName = (task: string | undefined, index: number | undefined): string =>
  task === undefined ? "a job" : `job ${index} of ${JSON.stringify(task)}`

/** Of a job that has failed for good. */
const failedFields = ({
  batch,
  error,
  job,
  task
}: EventOf<"JobFailed"> | EventOf<"JobQuarantined">): EventRecord["fields"] => {
  const { attempts, index, key, pid, worker } = job
  const fields = known({ worker, pid, task, job: index, key, attempt: attempts.length, batch })
  // Made once it is read: at the level of most logs nobody does, and thousands may fail.
  return Object.defineProperty(fields, "err", { get: () => loggedError(error, job), enumerable: true })
}

/** With its local variables below it. */
const frameLine = (frame: Frame): string =>
  [
    `    at ${frame.function || "<anonymous>"} (${frame.file}:${frame.line}:${frame.column})`,
    ...Object.entries(frame.locals ?? {}).map(([name, value]) => `        ${name} = ${value}`)
  ].join("\n")

/**
 * An error as a worker's pino has written it, so that the parent's writes it alike: that goes by the name of an error's
 * constructor, and would call it an Object.
 */
const errorAsWritten = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string") return value
  const constructor = Object.defineProperty(() => undefined, "name", { value: value.type })
  return Object.assign(Object.create(Object.defineProperty({}, "constructor", { value: constructor })), value)
}

/** A worker's own line, tagged. A field of its own that is named like a tag comes with an underscore. */
const logRecord = (event: EventOf<"Log">): EventRecord => {
  const { attempt, fields, index, level, message, pid, stream, task, worker } = event
  const tags = known({ worker, pid, task, job: index, attempt, stream })
  const own = Object.entries(fields ?? {}).map(([name, value]) => [
    name in tags ? `${name}_` : name,
    name === "err" ? errorAsWritten(value) : value
  ])
  return { level, message, fields: { ...tags, ...Object.fromEntries(own) } }
}

/** One that had to be killed at its end: whatever it was about to save or to close may be lost. */
const killedAtEnd = ({ exit, pid, worker }: EventOf<"WorkerExited">): EventRecord => {
  const names = exit.releasing?.map((name) => JSON.stringify(name)) ?? []
  const what = names.length > 1 ? `one of its contexts ${names.join(", ")}` : `its context ${names[0]}`
  const why = names.length === 0 ? "" : `: ${what} was still being released`
  const { hungAt, native, waitingOn, stopped } = exit
  const where = story({ blocked: false, hungAt, waitingOn, native, call: native?.call, stopped })
  return {
    level: WARN,
    message: `worker ${worker} had not ended within killGrace of being asked to, and was killed${why}${where}`,
    fields: known({ worker, pid, releasing: exit.releasing, hungAt, waitingOn, native, stopped }),
    told: ["releasing", "hungAt", "waitingOn", "native", "stopped"]
  }
}

const exitRecord = (event: EventOf<"WorkerExited">): EventRecord | undefined => {
  if (event.expected) return event.exit.reason === "grace" ? killedAtEnd(event) : undefined
  const { exit, pid, restartInMs, worker } = event
  const { hungAt, native, stopped, waitingOn } = exit
  const how = exit.signal !== undefined ? `of ${exit.signal}` : `with exit code ${exit.exitCode ?? "unknown"}`
  const what =
    exit.neverReady === true
      ? `could not be started: ${exit.reason ?? `it ended ${how}`}`
      : `ended unexpectedly${exit.reason === undefined ? ` ${how}` : `: ${exit.reason}`}`
  const wait = restartInMs === undefined || restartInMs <= 0 ? "at once" : `in ${Math.round(restartInMs)} ms`
  const next = restartInMs === undefined ? "it is not replaced" : `its successor starts ${wait}`
  return {
    level: WARN,
    message: `worker ${worker} ${what}; ${next}`,
    fields: known({
      worker,
      pid,
      exitCode: exit.exitCode,
      signal: exit.signal,
      reason: exit.reason,
      restartInMs,
      hungAt,
      waitingOn,
      native,
      stopped
    }),
    told: ["exitCode", "signal", "reason", "restartInMs", "hungAt", "waitingOn", "native", "stopped"]
  }
}

/** A line is all that some show of a record. */
const placeOf = (error: unknown): string => {
  const top = typeof error === "object" && error !== null ? evidenceOf(error).frames[0] : undefined
  return top === undefined ? "" : `, in ${place(top)}`
}

const stallRecord = (event: EventOf<"JobStalled">): EventRecord => {
  const { amongOthers, attempt, batch, index, native, pid, runningMs, stack, task, waitingOn, worker } = event
  const who = amongOthers === true ? "this job, or one that runs beside it, is " : ""
  const where =
    stack.length === 0
      ? ""
      : `, ${who}now at ${stack[0]?.function || "<anonymous>"} (${stack[0]?.file}:${stack[0]?.line})`
  const what = waitingOn.length === 0 ? "" : `, waiting on ${waitingOn.map(resourceName).join(", ")}`
  const inside = native === undefined ? "" : nativeStory(native).replace(/^; it was/, ",")
  return {
    level: WARN,
    message: `${jobName(task, index)} has been running for ${seconds(runningMs)} on worker ${worker}${where}${what}${inside}`,
    fields: known({
      worker,
      pid,
      task,
      job: index,
      attempt,
      batch,
      runningMs,
      stack: stack.length === 0 ? undefined : stack.map(frameLine).join("\n"),
      waitingOn: waitingOn.length === 0 ? undefined : waitingOn.map(resourceName),
      native
    })
  }
}

/** What to log of an event; undefined for nothing. */
export const recordOf = (event: PoolEvent): EventRecord | undefined => {
  switch (event._tag) {
    case "Log":
      return logRecord(event)
    case "WorkerExited":
      return exitRecord(event)
    case "JobStalled":
      return stallRecord(event)
    case "JobRetrying": {
      const { attempt, batch, error, index, job, task } = event
      return {
        level: WARN,
        message: `${jobName(task, index)} failed in attempt ${attempt.number} and is tried again: ${headline(error)}`,
        fields: known({
          worker: attempt.worker,
          pid: attempt.pid,
          task,
          job: index,
          attempt: attempt.number,
          batch,
          err: loggedError(error, job)
        }),
        told: toldOf(error)
      }
    }
    case "JobQuarantined": {
      const { error, job, task } = event
      return {
        level: ERROR,
        message: `${jobName(task, job.index)} is not run again, for its workers died: ${headline(error)}`,
        fields: failedFields(event),
        told: toldOf(error)
      }
    }
    // Its caller gets it; the log needs not say it twice.
    case "JobFailed": {
      const { error, job, task } = event
      return {
        level: DEBUG,
        message: `${jobName(task, job.index)} failed: ${headline(error)}`,
        fields: failedFields(event)
      }
    }
    case "LateError": {
      const { error, index, pid, task, worker } = event
      return {
        level: ERROR,
        // A context that can't be released, or what a module left behind, is no job's.
        message: `an error escaped ${task === undefined ? "that is of no job that is known" : `from ${jobName(task, index)} after it had settled`}: ${headline(error)}${placeOf(error)}`,
        fields: known({ worker, pid, task, job: index, err: loggedError(error) })
      }
    }
    case "PoolBroke":
      return { level: ERROR, message: event.message, fields: {} }
    default:
      return undefined
  }
}
