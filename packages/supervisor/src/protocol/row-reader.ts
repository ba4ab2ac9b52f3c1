/**
 * Reads rows back, one by one, and survives bytes that are none. Not their writing: that is `row-writer.ts`.
 */
import { decodeLone } from "./lone-value.ts"
import { type Cells, RowBuilder } from "./row-builder.ts"
import { MOST_DEPTH, MOST_SHAPES, Place, Shape, Tag } from "./row-shape.ts"
import { viewOfKind } from "./view-kinds.ts"

/** So much is made characters at once. */
const WINDOW_BYTES = 8192
/** V8 copies a shorter part of a string; a longer one would keep the whole of it alive. */
const SLICED_FROM = 13

/** What stands behind `toString`, and takes half the time. */
interface Slices {
  latin1Slice(from: number, to: number): string
  ucs2Slice(from: number, to: number): string
}

/** A lone value whose own bytes can't be read: those behind it can. */
export class UnreadableLone extends Error {}

const tooShort = (): never => {
  throw new Error("it ends too early")
}

export class RowReader implements Cells {
  readonly #bytes: Buffer & Slices
  readonly #view: DataView
  #at = 0
  #depth = 0
  #root = new Place()
  #builders: Array<RowBuilder> = []
  /** Bytes from `#textFrom` to before `#textTo`, as characters. */
  #text = ""
  #textFrom = 0
  #textTo = 0

  /** `bytes` must not change before the last value is read. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes as Buffer & Slices
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** The next value. What it throws ends the payload, but for {@link UnreadableLone}. */
  next(): unknown {
    while (this.#bytes[this.#at] === Tag.forget) {
      this.#at++
      this.#root = new Place()
      this.#builders = []
    }
    if (this.#bytes[this.#at] === Tag.lone) return this.#lone()
    this.#depth = 0
    return this.cell(this.#root)
  }

  #lone(): unknown {
    this.#at++
    const length = this.#length()
    const from = this.#skip(length)
    try {
      return decodeLone(this.#bytes.subarray(from, from + length))
    } catch (error) {
      throw new UnreadableLone(error instanceof Error ? error.message : String(error))
    }
  }

  #skip(count: number): number {
    const from = this.#at
    this.#at = from + count
    return this.#at > this.#bytes.length ? tooShort() : from
  }

  #byte(): number {
    return this.#bytes[this.#at++] ?? tooShort()
  }

  /** The value that stands next, in a place. */
  cell(place: Place): unknown {
    const bytes = this.#bytes
    switch (bytes[this.#at++]) {
      case Tag.undefined:
        return undefined
      case Tag.null:
        return null
      case Tag.true:
        return true
      case Tag.false:
        return false
      case Tag.byte:
        return (this.#byte() << 24) >> 24
      case Tag.int:
        return this.#view.getInt32(this.#skip(4), true)
      case Tag.double:
        return this.#view.getFloat64(this.#skip(8), true)
      case Tag.same:
        if (place.text === undefined) throw new Error("there was no string before")
        return place.text
      case Tag.short:
        place.text = this.#latin1(this.#byte())
        return place.text
      case Tag.latin1:
        place.text = this.#latin1(this.#view.getUint16(this.#skip(2), true))
        return place.text
      case Tag.utf16:
        place.text = this.#utf16()
        return place.text
      case Tag.array:
        return this.#array(this.#byte(), place)
      case Tag.list:
        return this.#array(this.#length(), place)
      case Tag.ints:
        return this.#ints(this.#length())
      case Tag.doubles:
        return this.#doubles(this.#length())
      case Tag.view:
        return this.#typed(this.#length())
      case Tag.date:
        return new Date(this.#view.getFloat64(this.#skip(8), true))
      case Tag.empty:
        return {}
      case Tag.object:
        return this.#object(this.#builders[this.#byte()])
      case Tag.define:
        return this.#object(this.#define())
      case undefined:
        return tooShort()
      default:
        throw new Error(`an unknown tag (${bytes[this.#at - 1]})`)
    }
  }

  #latin1(length: number): string {
    const from = this.#skip(length)
    const to = from + length
    if (length >= SLICED_FROM) return this.#bytes.latin1Slice(from, to)
    if (from < this.#textFrom || to > this.#textTo) this.#openWindow(from)
    return this.#text.substring(from - this.#textFrom, to - this.#textFrom)
  }

  #openWindow(from: number): void {
    this.#textFrom = from
    this.#textTo = Math.min(this.#bytes.length, from + WINDOW_BYTES)
    this.#text = this.#bytes.latin1Slice(from, this.#textTo)
  }

  #utf16(): string {
    const bytes = this.#view.getUint16(this.#skip(2), true) * 2
    const from = this.#skip(bytes)
    return this.#bytes.ucs2Slice(from, from + bytes)
  }

  #length(): number {
    return this.#view.getUint32(this.#skip(4), true)
  }

  #ints(length: number): Array<number> {
    const from = this.#skip(length * 4)
    const view = this.#view
    const array = new Array<number>(length)
    for (let index = 0; index < length; index++) array[index] = view.getInt32(from + index * 4, true)
    return array
  }

  // Apart from whole numbers, which V8 keeps in another way.
  #doubles(length: number): Array<number> {
    const from = this.#skip(length * 8)
    const view = this.#view
    const array = new Array<number>(length)
    for (let index = 0; index < length; index++) array[index] = view.getFloat64(from + index * 8, true)
    return array
  }

  #typed(length: number): ArrayBufferView {
    const kind = this.#byte()
    const from = this.#skip(length)
    return viewOfKind(kind, this.#bytes.subarray(from, from + length))
  }

  #array(length: number, place: Place): Array<unknown> {
    if (++this.#depth > MOST_DEPTH) throw new Error("it is nested too deep")
    const array: Array<unknown> = []
    for (let index = 0; index < length; index++) array.push(this.cell(place.element(index)))
    this.#depth--
    return array
  }

  #object(builder: RowBuilder | undefined): object {
    if (builder === undefined) throw new Error("an object of an unknown shape")
    if (++this.#depth > MOST_DEPTH) throw new Error("it is nested too deep")
    const object = builder.build(this)
    this.#depth--
    return object
  }

  #define(): RowBuilder {
    const keys: Array<string> = []
    for (let left = this.#byte(); left > 0; left--) keys.push(this.#key())
    const number = this.#builders.length
    if (number === MOST_SHAPES || keys.includes("__proto__") || new Set(keys).size < keys.length)
      throw new Error("a shape that is none")
    const builder = new RowBuilder(new Shape(number, keys))
    this.#builders.push(builder)
    return builder
  }

  #key(): string {
    const tag = this.#byte()
    if (tag === Tag.short) return this.#latin1(this.#byte())
    if (tag === Tag.latin1) return this.#latin1(this.#view.getUint16(this.#skip(2), true))
    if (tag === Tag.utf16) return this.#utf16()
    throw new Error("a key is no string")
  }
}
