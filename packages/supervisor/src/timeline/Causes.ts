/** Failures by their cause, as they come, bounded. What is one cause: `failure/cause.ts`. */

import { isJobError, type JobSummary, JobTimedOut, TaskThrew } from "@holdfast/core"
import { causeKey, clipped, type FailureFacts, type Place, titleOf } from "../failure/cause.ts"
import { placeOf, readField } from "../failure/evidence.ts"
import { maskOf } from "../failure/mask-of.ts"
import { valueText } from "../failure/value-text.ts"
import type { ReportBar, ReportFailures } from "./report-data.ts"

const MOST_CAUSES = 100
const MOST_EXAMPLES = 10
/** Characters of a message that a report keeps. */
const LONGEST_MESSAGE = 1_000
/** Of what was thrown and is no error. */
const LONGEST_VALUE = 500

interface Group {
  readonly cause: string
  readonly at: Place | undefined
  readonly failure: string
  readonly message: string
  count: number
  retried: number
  readonly tasks: ReadonlyArray<string>
  readonly examples: Array<ReportBar>
}

/** What a failure says, whatever it is. Never throws. */
export const messageOf = (error: unknown, job: JobSummary): string => {
  try {
    if (!(error instanceof Error))
      return clipped(typeof error === "string" ? error : valueText(error, LONGEST_VALUE, maskOf(job)), LONGEST_MESSAGE)
    return clipped(String(error.message) || error.name, LONGEST_MESSAGE)
  } catch {
    return "an error that can't be shown"
  }
}

/** `_tag` or name of a failure, whatever it is. Never throws. */
export const labelOf = (error: unknown): string => {
  try {
    const tag: unknown = Reflect.get(Object(error), "_tag")
    return typeof tag === "string" ? tag : error instanceof Error ? error.name : typeof error
  } catch {
    return "Error"
  }
}

const factOf = (error: unknown, name: string): unknown =>
  typeof error === "object" && error !== null ? readField(error, name) : undefined

const hasHung = (error: unknown): boolean => error instanceof JobTimedOut && (error.hungAt?.length ?? 0) > 0

/** Of what is no error and has no `_tag`, the message says all. */
const nameOf = (error: unknown): string =>
  error instanceof Error || typeof factOf(error, "_tag") === "string" ? labelOf(error) : ""

const factsOf = (error: unknown, failure: string, job: JobSummary): FailureFacts => {
  const subject = error instanceof TaskThrew ? error.cause : error
  const isThrown = isJobError(error) ? subject !== error && subject instanceof Error : true
  return {
    failure,
    message: messageOf(error, job),
    job,
    thrown: isThrown ? { name: nameOf(subject), message: messageOf(subject, job) } : undefined,
    at: typeof error === "object" && error !== null ? placeOf(error) : undefined,
    fact: (name) => factOf(error, name) ?? factOf(subject, name),
    hung: hasHung(error)
  }
}

export class Causes {
  readonly #groups = new Map<string, Group>()
  /** Failures of causes that came when there were too many. */
  others = 0

  add(error: unknown, failure: string, job: JobSummary, retried: boolean, bar: ReportBar): void {
    const facts = factsOf(error, failure, job)
    const key = causeKey(facts)
    let group = this.#groups.get(key)
    if (group === undefined) {
      if (this.#groups.size >= MOST_CAUSES) {
        this.others++
        return
      }
      const { at, message } = facts
      // Of a frame there may be more, its variables too.
      const place = at === undefined ? undefined : { file: at.file, line: at.line, column: at.column }
      group = {
        cause: titleOf(facts),
        at: place,
        failure,
        message,
        count: 0,
        retried: 0,
        tasks: [job.task],
        examples: []
      }
      this.#groups.set(key, group)
    }
    group.count++
    if (retried) group.retried++
    if (group.examples.length < MOST_EXAMPLES) group.examples.push(bar)
  }

  /** Most frequent first. */
  get all(): Array<ReportFailures> {
    return [...this.#groups.values()]
      .map((group) => ({ ...group, examples: [...group.examples] }))
      .sort((a, b) => b.count - a.count)
  }
}
