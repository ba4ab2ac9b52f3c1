/**
 * A result as JSON text, or the reason why it can't be: what JSON would drop or turn into something else (a Map, a
 * BigInt, NaN) is refused, with its path. `undefined` is null, as it is in arrays; a Date its ISO text. Pure.
 */
import { constants } from "node:buffer"
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

/** Deeper than any value that JSON.stringify could write without running out of stack. */
const DEEPEST = 2000

const WRITE_IT = "write it to a file, and return its path"

/** Steps of a way that are shown, of each of its ends. */
const SHOWN_STEPS = 12

/** Where in the result it is; of a very long way only both ends. */
const pathOf = (way: ReadonlyArray<string | number>): string => {
  const steps = way.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
  const leftOut = steps.length - 2 * SHOWN_STEPS
  if (leftOut > 0) steps.splice(SHOWN_STEPS, leftOut, `…(${leftOut} steps)…`)
  return `result${steps.join("")}`
}

/** Looks for what JSON can't carry. Throws {@link NotJson}. */
class Search {
  readonly #most: number
  /** To the value that is looked at. */
  readonly #way: Array<string | number> = []
  /** Of the JSON of what was looked at: so many at least. */
  #characters = 0

  constructor(most: number) {
    this.#most = most
  }

  look(value: unknown): void {
    // What stands in several places is one object here, and in JSON as many: a few of them may be more than anyone can
    // look at, and JSON.stringify would find out only when it has.
    if (++this.#characters > this.#most)
      throw new NotJson(
        "result",
        "longer than any text can be (what stands in several places is written in each)",
        WRITE_IT
      )
    switch (typeof value) {
      case "string":
        if (isTooLong(value)) this.#refuse(`a string of ${value.length} characters`, WRITE_IT)
        this.#characters += value.length
        return
      case "number":
        if (!Number.isFinite(value)) this.#refuse(String(value))
        return
      case "bigint":
        return this.#refuse(`the BigInt ${value}n`)
      case "object":
        if (value === null) return
        if (this.#way.length > DEEPEST) this.#refuse("nested too deeply, or within itself")
        this.#object(value)
        return
      default:
    }
  }

  #object(value: object): void {
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at++) this.#inside(at, value[at])
      return
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) {
      for (const key of Object.keys(value)) {
        const field: unknown = Reflect.get(value, key)
        // With its quotes and its colon; left out where it is undefined.
        if (field !== undefined) this.#characters += key.length + 3
        this.#inside(key, field)
      }
    } else if (value instanceof Date) {
      if (Number.isNaN(value.getTime())) this.#refuse("an invalid Date")
    } else if (!(value instanceof String || value instanceof Boolean)) this.#refuse(kindOf(value))
  }

  #inside(step: string | number, value: unknown): void {
    // A comma, or the closing bracket. Of undefined that is left out, this takes back what is counted of a value.
    this.#characters += value === undefined ? -1 : 1
    this.#way.push(step)
    this.look(value)
    this.#way.pop()
  }

  #refuse(what: string, instead?: string): never {
    throw new NotJson(pathOf(this.#way), what, instead)
  }
}

/**
 * One line of JSON. Throws {@link NotJson}.
 *
 * @example
 * jsonText({ n: 1, at: new Date(0) })   // {"n":1,"at":"1970-01-01T00:00:00.000Z"}
 */
export const jsonText = (value: unknown, most = constants.MAX_STRING_LENGTH): string => {
  if (value === undefined) return "null"
  if (typeof value === "string") return stringJson(value)
  new Search(most).look(value)
  return JSON.stringify(value)
}
