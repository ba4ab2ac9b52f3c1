/**
 * Failures by their cause: those of one kind whose messages differ in numbers and quoted parts alone are one. Bounded.
 */
import { isJobError, type JobSummary, TaskThrew, WorkerCrashed } from "@holdfast/core"
import type { ReportBar, ReportFailures } from "./report-data.ts"

const MOST_CAUSES = 100
const MOST_EXAMPLES = 10
const MOST_TASKS = 10
const LONGEST_CAUSE = 160
/** Characters of a message that a report keeps. */
const LONGEST_MESSAGE = 1_000

interface Group {
  readonly cause: string
  readonly failure: string
  readonly message: string
  count: number
  retried: number
  readonly tasks: Set<string>
  readonly examples: Array<ReportBar>
}

const clipped = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`)

/** What a failure says, whatever it is. Never throws. */
export const messageOf = (error: unknown): string => {
  try {
    if (!(error instanceof Error))
      return clipped(typeof error === "string" ? error : (JSON.stringify(error) ?? String(error)), LONGEST_MESSAGE)
    return clipped(String(error.message) || error.name, LONGEST_MESSAGE)
  } catch {
    return "an error that can't be shown"
  }
}

/** What sets a failure apart from others, before what differs from job to job is taken out of it. */
const causeOf = (error: unknown, failure: string): string => {
  if (error instanceof TaskThrew) {
    const { cause } = error
    return cause instanceof Error ? `${cause.name}: ${messageOf(cause)}` : `threw ${messageOf(cause)}`
  }
  if (error instanceof WorkerCrashed) {
    if (error.reason === "signal") return `the worker died of ${error.signal ?? "a signal"}`
    if (error.reason === "exit") return `the worker called process.exit(${error.exitCode ?? 0})`
    if (error.reason === "outOfMemory") return "the worker ran out of memory"
    return `the worker crashed (${error.reason})`
  }
  if (isJobError(error)) {
    // What stands before is the job, which is another each time.
    const { inputPreview, key, task } = error.job
    return messageOf(error)
      .replace(`, input ${inputPreview})`, ")")
      .replace(`task ${JSON.stringify(task)} (job ${key})`, "the job")
      .replace(/^the job /, "")
  }
  const message = messageOf(error)
  return message === failure ? failure : `${failure}: ${message}`
}

/** A quoted part, or a number that is no argument. */
const VARIABLE = /"[^"]*"|'[^']*'|`[^`]*`|(?<![\w(])-?\d[\d_.,]*/g

const normalised = (cause: string): string => {
  const end = cause.indexOf("\n")
  const line = clipped(end === -1 ? cause : cause.slice(0, end), 2 * LONGEST_CAUSE)
  return line.replace(VARIABLE, (part) => (/^\W/.test(part) && part[0] !== "-" ? "‹…›" : "#"))
}

export class Causes {
  readonly #groups = new Map<string, Group>()
  /** Failures of causes that came when there were too many. */
  others = 0

  add(error: unknown, failure: string, { task }: JobSummary, retried: boolean, bar: ReportBar): void {
    const cause = clipped(normalised(causeOf(error, failure)), LONGEST_CAUSE)
    const key = `${failure}\n${cause}`
    let group = this.#groups.get(key)
    if (group === undefined) {
      if (this.#groups.size >= MOST_CAUSES) {
        this.others++
        return
      }
      const message = messageOf(error)
      group = { cause, failure, message, count: 0, retried: 0, tasks: new Set(), examples: [] }
      this.#groups.set(key, group)
    }
    group.count++
    if (retried) group.retried++
    if (group.tasks.size < MOST_TASKS) group.tasks.add(task)
    if (group.examples.length < MOST_EXAMPLES) group.examples.push(bar)
  }

  /** Most frequent first. */
  get all(): Array<ReportFailures> {
    return [...this.#groups.values()]
      .map((group) => ({ ...group, tasks: [...group.tasks], examples: [...group.examples] }))
      .sort((a, b) => b.count - a.count)
  }
}
