/**
 * The full printed form of a failure: what happened, where in the worker, the source, the causes, the call in the
 * parent, the job. For a person; programs read the fields. Not the compact form, which is the error's `stack`.
 */

import { inspect, stripVTControlCharacters, styleText } from "node:util"
import {
  type ExplainOptions,
  type Frame,
  isJobError,
  type JobSummary,
  jobOf,
  type NativeState,
  type Resource
} from "@holdfast/core"
import { readableLines } from "../protocol/log-record.ts"
import { MASKED, previewOf } from "../protocol/preview.ts"
import type { Mask } from "../watchdog/mask.cts"
import { evidenceOf, readField } from "./evidence.ts"
import {
  calledFromTitle,
  frameLine,
  headlineOf as headlineOfError,
  spanLine,
  stacklessLines,
  taskLine,
  timesLines
} from "./lazy-stack.ts"
import { maskOf } from "./mask-of.ts"
import { runsOf } from "./stack-frames.ts"
import { linesOfTask, placeOfTask } from "./task-place.ts"
import { valueText } from "./value-text.ts"
import { nativeStory, resourceName } from "./whereabouts.ts"

const MOST_FRAMES = 10
const MOST_CAUSES = 8
const MOST_AGGREGATED = 10
const MOST_LINES = 20
const LONGEST_FIELD = 600

type Style = Parameters<typeof styleText>[0]
type Paint = (style: Style, text: string) => string
type Hides = Pick<Mask, "hides">

const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false })
const plain: Paint = (_style, text) => text

const read = (object: object, key: string): unknown => {
  try {
    return Reflect.get(object, key)
  } catch {
    return "[its getter throws]"
  }
}

const shown = (value: unknown): string => {
  try {
    return inspect(value, { depth: 2, maxStringLength: 300, maxArrayLength: 10, breakLength: 100, getters: false })
  } catch {
    return "[could not be shown]"
  }
}

const isError = (value: object): boolean => {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

/** By its name: where `using` is compiled to older code, it is made of an Error. */
const isSuppressedError = (error: object): boolean => readField(error, "name") === "SuppressedError"

const headlineOf = (error: unknown, mask: Hides): string => {
  if (typeof error !== "object" || error === null) return shown(error)
  return isError(error) ? headlineOfError(error) : valueText(error, LONGEST_FIELD, mask)
}

const frameLines = (frames: ReadonlyArray<Frame>, paint: Paint): Array<string> => {
  const runs = runsOf(frames)
  const lines = runs.slice(0, MOST_FRAMES).flatMap(({ frame, times }) => {
    const locals = Object.entries(frame.locals ?? {}).map(([name, value]) => `\n        ${name} = ${value}`)
    const same = timesLines(times).map((line) => paint("dim", line))
    return [`${paint("cyan", frameLine(frame))}${locals.join("")}`, ...same]
  })
  if (runs.length > MOST_FRAMES) lines.push(paint("dim", `    … ${runs.length - MOST_FRAMES} more frames`))
  return lines
}

const excerptLines = (excerpt: string, paint: Paint): Array<string> =>
  excerpt.split("\n").map((line) => `    ${line.startsWith(">") ? paint("red", line) : paint("dim", line)}`)

/** What an HTTP client hangs on its errors has the request's headers: no secret is shown by its name. */
const fieldValue = (key: string, value: unknown, mask: Hides): string => {
  if (mask.hides(key, value)) return MASKED
  if (typeof value === "object" && value !== null) return previewOf(value, LONGEST_FIELD, mask)
  return shown(value).replaceAll("\n", "\n    ")
}

/** Own fields beside the standard ones, such as `code` and `path` of a system error. */
const fieldLines = (error: object, mask: Hides): Array<string> => {
  const lines: Array<string> = []
  const skipped = new Set([
    ...["message", "stack", "cause", "errors", "name", "_tag", "job"],
    ...["hungAt", "waitingOn", "native"],
    ...(isSuppressedError(error) ? ["error", "suppressed"] : [])
  ])
  try {
    for (const key of Object.keys(error).slice(0, 20)) {
      if (skipped.has(key)) continue
      lines.push(`    ${key}: ${fieldValue(key, read(error, key), mask)}`)
    }
  } catch {
    // A Proxy that refuses to be listed has no fields to show.
  }
  return lines
}

const indented = (lines: ReadonlyArray<string>): Array<string> =>
  lines.map((line) => (line === "" ? "" : `  ${line.replaceAll("\n", "\n  ")}`))

/** Everything below an error: its causes and what it aggregates. `told` has what stands above. */
const causeLines = (error: object, told: Set<unknown>, depth: number, mask: Hides, paint: Paint): Array<string> => {
  if (depth > MOST_CAUSES) return ["", "  [deeper causes left out]"]
  const lines: Array<string> = []
  const tell = (title: string, cause: unknown): void => {
    if (typeof cause === "object" && told.has(cause)) {
      lines.push("", `  ${title}: [seen above] ${headlineOf(cause, mask)}`)
      return
    }
    lines.push("", `  ${paint("bold", `${title}:`)} ${headlineOf(cause, mask).replaceAll("\n", "\n  ")}`)
    if (typeof cause !== "object" || cause === null) return
    told.add(cause)
    const { frames, source } = evidenceOf(cause)
    // Of what is no error the headline shows all there is.
    lines.push(...indented([...(isError(cause) ? fieldLines(cause, mask) : []), ...frameLines(frames, paint)]))
    // The cause of a failure is often what it is made of.
    if (source !== undefined && !told.has(source.excerpt)) {
      told.add(source.excerpt)
      lines.push("", ...indented(excerptLines(source.excerpt, paint)))
    }
    lines.push(...indented(causeLines(cause, told, depth + 1, mask, paint)))
  }
  const cause = read(error, "cause")
  if (cause !== undefined) tell("caused by", cause)
  const errors = read(error, "errors")
  if (Array.isArray(errors) && isError(error)) {
    for (const [at, each] of errors.slice(0, MOST_AGGREGATED).entries())
      tell(`error ${at + 1} of ${errors.length}`, each)
  }
  if (isSuppressedError(error)) {
    tell("error", read(error, "error"))
    tell("which suppressed", read(error, "suppressed"))
  }
  return lines
}

/** The task, where nothing tells what in it failed. */
const taskLines = (error: object, paint: Paint): Array<string> => {
  const place = placeOfTask(error)
  if (place === undefined) return []
  return [paint("cyan", taskLine(place)), "", ...linesOfTask(place).map((line) => paint("dim", `      ${line}`))]
}

/** What a job did that had to be ended while it waited. */
const waitLines = (error: object, paint: Paint): Array<string> => {
  const waitingOn = readField(error, "waitingOn")
  const native = readField(error, "native")
  const lines: Array<string> = []
  if (Array.isArray(waitingOn) && waitingOn.length > 0) {
    lines.push("", `  ${paint("bold", "waiting on")}`)
    for (const each of waitingOn as ReadonlyArray<Resource>) lines.push(`    ${resourceName(each)}`)
  }
  if (typeof native === "object" && native !== null) lines.push(`    ${nativeStory(native as NativeState).slice(2)}`)
  return lines
}

const attemptText = ({ number, worker, pid, durationMs, failure }: JobSummary["attempts"][number]): string => {
  const lasted = durationMs === undefined ? "" : ` after ${Math.round(durationMs)} ms`
  return `${number}: ${failure ?? "succeeded"}${lasted} on worker ${worker ?? "none"}, pid ${pid ?? "none"}`
}

const jobLines = (job: JobSummary, headline: string, paint: Paint): Array<string> => {
  const label = (name: string): string => `  ${paint("dim", name.padEnd(9))}`
  const lines = [`${label("task")}${job.task} (${job.module})`, `${label("job")}index ${job.index}, key ${job.key}`]
  if (!headline.includes(job.inputPreview)) lines.push(`${label("input")}${job.inputPreview}`)
  if (job.worker !== undefined) lines.push(`${label("worker")}${job.worker}, pid ${job.pid ?? "unknown"}`)
  for (const [at, attempt] of job.attempts.entries()) {
    lines.push(`${label(at === 0 ? "attempts" : "")}${attemptText(attempt)}`)
  }
  const report = job.attempts.at(-1)?.report
  if (report !== undefined) lines.push(`${label("report")}${report}`)
  for (const stream of ["stdout", "stderr"] as const) {
    const printed = readableLines(job.lastLogs[stream], stream, MOST_LINES)
    printed.forEach((line, at) => {
      lines.push(`${label(at === 0 ? stream : "")}| ${stripVTControlCharacters(line).slice(0, 500)}`)
    })
  }
  return lines
}

const print = (error: object, paint: Paint, title: string | undefined): string => {
  const job = jobOf(error)
  const mask = maskOf(job)
  const headline = title ?? headlineOf(error, mask)
  const evidence = evidenceOf(error)
  const { frames, source, spans, calledFrom } = evidence
  const told = new Set<unknown>([error])
  const lines = [paint("red", headline)]
  // What the task threw is the failure itself: it stands in the message, and its frames are the failure's.
  const thrown = isJobError(error) && error._tag === "TaskThrew" ? error.cause : undefined
  const subject = typeof thrown === "object" && thrown !== null && isError(thrown) ? thrown : error
  told.add(subject)
  lines.push(...(isError(subject) ? fieldLines(subject, mask) : []), ...frameLines(frames, paint))
  if (frames.length === 0) lines.push(...stacklessLines(error))
  if (source !== undefined) {
    told.add(source.excerpt)
    lines.push("", ...excerptLines(source.excerpt, paint))
  } else if (frames.length === 0) lines.push(...taskLines(error, paint))
  lines.push(...waitLines(error, paint))
  if (spans.length > 0) lines.push("", ...spans.map(spanLine))
  // A thrown value that is no error stands in the message.
  if (subject !== error || thrown === undefined) lines.push(...causeLines(subject, told, 0, mask, paint))
  if (title !== undefined) return lines.join("\n")
  if (calledFrom.length > 0)
    lines.push("", `  ${paint("bold", calledFromTitle(evidence))}`, ...frameLines(calledFrom, paint))
  if (job !== undefined) lines.push("", ...jobLines(job, headline, paint))
  return lines.join("\n")
}

const wantsColours = (): boolean => {
  // styleText itself knows NO_COLOR, FORCE_COLOR and what is no terminal.
  return styleText("red", "x", { stream: process.stderr }) !== "x"
}

/**
 * The full printed form of an error that came out of a pool, the task's own typed errors included: message, frames
 * in the worker with their source, causes, the call in the parent, the job and what it printed last. Never throws.
 *
 * @example
 * try { await pool.run(parse, "a.pdf") } catch (error) { console.error(explain(error)) }
 */
export const explain = (error: unknown, options: ExplainOptions = {}): string => {
  try {
    const paint = (options.colours ?? wantsColours()) ? coloured : plain
    if (typeof error !== "object" || error === null) return paint("red", options.title ?? shown(error))
    return print(error, paint, options.title)
  } catch {
    return shown(error)
  }
}
