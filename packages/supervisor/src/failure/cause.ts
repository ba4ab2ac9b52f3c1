/**
 * What is one cause: the rule by which `pool.report()`, its page and `holdfast inspect` count failures together, and the
 * words for it. Pure. Who has a failure, or the record of one, says here what is known of it.
 */
import type { Frame, JobError, JobSummary } from "@holdfast/core"

/** Where something stands in the source as it was written. */
export type Place = Pick<Frame, "file" | "line" | "column">

/** What is known of a failed attempt, as far as its cause goes. */
export interface FailureFacts {
  /** `_tag` or name of the failure. */
  readonly failure: string
  readonly message: string
  readonly job: Pick<JobSummary, "task" | "module" | "key" | "inputPreview">
  /** What the task failed with, or the error that it threw; undefined where the failure's message says it. */
  readonly thrown: { readonly name: string; readonly message: string } | undefined
  /** Of the innermost frame of the user's. */
  readonly at: Place | undefined
  /** A fact of the failure: `reason`, `exitCode`, `signal`, `which`; the `code` of what was thrown. */
  readonly fact: (name: "reason" | "exitCode" | "signal" | "which" | "code") => unknown
  /** Whether it was looked at from outside while it was blocked: its message then says where. */
  readonly hung: boolean
}

const OWN = {
  TaskThrew: true,
  WorkerCrashed: true,
  WorkerFailedToStart: true,
  TaskNotLoaded: true,
  JobTimedOut: true,
  JobStuck: true,
  JobCancelled: true,
  NotSerializable: true,
  InvalidInput: true,
  InvalidOutput: true,
  PoolBroken: true,
  PoolClosed: true,
  QueueFull: true
} satisfies Record<JobError["_tag"], true>

/** Whether a failure of this name is Holdfast's, and none of the task's own. */
export const isOwn = (failure: string): boolean => Object.hasOwn(OWN, failure)

const LONGEST_TITLE = 300

export const clipped = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`)

const firstLine = (text: string): string => {
  const end = text.indexOf("\n")
  return clipped(end === -1 ? text : text.slice(0, end), LONGEST_TITLE)
}

/** A message of Holdfast's without the job, which is another each time. */
const withoutJob = (message: string, { inputPreview, key, task }: FailureFacts["job"]): string =>
  message
    .replace(`, input ${inputPreview})`, ")")
    .replace(`task ${JSON.stringify(task)} (job ${key})`, "the job")
    .replace(/^the job /, "")

/** What happened, in a line, of one of the failures of a cause. */
export const titleOf = ({ fact, failure, job, message, thrown }: FailureFacts): string => {
  if (thrown !== undefined) {
    const said = firstLine(thrown.message)
    return [thrown.name, said === thrown.name ? "" : said].filter((text) => text !== "").join(": ")
  }
  if (failure === "WorkerCrashed") {
    const reason = fact("reason")
    if (reason === "signal") return `the worker died of ${fact("signal") ?? "a signal"}`
    if (reason === "exit") return `the worker called process.exit(${fact("exitCode") ?? 0})`
    if (reason === "outOfMemory") return "the worker ran out of memory"
    if (reason === "ended") return "the worker was ended for another job that ran beside it"
    if (reason !== undefined) return `the worker crashed (${reason})`
  }
  return firstLine(withoutJob(message, job))
}

/** A quoted part, or a number. */
const VARIABLE = /"[^"]*"|'[^']*'|`[^`]*`|\d[\d_.,]*/g

const NUMBER = /\d[\d_.,]*/g

/** Where it was found, not what it did: in which column of its line is chance. */
const isSampled = (failure: string): boolean => failure === "JobTimedOut" || failure === "WorkerCrashed"

/**
 * Equal for failures of one cause: of the same kind, of the same task, at the same place, whose messages differ in
 * numbers and quoted parts alone; in numbers alone where there is no place, as of what is thrown and is no error. Not by
 * the names of functions: V8 infers them, and not always the same.
 */
export const causeKey = (facts: FailureFacts): string => {
  const { at, fact, failure, hung, job, thrown } = facts
  const place = at === undefined ? "" : `${at.file}:${at.line}${isSampled(failure) ? "" : `:${at.column}`}`
  return JSON.stringify([
    failure,
    thrown?.name ?? "",
    job.module,
    job.task,
    place,
    ...(["reason", "exitCode", "signal", "which", "code"] as const).map((name) => String(fact(name) ?? "")),
    // Where it hung says the place, more exactly than may be compared.
    hung && at !== undefined ? "" : titleOf(facts).replace(at === undefined ? NUMBER : VARIABLE, "…")
  ])
}
