/**
 * Describes anything that was thrown: an error with its class, name, stack, own properties and everything it was
 * caused by, any other value as itself if it can cross, else as a text. Never throws, never stops halfway, and stays
 * bounded. Not the guarded reads themselves: those are `error-facts.ts`.
 */
import { boundedText, hasOwn, messageOf, nameOf, ownKeys, readProperty, stackOf } from "./error-facts.ts"
import type { Carried, DescribedError, DescribedProperty, DescribedText, ErrorDescription } from "./error-shape.ts"
import { encodeLone } from "./lone-value.ts"
import { isError, nativeClassOf } from "./native-errors.ts"
import { natureOf } from "./nature.ts"
import { ownText } from "./own-text.ts"
import { previewOf } from "./preview.ts"

const MAX_DEPTH = 10
const MOST_ERRORS = 200
const MOST_PROPERTIES = 100
const MOST_AGGREGATED = 100
/** Of one property, and of all that hang on one thrown value. */
const LARGEST_VALUE = 256 * 1024
const LARGEST_TOTAL = 4 * 1024 * 1024

// The errors being described, outermost first. A property that holds one of them again is met deep in the encoding of
// that property, which knows nothing of errors: so this is of the module.
const describing: Array<object> = []
let errorsLeft = MOST_ERRORS
let bytesLeft = LARGEST_TOTAL

const safely = <A>(read: () => A, instead: A): A => {
  try {
    return read()
  } catch {
    return instead
  }
}

const textOf = (value: unknown, name: string): DescribedText => ({
  kind: "text",
  name,
  message: typeof value === "string" ? value : previewOf(value)
})

/** Whether so much still has its place in the description, which then counts it. */
const fits = (bytes: number): boolean => {
  if (bytes > Math.min(LARGEST_VALUE, bytesLeft)) return false
  bytesLeft -= bytes
  return true
}

/** A value, or a text about it where it can't cross or is too large. */
const carry = (value: unknown): Carried => {
  switch (typeof value) {
    case "string": {
      const text = boundedText(value)
      return { value: fits(text.length) ? text : previewOf(value) }
    }
    case "number":
    case "boolean":
    case "undefined":
      return { value }
    default:
      return value === null ? { value } : encoded(value)
  }
}

const encoded = (value: unknown): Carried => {
  try {
    const bytes = encodeLone(value)
    if (fits(bytes.length)) return { bytes }
  } catch {
    // Refused: the text will do.
  }
  return { value: previewOf(value) }
}

const propertiesOf = (object: object, except: ReadonlySet<string>): Array<DescribedProperty> => {
  const properties: Array<DescribedProperty> = []
  for (const key of ownKeys(object)) {
    if (except.has(key)) continue
    if (properties.length === MOST_PROPERTIES) break
    properties.push({ key, ...carry(readProperty(object, key, "[its getter throws]")) })
  }
  return properties
}

const STANDARD: ReadonlySet<string> = new Set(["message", "stack", "cause"])
const OF_AGGREGATE: ReadonlySet<string> = new Set([...STANDARD, "errors"])
const OF_SUPPRESSED: ReadonlySet<string> = new Set([...STANDARD, "error", "suppressed"])
const NONE: ReadonlySet<string> = new Set()

const nestedIn = (error: object, native: string): DescribedError["nested"] => {
  const nested: Array<readonly [string, ErrorDescription]> = []
  const cause = readProperty(error, "cause")
  if (cause !== undefined || hasOwn(error, "cause")) nested.push(["cause", describe(cause)])
  if (native === "SuppressedError") {
    for (const key of ["error", "suppressed"]) nested.push([key, describe(readProperty(error, key))])
  }
  return nested
}

const aggregatedBy = (error: object): ReadonlyArray<ErrorDescription> => {
  const errors = readProperty(error, "errors")
  try {
    return Array.isArray(errors) ? Array.from(errors.slice(0, MOST_AGGREGATED), describe) : []
  } catch {
    return []
  }
}

/** `_tag` and `code` make an error what it is, also where its class has them rather than the instance. */
const inheritedProperties = (error: object, native: string): Array<DescribedProperty> => {
  const properties: Array<DescribedProperty> = []
  for (const key of native === "DOMException" ? ["_tag"] : ["_tag", "code"]) {
    if (hasOwn(error, key)) continue
    const value = readProperty(error, key)
    if (typeof value === "string" || typeof value === "number") properties.push({ key, ...carry(value) })
  }
  return properties
}

const describeErrorItself = (error: object): ErrorDescription => {
  const native = safely(() => nativeClassOf(error), "Error")
  const shown = { name: nameOf(error, native), message: messageOf(error) }
  const above = describing.lastIndexOf(error)
  if (above >= 0) return { kind: "ancestor", ...shown, up: describing.length - above }
  if (describing.length >= MAX_DEPTH || errorsLeft === 0) {
    return { kind: "text", name: shown.name, message: `${shown.name}: ${shown.message} [more of it left out]` }
  }
  errorsLeft--
  describing.push(error)
  try {
    const stack = stackOf(error)
    bytesLeft -= shown.message.length
    const keepStack = stack !== undefined && stack.length <= bytesLeft
    if (keepStack) bytesLeft -= stack.length
    const except = native === "AggregateError" ? OF_AGGREGATE : native === "SuppressedError" ? OF_SUPPRESSED : STANDARD
    return {
      kind: "error",
      ...shown,
      native,
      stack: keepStack ? stack : undefined,
      properties: [...propertiesOf(error, except), ...inheritedProperties(error, native)],
      nested: nestedIn(error, native),
      errors: native === "AggregateError" ? aggregatedBy(error) : undefined
    }
  } finally {
    describing.pop()
  }
}

const describeObject = (object: object): ErrorDescription => {
  if (safely(() => isError(object), false)) return describeErrorItself(object)
  const name = typeof object === "function" ? "function" : safely(() => nameOf(object, "Object"), "Object")
  const text = ownText(object)
  const message = text ?? previewOf(object)
  const worded = text === undefined ? {} : { text }
  try {
    const bytes = encodeLone(object)
    if (fits(bytes.length)) return { kind: "value", name, message, ...worded, bytes }
  } catch {
    // Refused as a whole; its fields may still do.
  }
  if (safely(() => natureOf(object), "leaf") !== "fields") return { kind: "text", name, message }
  return { kind: "fields", name, message, ...worded, properties: propertiesOf(object, NONE) }
}

const describe = (thrown: unknown): ErrorDescription => {
  if ((typeof thrown === "object" && thrown !== null) || typeof thrown === "function") return describeObject(thrown)
  if (typeof thrown === "symbol") return textOf(thrown, "symbol")
  const message = typeof thrown === "string" ? boundedText(thrown) : previewOf(thrown)
  return { kind: "value", name: thrown === null ? "null" : typeof thrown, message, ...carry(thrown) }
}

/**
 * Describes anything thrown, as data that plain v8 serialisation keeps and that is bounded (some MiB at worst).
 * Never throws. `name` and `message` are what to show.
 */
export const describeError = (thrown: unknown): ErrorDescription => {
  if (describing.length === 0) {
    errorsLeft = MOST_ERRORS
    bytesLeft = LARGEST_TOTAL
  }
  return safely(() => describe(thrown), { kind: "text", name: "Error", message: "[could not be described]" })
}
