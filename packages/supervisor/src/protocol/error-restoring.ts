/**
 * Makes what was thrown anew from its description. Not the description's making: that is `error-reading.ts`.
 */
import type { Carried, DescribedError, DescribedProperty, ErrorDescription } from "./error-shape.ts"
import { decodeLone } from "./lone-value.ts"
import { makeNative } from "./native-errors.ts"
import { giveText } from "./own-text.ts"
import { previewOf } from "./preview.ts"

// The errors being restored, outermost first: a property decoded on the way may be one of them.
const restoring: Array<object> = []

const define = (target: object, key: string, value: unknown, enumerable: boolean): void => {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}

const carried = (described: Carried): unknown => ("bytes" in described ? decodeLone(described.bytes) : described.value)

const restoreProperties = (target: object, properties: ReadonlyArray<DescribedProperty>): void => {
  for (const property of properties) {
    let value: unknown
    try {
      value = carried(property)
    } catch {
      value = "[could not be decoded]"
    }
    define(target, property.key, value, true)
  }
}

const restoreErrorItself = (description: DescribedError): Error => {
  const { name, message, native, stack } = description
  const error = makeNative(native, message, name)
  restoring.push(error)
  try {
    restoreProperties(error, description.properties)
    for (const [key, nested] of description.nested) define(error, key, restore(nested), false)
    if (description.errors !== undefined) define(error, "errors", description.errors.map(restore), false)
    if (!Object.hasOwn(error, "name") && error.name !== name) define(error, "name", name, false)
    define(error, "stack", stack ?? (message === "" ? name : `${name}: ${message}`), false)
    return error
  } finally {
    restoring.pop()
  }
}

/** `String(value)` says what it said where it was. */
const worded = <A>(value: A, text: string | undefined): A => {
  if (typeof value === "object" && value !== null && typeof text === "string") giveText(value, text)
  return value
}

const restore = (description: ErrorDescription): unknown => {
  switch (description.kind) {
    case "error":
      return restoreErrorItself(description)
    case "value":
      return worded(carried(description), description.text)
    case "fields": {
      const object = {}
      restoreProperties(object, description.properties)
      return worded(object, description.text)
    }
    case "text":
      return description.message
    case "ancestor":
      return restoring[restoring.length - description.up] ?? description.message
    default:
      throw new Error("a description of an unknown kind")
  }
}

/** What was thrown, as far as it could cross. Never throws: of a spoiled description an Error says so. */
export const restoreError = (description: ErrorDescription): unknown => {
  try {
    return restore(description)
  } catch (error) {
    return new Error(`What was thrown could not be restored: ${previewOf(error)}`)
  }
}
