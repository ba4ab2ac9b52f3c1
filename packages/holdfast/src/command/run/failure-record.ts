/** What is told of a failure: as lines for a person, and as one record for a program. Pure. */
import { inspect } from "node:util"
import { evidenceOf, explain, isJobError, jobOf } from "@holdfast/core"
import { NotJson, stringJson } from "./json-text.ts"
import { NotOneLine } from "./line-format.ts"

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

/** The job has succeeded, but there is no line of its result. */
const isUnwritable = (error: unknown): boolean => error instanceof NotJson || error instanceof NotOneLine

const MOST_SHOWN = 300
const LONGEST_HEADLINE = 10_000

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g

/** What would move a terminal's cursor, or ring its bell, is written as an escape. */
const visible = (text: string): string =>
  text.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

const shortened = (text: string): string => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, "  ")

const headline = (error: unknown): string => {
  if (!(error instanceof Error)) return inspect(error, { depth: 3, breakLength: 100 })
  return isJobError(error) || error instanceof BrokenInput || isUnwritable(error)
    ? error.message
    : [error.name, error.message].filter((text) => text !== "").join(": ")
}

/** Failures of one place, told in full once: of ten thousand alike nobody reads the source ten thousand times. */
export class ToldPlaces {
  readonly #places = new Set<string>()

  /** Whether a failure from there was told before; it has been from now on. */
  tells(error: unknown): boolean {
    const { frames, source } = evidenceOf(error)
    if (source === undefined) return false
    const place = [source, ...frames].map(({ column, file, line }) => `${file}:${line}:${column}`).join("\n")
    if (this.#places.has(place)) return true
    if (this.#places.size < MOST_PLACES) this.#places.add(place)
    return false
  }
}

const MOST_PLACES = 1000
const MOST_FRAMES = 10

const briefly = (error: unknown, title: string): string => {
  const frames = evidenceOf(error).frames.slice(0, MOST_FRAMES)
  return [
    title,
    ...frames.map(({ column, file, function: name, line }) => {
      const place = `${file}:${line}:${column}`
      return name === "<anonymous>" ? `    at ${place}` : `    at ${name} (${place})`
    })
  ].join("\n")
}

/**
 * A failure for a person: which line, what happened, where in the task, why, and with which input. Without its source
 * and its causes where one from the same place was told before.
 */
export const failureText = (failed: FailedInput, told: ToldPlaces): string => {
  const { error, line, text } = failed
  const attempts = jobOf(error)?.attempts.length ?? 0
  const tries = attempts > 1 ? ` after ${attempts} attempts` : ""
  const title = `line ${line} failed${tries}: ${headline(error).slice(0, LONGEST_HEADLINE)}`
  const input = text === undefined ? "" : `\n${indented(`input: ${visible(shortened(text))}`)}`
  if (error instanceof BrokenInput || isUnwritable(error)) return title + input
  return (told.tells(error) ? briefly(error, title) : explain(error, { title })) + input
}

/** JSON of what a task failed with that is no failure of Holdfast's. */
const plainError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error === undefined ? null : error
  const stack = (error.stack ?? "").split("\n").map((line) => line.trim())
  return { ...error, name: error.name, message: error.message, stack, job: jobOf(error) }
}

/** What stands in several places is written in each: of a few objects that refer to each other that may be no end. */
const MOST_VALUES = 2 ** 20

/** JSON text of anything: what can't be written comes as its description. */
const safely = (value: unknown): string => {
  let values = 0
  const counted = (_key: string, each: unknown): unknown => {
    if (++values > MOST_VALUES) throw new RangeError(`more than ${MOST_VALUES} values`)
    return each
  }
  try {
    return JSON.stringify(value, counted) ?? "null"
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
  const what =
    readable && text !== undefined
      ? `"input":${inputJson(text)}`
      : `"text":${text === undefined ? "null" : stringJson(text)}`
  return `{"line":${line},${what},"error":${safely(isJobError(error) ? error : plainError(error))}}`
}
