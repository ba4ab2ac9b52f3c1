/**
 * The error classes that exist on both sides: which of them an error is an instance of, and how one is made anew.
 * Not what else an error carries: that is `error-description.ts`.
 */
import { types } from "node:util"
import { limitStackTraces } from "./stack-trace-limit.ts"

type Make = (message: string, name: string) => Error

const suppressed: unknown = Reflect.get(globalThis, "SuppressedError")

// The base comes last: the nearest class is the first that matches.
const natives: ReadonlyArray<readonly [name: string, prototype: object, make: Make]> = [
  ["TypeError", TypeError.prototype, (message) => new TypeError(message)],
  ["RangeError", RangeError.prototype, (message) => new RangeError(message)],
  ["SyntaxError", SyntaxError.prototype, (message) => new SyntaxError(message)],
  ["ReferenceError", ReferenceError.prototype, (message) => new ReferenceError(message)],
  ["EvalError", EvalError.prototype, (message) => new EvalError(message)],
  ["URIError", URIError.prototype, (message) => new URIError(message)],
  ["AggregateError", AggregateError.prototype, (message) => new AggregateError([], message)],
  ...(typeof suppressed === "function"
    ? [
        [
          "SuppressedError",
          suppressed.prototype as object,
          (message: string) => Reflect.construct(suppressed, [undefined, undefined, message]) as Error
        ] as const
      ]
    : []),
  ["DOMException", DOMException.prototype, (message, name) => new DOMException(message, name)],
  ["Error", Error.prototype, (message) => new Error(message)]
]

/** Name of the nearest native class an error inherits from, in whichever realm it was made. */
export const nativeClassOf = (error: object): string => {
  for (const [name, prototype] of natives) if (Object.prototype.isPrototypeOf.call(prototype, error)) return name
  for (let each: object | null = error; each !== null; each = Object.getPrototypeOf(each)) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(each, "constructor")?.value
    if (typeof constructor !== "function") continue
    const known = natives.find(([name]) => name === constructor.name)
    if (known !== undefined) return known[0]
  }
  return "Error"
}

/** True for what is, or inherits from, an error. May throw where a Proxy's traps do. */
export const isError = (value: object): boolean =>
  types.isNativeError(value) || value instanceof Error || value instanceof DOMException

/** A new error of that class, without spending time on a stack that is replaced anyway. */
export const makeNative = (native: string, message: string, name: string): Error => {
  const make = natives.find(([known]) => known === native)?.[2] ?? ((text: string): Error => new Error(text))
  const limit = Error.stackTraceLimit
  try {
    limitStackTraces(0)
    return make(message, name)
  } finally {
    limitStackTraces(limit)
  }
}
