/**
 * An error as a report keeps it: its facts, frames and source, with its causes and what it aggregates. Made from the
 * evidence that `failure/` finds; nothing is printed here.
 */
import { evidenceOf } from "../failure/evidence.ts"
import { valueText } from "../failure/value-text.ts"
import { MASKED, previewOf } from "../protocol/preview.ts"
import type { Mask } from "../watchdog/mask.cts"
import type { ErrorRecord } from "./FailureReport.ts"
import { jsonText } from "./json-text.ts"

const DEEPEST = 8
const MOST_AGGREGATED = 20
const MOST_FIELDS = 40
/** A field that takes more characters is shown in short. */
const LONGEST_FIELD = 20_000
const LONGEST_MESSAGE = 100_000

const STANDARD = new Set(["name", "message", "stack", "cause", "errors", "job", "_tag"])

const read = (object: object, key: string): unknown => {
  try {
    return Reflect.get(object, key)
  } catch {
    return "[its getter throws]"
  }
}

const fieldsOf = (error: object, mask: Mask): Record<string, unknown> => {
  const fields: Record<string, unknown> = {}
  for (const key of Object.keys(error)
    .filter((name) => !STANDARD.has(name))
    .slice(0, MOST_FIELDS)) {
    const value = read(error, key)
    if (mask.hides(key, value)) {
      fields[key] = MASKED
      continue
    }
    // Each value takes a character at least.
    const text = jsonText(value, { mask, most: LONGEST_FIELD })
    fields[key] = text === undefined || text.length > LONGEST_FIELD ? previewOf(value, 500, mask) : JSON.parse(text)
  }
  return fields
}

const textOf = (value: unknown): string => {
  const text = typeof value === "string" ? value : previewOf(value, 500)
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text
}

/** An error, or whatever was thrown in its place, without the fields that `mask` hides. Never throws. */
export const errorRecord = (error: unknown, mask: Mask, depth = 0, told = new Set<unknown>()): ErrorRecord => {
  const bare = { fields: {}, frames: [], spans: [], stack: [] }
  if (typeof error !== "object" || error === null) return { ...bare, name: typeof error, message: textOf(error) }
  if (told.has(error) || depth > DEEPEST) return { ...bare, name: "Error", message: "[seen above]" }
  told.add(error)
  try {
    const tag = read(error, "_tag")
    const isError = error instanceof Error
    const { frames, source, spans } = evidenceOf(error)
    const stack = read(error, "stack")
    const cause = read(error, "cause")
    const errors = read(error, "errors")
    return {
      name: isError || typeof read(error, "name") === "string" ? textOf(read(error, "name")) : "Object",
      message: isError ? textOf(read(error, "message")) : valueText(error, 500, mask),
      ...(typeof tag === "string" ? { tag } : {}),
      fields: fieldsOf(error, mask),
      frames,
      ...(source === undefined ? {} : { source }),
      spans,
      stack: typeof stack === "string" ? textOf(stack).split("\n") : [],
      ...(cause === undefined ? {} : { cause: errorRecord(cause, mask, depth + 1, told) }),
      ...(error instanceof AggregateError && Array.isArray(errors)
        ? { errors: errors.slice(0, MOST_AGGREGATED).map((each) => errorRecord(each, mask, depth + 1, told)) }
        : {})
    }
  } catch (problem) {
    return { ...bare, name: "Error", message: `an error that can't be shown: ${textOf(problem)}` }
  }
}
