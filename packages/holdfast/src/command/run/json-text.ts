/**
 * A result as JSON text, or the reason why it can't be: what JSON would drop or turn into something else (a Map, a
 * BigInt, NaN) is refused, with its path. `undefined` is null, as it is in arrays; a Date its ISO text. Pure.
 */
import { isStringOneByteRepresentation } from "node:v8"

/** What JSON can't carry, and where in the value it stands. */
export class NotJson extends Error {
  readonly path: string

  constructor(path: string, what: string, instead = "return it as something else, such as text") {
    super(`${path} is ${what}, which JSON can't carry: have the task ${instead}`)
    this.path = path
  }

  override get name(): string {
    return "NotJson"
  }
}

const kindOf = (value: object): string => {
  if (value instanceof Error) return `an Error (${value.name}: ${value.message})`
  const name = Object.prototype.toString.call(value).slice(8, -1)
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`
}

/** Deeper than any value that JSON.stringify could write without running out of stack. */
const DEEPEST = 2000

const checkObject = (value: object, path: string, depth: number): void => {
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) check(value[at], `${path}[${at}]`, depth + 1)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) {
    for (const key of Object.keys(value)) check(Reflect.get(value, key), `${path}.${key}`, depth + 1)
  } else if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new NotJson(path, "an invalid Date")
  } else if (!(value instanceof String || value instanceof Boolean)) throw new NotJson(path, kindOf(value))
}

/** V8's `JSON.stringify` does not throw for a string that takes more memory: it ends the process (Node 26.10). */
const MOST_BYTES = 2 ** 28
/** Characters that are within that, whatever they are. */
const PIECE = 2 ** 26

const isTooLong = (text: string): boolean =>
  text.length > PIECE && text.length * (isStringOneByteRepresentation(text) ? 1 : 2) > MOST_BYTES

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff

/** A string as JSON, of any length: in pieces where it is too long for one. Throws a `RangeError` where no string holds it. */
export const stringJson = (text: string, piece = PIECE): string => {
  if (text.length <= piece) return JSON.stringify(text)
  let json = '"'
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + piece, text.length)
    // Half of a character would be escaped.
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--
    json += JSON.stringify(text.slice(at, end)).slice(1, -1)
    at = end
  }
  return `${json}"`
}

const check = (value: unknown, path: string, depth: number): void => {
  switch (typeof value) {
    case "string":
      if (isTooLong(value))
        throw new NotJson(path, `a string of ${value.length} characters`, "write it to a file, and return its path")
      return
    case "number":
      if (!Number.isFinite(value)) throw new NotJson(path, String(value))
      return
    case "bigint":
      throw new NotJson(path, `the BigInt ${value}n`)
    case "object":
      if (value === null) return
      if (depth > DEEPEST) throw new NotJson(path, "nested too deeply, or within itself")
      checkObject(value, path, depth)
      return
    default:
  }
}

/**
 * One line of JSON. Throws {@link NotJson}.
 *
 * @example
 * jsonText({ n: 1, at: new Date(0) })   // {"n":1,"at":"1970-01-01T00:00:00.000Z"}
 */
export const jsonText = (value: unknown): string => {
  if (value === undefined) return "null"
  if (typeof value === "string") return stringJson(value)
  check(value, "result", 0)
  return JSON.stringify(value)
}
