/** What is told of a failure: as lines for a person, and as one record for a program. Pure. */
import { inspect } from "node:util"
import { isJobError, jobOf } from "@holdfast/core"
import { NotJson } from "./json-text.ts"

/** An input that came to nothing. */
export interface FailedInput {
  /** The input's line number, from 1. */
  readonly line: number
  /** The line itself; undefined where it is no text. */
  readonly text: string | undefined
  /** Whether it could be read: `text` is then an input, and else a broken line. */
  readonly readable: boolean
  readonly error: unknown
}

/** A line of the input that means nothing. */
export class BrokenInput extends Error {
  override get name(): string {
    return "BrokenInput"
  }
}

const MOST_SHOWN = 300

const shortened = (text: string): string => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, "  ")

const headline = (error: unknown): string => {
  if (!(error instanceof Error)) return inspect(error, { depth: 3, breakLength: 100 })
  return isJobError(error) || error instanceof BrokenInput || error instanceof NotJson
    ? error.message
    : `${error.name}: ${error.message}`
}

/** The frames in the worker; those in this process are the command's own. */
const framesOf = (error: unknown): string => {
  if (!(error instanceof Error) || error instanceof BrokenInput || error instanceof NotJson) return ""
  const lines = (error.stack ?? "").split("\n")
  const called = lines.findIndex((line) => line.trim() === "called from")
  const own = (called === -1 ? lines : lines.slice(0, called)).filter((line) => /^\s+at /.test(line))
  return own.map((line) => `\n    ${line.trim()}`).join("")
}

/** A failure for a person: which line, what happened, with which input, and where in the task. */
export const failureText = (failed: FailedInput): string => {
  const { error, line, text } = failed
  const attempts = jobOf(error)?.attempts.length ?? 0
  const tries = attempts > 1 ? ` after ${attempts} attempts` : ""
  const input = text === undefined ? "" : `\n${indented(`input: ${shortened(text)}`)}`
  return `line ${line} failed${tries}: ${headline(error)}${framesOf(error)}${input}`
}

/** JSON of what a task failed with that is no failure of Holdfast's. */
const plainError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error === undefined ? null : error
  const stack = (error.stack ?? "").split("\n").map((line) => line.trim())
  return { ...error, name: error.name, message: error.message, stack, job: jobOf(error) }
}

/** JSON text of anything: what can't be written comes as its description. */
const safely = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? "null"
  } catch {
    return JSON.stringify(inspect(value, { depth: 4 }))
  }
}

/**
 * A failure for a program, as one line of JSON: `{"line":3,"input":…,"error":{…}}`; a line that can't be read has
 * `text` in place of `input`. `inputJson` is what the line's text is as JSON.
 */
export const failureJson = (failed: FailedInput, inputJson: (text: string) => string): string => {
  const { error, line, readable, text } = failed
  const what = readable && text !== undefined ? `"input":${inputJson(text)}` : `"text":${safely(text ?? null)}`
  return `{"line":${line},${what},"error":${safely(isJobError(error) ? error : plainError(error))}}`
}
