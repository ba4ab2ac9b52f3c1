/**
 * A result as JSON text, or the reason why it can't be: what JSON would drop or turn into something else (a Map, a
 * BigInt, NaN) is refused, with its path. `undefined` is null, as it is in arrays; a Date its ISO text. Pure.
 */

/** What JSON can't carry, and where in the value it stands. */
export class NotJson extends Error {
  readonly path: string

  constructor(path: string, what: string) {
    super(`${path} is ${what}, which JSON can't carry: have the task return it as something else, such as text`)
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

const check = (value: unknown, path: string, depth: number): void => {
  switch (typeof value) {
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
  check(value, "result", 0)
  return JSON.stringify(value)
}
