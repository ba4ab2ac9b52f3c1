/**
 * The encoding of one small value by itself: starting v8's serialiser takes some 10 µs, which is more than many jobs
 * take, so primitives and small trees of plain data are written directly. What is not one is left to v8: the first
 * byte of its bytes (255) is no tag of ours. Not a general format: it is read by the process it was written for.
 */
import { types } from "node:util"

/** The bytes did not fit. */
export const NO_ROOM = -1
/** Not a small tree of plain data. */
export const NOT_COMPACT = -2

const UNDEFINED = 0
const NULL = 1
const TRUE = 2
const FALSE = 3
const INT = 4
const DOUBLE = 5
const LATIN1 = 6
const UTF16 = 7
const ARRAY = 8
const FIELDS = 9

const LONGEST_STRING = 200
/** Also bounds depth: a circular value meets itself in `met` before. */
const MOST_OBJECTS = 16
const MOST_MEMBERS = 100

// Of the value being written: two places of one object must stay one object, which is v8's business.
const met: Array<object> = []

const writeString = (text: string, area: Buffer, at: number): number => {
  const { length } = text
  if (length > LONGEST_STRING) return NOT_COMPACT
  if (at + 2 + length * 2 > area.length) return NO_ROOM
  // A loop over few characters takes less time than the call into Buffer's own.
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    if (code > 255) {
      area[at] = UTF16
      area[at + 1] = length
      return at + 2 + area.write(text, at + 2, "utf16le")
    }
    area[at + 2 + index] = code
  }
  area[at] = LATIN1
  area[at + 1] = length
  return at + 2 + length
}

const writeNumber = (value: number, area: Buffer, at: number): number => {
  if (at + 9 > area.length) return NO_ROOM
  if ((value | 0) === value && !Object.is(value, -0)) {
    area[at] = INT
    return area.writeInt32LE(value, at + 1)
  }
  area[at] = DOUBLE
  return area.writeDoubleLE(value, at + 1)
}

const writeTag = (tag: number, area: Buffer, at: number): number => {
  if (at >= area.length) return NO_ROOM
  area[at] = tag
  return at + 1
}

const writeArray = (array: ReadonlyArray<unknown>, area: Buffer, at: number): number => {
  const { length } = array
  // Holes and named properties are v8's business.
  if (length > MOST_MEMBERS || Object.keys(array).length !== length) return NOT_COMPACT
  if (at + 2 > area.length) return NO_ROOM
  area[at] = ARRAY
  area[at + 1] = length
  let end = at + 2
  for (let index = 0; index < length; index++) {
    if (!(index in array)) return NOT_COMPACT
    end = write(array[index], area, end)
    if (end < 0) return end
  }
  return end
}

const writeFields = (object: Readonly<Record<string, unknown>>, area: Buffer, at: number): number => {
  if (at + 2 > area.length) return NO_ROOM
  area[at] = FIELDS
  let end = at + 2
  let count = 0
  for (const key in object) {
    if (count === MOST_MEMBERS || key === "__proto__" || !Object.hasOwn(object, key)) return NOT_COMPACT
    count++
    end = writeString(key, area, end)
    if (end < 0) return end
    end = write(object[key], area, end)
    if (end < 0) return end
  }
  // A Map that was given another prototype looks like this, too, and v8 knows it.
  if (count === 0) return NOT_COMPACT
  area[at + 1] = count
  return end
}

const writeObject = (object: object, area: Buffer, at: number): number => {
  if (met.length === MOST_OBJECTS || met.includes(object) || types.isProxy(object)) return NOT_COMPACT
  met.push(object)
  const prototype: object | null = Object.getPrototypeOf(object)
  if (Array.isArray(object)) return prototype === Array.prototype ? writeArray(object, area, at) : NOT_COMPACT
  if (prototype !== Object.prototype && prototype !== null) return NOT_COMPACT
  if (types.isArgumentsObject(object)) return NOT_COMPACT
  return writeFields(object as Record<string, unknown>, area, at)
}

const write = (value: unknown, area: Buffer, at: number): number => {
  switch (typeof value) {
    case "number":
      return writeNumber(value, area, at)
    case "string":
      return writeString(value, area, at)
    case "boolean":
      return writeTag(value ? TRUE : FALSE, area, at)
    case "undefined":
      return writeTag(UNDEFINED, area, at)
    case "object":
      return value === null ? writeTag(NULL, area, at) : writeObject(value, area, at)
    default:
      return NOT_COMPACT
  }
}

/** Writes a value at an offset; returns where it ends, or `NO_ROOM` or `NOT_COMPACT`. */
export const writeCompact = (value: unknown, area: Buffer, offset: number): number => {
  try {
    return write(value, area, offset)
  } catch {
    return NOT_COMPACT // A getter or a Proxy has thrown: the survey says which.
  } finally {
    met.length = 0
  }
}

/** One reading; `at` is the next byte. Bytes beyond the end read as undefined, which is checked where it matters. */
class CompactReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#at = 0
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new Error("it ends too early")
    return byte
  }

  #skip(count: number): number {
    const from = this.#at
    this.#at += count
    if (this.#at > this.#bytes.length) throw new Error("it ends too early")
    return from
  }

  #string(tag: number): string {
    const length = this.#byte() * (tag === UTF16 ? 2 : 1)
    const from = this.#skip(length)
    return this.#bytes.toString(tag === UTF16 ? "utf16le" : "latin1", from, from + length)
  }

  #array(depth: number): Array<unknown> {
    const array: Array<unknown> = []
    for (let left = this.#byte(); left > 0; left--) array.push(this.read(depth + 1))
    return array
  }

  #fields(depth: number): object {
    const object: Record<string, unknown> = {}
    for (let left = this.#byte(); left > 0; left--) {
      const tag = this.#byte()
      if (tag !== LATIN1 && tag !== UTF16) throw new Error("a key is no string")
      const key = this.#string(tag)
      if (key === "__proto__") throw new Error("a key is __proto__")
      object[key] = this.read(depth + 1)
    }
    return object
  }

  read(depth: number): unknown {
    if (depth > MOST_OBJECTS) throw new Error("it is nested too deep")
    const tag = this.#byte()
    switch (tag) {
      case UNDEFINED:
        return undefined
      case NULL:
        return null
      case TRUE:
        return true
      case FALSE:
        return false
      case INT:
        return this.#bytes.readInt32LE(this.#skip(4))
      case DOUBLE:
        return this.#bytes.readDoubleLE(this.#skip(8))
      case LATIN1:
      case UTF16:
        return this.#string(tag)
      case ARRAY:
        return this.#array(depth)
      case FIELDS:
        return this.#fields(depth)
      default:
        throw new Error(`an unknown tag (${tag})`)
    }
  }
}

/** Reads what {@link writeCompact} wrote, which must fill `bytes`. Throws an Error on anything else. */
export const readCompact = (bytes: Buffer): unknown => {
  const reader = new CompactReader(bytes)
  const value = reader.read(0)
  if (!reader.done) throw new Error("it goes on after its end")
  return value
}
