/**
 * The text that an object has of itself, where it is thrown, or is the cause of an error, and is none: its class's
 * `toString`, or what somebody provides who knows its kind. It crosses beside the data, whose class does not. Not a
 * preview of its fields, which is `preview.ts`.
 */
import { types } from "node:util"
import { boundedText, readProperty } from "./error-facts.ts"

const provided: Array<(object: object) => string | undefined> = []

/** For kinds of objects that are worded by somebody else. Must not throw. */
export const provideText = (wording: (object: object) => string | undefined): void => {
  provided.push(wording)
}

/** Undefined where it has none that says more than its fields do. Never throws. */
export const ownText = (object: object): string | undefined => {
  try {
    // Of bytes, it would be their content.
    if (typeof object === "function" || types.isProxy(object) || ArrayBuffer.isView(object)) return undefined
    for (const wording of provided) {
      const text = wording(object)
      if (text !== undefined) return boundedText(text)
    }
    const toString = readProperty(object, "toString")
    if (typeof toString !== "function" || isBuiltIn(toString)) return undefined
    const text: unknown = Reflect.apply(toString, object, [])
    // Nobody else would catch what it rejects with.
    if (types.isPromise(text)) text.catch(() => undefined)
    return typeof text === "string" && text.trim() !== "" && !text.startsWith("[object ")
      ? boundedText(text)
      : undefined
  } catch {
    return undefined
  }
}

/** Of an array, a date, or whatever has none of its own. */
const isBuiltIn = (toString: object): boolean =>
  Function.prototype.toString.call(toString).endsWith("{ [native code] }")

/** Gives an object that was made anew the text that it had. */
export const giveText = (object: object, text: string): void => {
  Object.defineProperty(object, "toString", {
    value: () => text,
    enumerable: false,
    writable: true,
    configurable: true
  })
}
