/** What `Effect.log` was given, as text: JSON where that shows all of it, else as Node shows it. */
import { inspect, types } from "node:util"
import { wordsOf } from "../protocol/thrown-words.ts"

/** Of these JSON would show nothing. */
const isHiddenByJson = (value: unknown): boolean => value instanceof Error || types.isMap(value) || types.isSet(value)

/** On one line where that can be. What is circular, or a BigInt, is no JSON. */
const valueText = (part: unknown): string => {
  let isHidden = false
  try {
    const json = JSON.stringify(part, (_key, value: unknown) => {
      isHidden ||= isHiddenByJson(value)
      return typeof value === "bigint" ? `${value}n` : value
    })
    if (!isHidden) return json ?? String(part)
  } catch {
    // Shown as Node shows it.
  }
  return inspect(part, { breakLength: Number.POSITIVE_INFINITY })
}

/** With fields and causes. One of Effect's has an inspection of its own, which shows these, and not where it was made. */
const errorText = (error: Error): string =>
  inspect.custom in error ? `${error.stack ?? String(error)} ${inspect(error)}` : inspect(error)

const partText = (part: unknown): string => {
  if (typeof part === "string") return part
  if (typeof part === "bigint") return `${part}n`
  try {
    return part instanceof Error ? errorText(part) : valueText(part)
  } catch {
    // A getter of it throws, or a trap: that it was logged must fail no job.
    return wordsOf(part)
  }
}

/** One message, or several, of a log call. Never throws. */
export const logText = (message: unknown): string =>
  (Array.isArray(message) ? message : [message]).map(partText).join(" ")
