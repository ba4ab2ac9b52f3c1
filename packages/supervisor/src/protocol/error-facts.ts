/**
 * Reads an error that may be hostile: getters that throw, a message that is an object, a Proxy. Every read is
 * guarded and every text bounded, so that one bad property costs only itself. Not the shape of the description:
 * that is `error-description.ts`.
 */
import { previewOf } from "./preview.ts"

/** In characters; of a message and of a stack. */
const LONGEST_TEXT = 64 * 1024

/** Cuts a text that is too long, with a note of it. */
export const boundedText = (text: string): string =>
  text.length <= LONGEST_TEXT
    ? text
    : `${text.slice(0, LONGEST_TEXT)}… [${text.length - LONGEST_TEXT} more characters left out]`

const UNREADABLE = Symbol("unreadable")

/** A property, or `instead` if reading it throws. */
export const readProperty = (object: object, key: string, instead: unknown = undefined): unknown => {
  try {
    return Reflect.get(object, key)
  } catch {
    return instead
  }
}

/** The message as text, whatever it is. */
export const messageOf = (error: object): string => {
  const message = readProperty(error, "message", UNREADABLE)
  if (message === UNREADABLE) return "[its message could not be read]"
  if (typeof message === "string") return boundedText(message)
  return message === undefined ? "" : previewOf(message, 2000)
}

/** The stack; undefined if there is none or it is no text. A huge message, with which it begins, is cut, not its frames. */
export const stackOf = (error: object): string | undefined => {
  const stack = readProperty(error, "stack")
  if (typeof stack !== "string") return undefined
  if (stack.length <= LONGEST_TEXT) return stack
  const message = readProperty(error, "message")
  const at = typeof message === "string" && message.length > LONGEST_TEXT ? stack.indexOf(message) : -1
  if (typeof message !== "string" || at === -1 || at > 200) return boundedText(stack)
  return stack.slice(0, at) + boundedText(message) + boundedText(stack.slice(at + message.length))
}

const classNameOf = (object: object): string | undefined => {
  try {
    const constructor: unknown = Reflect.get(object, "constructor")
    const name: unknown = typeof constructor === "function" ? Reflect.get(constructor, "name") : undefined
    return typeof name === "string" && name !== "" && name !== "Object" ? name.slice(0, 200) : undefined
  } catch {
    return undefined
  }
}

/** The name to show: its own, or its class's where it has only inherited that of the native class. */
export const nameOf = (error: object, native: string): string => {
  const name = readProperty(error, "name")
  const own = typeof name === "string" && name !== "" ? name.slice(0, 200) : undefined
  if (own !== undefined && own !== native) return own
  return classNameOf(error) ?? own ?? native
}

/** True if an own property exists; false where even that can't be asked. */
export const hasOwn = (object: object, key: string): boolean => {
  try {
    return Object.hasOwn(object, key)
  } catch {
    return false
  }
}

/** Own enumerable keys; none where they can't be listed. */
export const ownKeys = (object: object): ReadonlyArray<string> => {
  try {
    return Object.keys(object)
  } catch {
    return []
  }
}
