/**
 * A value in one bounded line, for a person who reads a failure. Costs little however large the value is, runs no
 * code of it but getters' names, and never throws. Not a serialisation: nothing reads it back.
 */
import { inspect, types } from "node:util"
import type { Mask } from "../watchdog/mask.cts"
import { keepShape } from "./kept-shapes.ts"

const MOST_MEMBERS = 20
const MAX_DEPTH = 3
/** What stands in the place of a value that a mask hides. */
export const MASKED = "[masked]"

const LEAF = {
  depth: 0,
  breakLength: Infinity,
  compact: true,
  customInspect: false,
  maxArrayLength: 8,
  maxStringLength: 200
} as const

const isIdentifier = (key: string): boolean => /^[A-Za-z_$][\w$]*$/.test(key)

/** Text that stands between quotes as it is. */
const isSimple = (text: string): boolean => text.length <= LEAF.maxStringLength && /^[ -&(-[\]-~]*$/.test(text)

/** As `inspect` shows it, which takes a microsecond once it is compiled and twenty before. */
const leafPreview = (value: unknown): string => {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`
  if (typeof value === "boolean" || value === undefined || value === null) return `${value}`
  return typeof value === "string" && isSimple(value) ? `'${value}'` : inspect(value, LEAF)
}

/** Cut to `max` characters, the last of which then says so. */
const bounded = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`)

/** One line: what would break it, or move a terminal's cursor, is written as an escape. */
const onOneLine = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    character === "\n" ? "\\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** Gathers text until there is enough. */
class Line {
  readonly #max: number
  readonly #mask: Pick<Mask, "hides"> | undefined
  readonly #above: Array<object> = []
  text = ""

  constructor(max: number, mask: Pick<Mask, "hides"> | undefined) {
    this.#max = max
    this.#mask = mask
  }

  get full(): boolean {
    return this.text.length > this.#max
  }

  add(value: unknown): void {
    if (typeof value === "string") this.text += leafPreview(bounded(value, this.#max + 1))
    else if (typeof value === "bigint") this.text += bigIntPreview(value)
    else if (typeof value === "object" && value !== null) this.#addObject(value)
    else this.text += leafPreview(value)
  }

  #addObject(object: object): void {
    if (types.isProxy(object)) this.text += "[Proxy]"
    else if (this.#above.includes(object)) this.text += "[Circular]"
    else if (types.isNativeError(object)) this.text += errorPreview(object)
    else {
      this.#above.push(object)
      this.#addMembers(object)
      this.#above.pop()
    }
  }

  #addMembers(object: object): void {
    const deeper = this.#above.length <= MAX_DEPTH
    if (Array.isArray(object)) {
      this.#list(deeper ? `[` : `[Array(${object.length})`, "]", object.length, deeper ? object : [], (each) =>
        this.add(each)
      )
    } else if (types.isMap(object)) {
      this.#list(
        `Map(${object.size}) {`,
        "}",
        object.size,
        deeper ? Map.prototype.entries.call(object) : [],
        (each) => {
          const [key, value] = each as [unknown, unknown]
          this.add(key)
          this.text += " => "
          if (typeof key === "string") this.#addNamed(key, value)
          else this.add(value)
        }
      )
    } else if (types.isSet(object)) {
      const members = deeper ? Set.prototype.values.call(object) : []
      this.#list(`Set(${object.size}) {`, "}", object.size, members, (each) => this.add(each))
    } else if (isLeaf(object)) {
      this.text += inspect(object, LEAF)
    } else {
      this.#fields(object, deeper)
    }
  }

  #addNamed(name: string, value: unknown): void {
    if (this.#mask?.hides(name, value) === true) this.text += MASKED
    else this.add(value)
  }

  #list(open: string, close: string, size: number, members: Iterable<unknown>, add: (each: unknown) => void): void {
    this.text += open
    let count = 0
    for (const each of members) {
      if (count === MOST_MEMBERS || this.full) {
        this.text += `, … ${size - count} more`
        break
      }
      if (count > 0) this.text += ", "
      add(each)
      count++
    }
    this.text += close
  }

  #fields(object: object, deeper: boolean): void {
    const name = classNameOf(object)
    this.text += name === "Object" ? "{" : `${name} {`
    let count = 0
    for (const key in object) {
      if (!Object.hasOwn(object, key)) continue
      this.text += count === 0 ? " " : ", "
      if (!deeper || count === MOST_MEMBERS || this.full) {
        this.text += "…"
        break
      }
      count++
      this.text += isIdentifier(key) ? `${bounded(key, 60)}: ` : `${JSON.stringify(bounded(key, 60))}: `
      const property = Object.getOwnPropertyDescriptor(object, key)
      if (property !== undefined && "value" in property) this.#addNamed(key, property.value)
      else this.text += "[Getter]"
    }
    this.text += count === 0 && deeper ? "}" : " }"
  }
}

keepShape(new Line(0, undefined))

const bigIntPreview = (value: bigint): string => {
  // Writing a huge one in decimal takes minutes; to shift it, none.
  const huge = BigInt.asIntN(2048, value) !== value
  return huge ? "[a huge BigInt]" : `${value}n`
}

const isLeaf = (object: object): boolean =>
  ArrayBuffer.isView(object) ||
  types.isAnyArrayBuffer(object) ||
  types.isDate(object) ||
  types.isRegExp(object) ||
  types.isBoxedPrimitive(object) ||
  types.isPromise(object) ||
  types.isExternal(object)

const classNameOf = (object: object): string => {
  const prototype: object | null = Object.getPrototypeOf(object)
  if (prototype === Object.prototype) return "Object"
  if (prototype === null) return "[null prototype]"
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value
  const name: unknown =
    typeof constructor === "function" ? Object.getOwnPropertyDescriptor(constructor, "name")?.value : undefined
  return typeof name === "string" && name !== "" ? bounded(name, 60) : "Object"
}

const errorPreview = (error: Error): string => {
  const read = (key: "name" | "message"): string => {
    try {
      return bounded(String(error[key]), 2000)
    } catch {
      return `[its ${key} could not be read]`
    }
  }
  const message = read("message")
  return message === "" ? read("name") : `${read("name")}: ${message}`
}

/**
 * Describes a value in one line of at most `max` characters, without the fields that `mask` hides.
 *
 * @example
 * previewOf({ id: 7, tags: ["a", "b"] }) // "{ id: 7, tags: ['a', 'b'] }"
 */
export const previewOf = (value: unknown, max = 200, mask?: Pick<Mask, "hides">): string => {
  const line = new Line(max, mask)
  try {
    line.add(value)
  } catch {
    line.text += "[could not be shown]"
  }
  return bounded(onOneLine(line.text), max)
}
