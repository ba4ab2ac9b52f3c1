/**
 * Shows in a few words what came where something else was expected. For messages alone: what it returns is cut
 * short and can't be parsed.
 */
import { inspect } from "node:util"

const MAX_LENGTH = 80

const shortened = (text: string): string => (text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`)

/** What came, on one line: strings quoted, so that `"4"` is not taken for `4`. Never throws. */
export const received = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(shortened(value))
  if (typeof value === "function") return value.name === "" ? "a function" : shortened(`the function ${value.name}`)
  try {
    const text = inspect(value, {
      depth: 1,
      breakLength: Number.POSITIVE_INFINITY,
      maxArrayLength: 5,
      maxStringLength: 40
    })
    return shortened(text.replaceAll(/\s*\n\s*/g, " "))
  } catch {
    // A proxy, or a `[util.inspect.custom]` that throws.
    return `a value of type ${typeof value} that can't be shown`
  }
}
