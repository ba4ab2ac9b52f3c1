/**
 * Writes values as rows: trees of plain data, whose keys are named once for all objects that have the same. Such
 * an object takes a third of the time that v8 takes to write it, and a tenth to read it. What is no such tree is left
 * to v8, value by value. Not the choice of a payload: that is `values.ts`.
 */
import { types } from "node:util"
import { hasExtras } from "./array-extras.ts"
import { encodeLone } from "./lone-value.ts"
import { MetObjects } from "./met-objects.ts"
import { natureOf } from "./nature.ts"
import { RowArea } from "./row-area.ts"
import {
  LONGEST_KEY,
  MOST_DEPTH,
  MOST_ELEMENTS,
  MOST_KEYS,
  MOST_SHAPES,
  MOST_VIEW_BYTES,
  Place,
  Shape,
  Tag
} from "./row-shape.ts"
import { viewSubstitutionFor } from "./substitute.ts"
import { kindOfView } from "./view-kinds.ts"

/** What any cell takes at most, but for a string, packed numbers, a view's bytes, and what stands inside it. */
const CELL_BYTES = 16
/** An array whose length one byte tells. */
const SHORT = 255
/** From so many on, a look at all of them first pays. */
const PACKED_FROM = 4

const { isDate, isProxy } = types
const { getPrototypeOf, hasOwn, keys: keysOf } = Object
const timeOf = Date.prototype.getTime

type Fields = Readonly<Record<string, unknown>>

/** Whether these are all of an object's own keys, in this order, and there are no others. */
const hasKeys = (object: object, keys: ReadonlyArray<string>): boolean => {
  const { length } = keys
  let count = 0
  let last = ""
  for (const key in object) {
    if (count === length || key !== keys[count]) return false
    last = key
    count++
  }
  // Its own keys come before those it has inherited.
  return count === length && hasOwn(object, last)
}

/** How an array of numbers alone is written; undefined where it holds anything else. */
const packing = (array: ReadonlyArray<unknown>): typeof Tag.ints | typeof Tag.doubles | undefined => {
  let isWhole = true
  for (let index = 0; index < array.length; index++) {
    const number = array[index]
    if (typeof number !== "number") return undefined
    // -0 is no whole number: it would lose its sign.
    if (isWhole && ((number | 0) !== number || (number === 0 && 1 / number < 0))) isWhole = false
  }
  return isWhole ? Tag.ints : Tag.doubles
}

/** Keys that a shape may have. With "0" begin also the fields of an arguments object, which is refused. */
const areNames = (keys: ReadonlyArray<string>): boolean =>
  keys.length <= MOST_KEYS && keys[0] !== "0" && !keys.some((key) => key === "__proto__" || key.length > LONGEST_KEY)

/**
 * Writes one value after another into an area. An object in two places of one value must stay one object, which is
 * v8's business; in two values it becomes two, as it should.
 */
export class RowWriter extends RowArea {
  #root = new Place()
  readonly #shapes = new Map<string, Shape>()
  /** Set when a row was given up that had named shapes or filled places. */
  #spoiled = false
  /** The objects of the value being written. */
  readonly #met = new MetObjects()
  #depth = 0

  /** Begins a new payload. */
  begin(): void {
    this.empty()
    this.#forget()
  }

  /** Writes a value; false where it is no row, or, if `full`, where there is no room for it. */
  put(value: unknown): boolean {
    if (this.#spoiled && !this.#startOver()) return false
    const from = this.at
    let fits = false
    this.#depth = 0
    try {
      fits = this.#cell(value, this.#root)
    } catch {
      // A getter has thrown: the survey says which.
    }
    this.#met.clear()
    if (fits) return true
    if (this.at !== from) this.#spoiled = true
    this.at = from
    return false
  }

  /** Writes a value that is no row; false where there is no room for it. Throws `Unserializable`. */
  putLone(value: unknown): boolean {
    return this.bytes(Tag.lone, encodeLone(value))
  }

  #forget(): void {
    this.#root = new Place()
    this.#shapes.clear()
    this.#spoiled = false
  }

  #startOver(): boolean {
    if (!this.room(1)) return false
    this.area[this.at++] = Tag.forget
    this.#forget()
    return true
  }

  /** Writes a value; false where it is no row or there is no room. */
  #cell(value: unknown, place: Place): boolean {
    if (!this.room(CELL_BYTES)) return false
    switch (typeof value) {
      case "string":
        return this.#string(value, place)
      case "number":
        this.number(value)
        return true
      case "boolean":
        this.area[this.at++] = value ? Tag.true : Tag.false
        return true
      case "undefined":
        this.area[this.at++] = Tag.undefined
        return true
      case "object":
        if (value !== null) return this.#object(value, place)
        this.area[this.at++] = Tag.null
        return true
      default:
        return false
    }
  }

  #string(text: string, place: Place): boolean {
    if (text === place.text) this.area[this.at++] = Tag.same
    else if (this.text(text)) place.text = text
    else return false
    return true
  }

  #object(object: object, place: Place): boolean {
    if (this.#depth === MOST_DEPTH || isProxy(object) || !this.#met.add(object)) return false
    this.#depth++
    const fits = this.#members(object, place)
    this.#depth--
    return fits
  }

  #members(object: object, place: Place): boolean {
    if (Array.isArray(object)) return this.#array(object, place)
    // Cheaper than its prototype. One that has a field of this name, or none, is looked at more closely.
    return object.constructor === Object ? this.#fields(object as Fields, place) : this.#other(object, place)
  }

  /** An object that is not plain at first sight. */
  #other(object: object, place: Place): boolean {
    const prototype: object | null = getPrototypeOf(object)
    if (prototype === Date.prototype && isDate(object)) {
      this.double(Tag.date, timeOf.call(object))
      return true
    }
    if (ArrayBuffer.isView(object)) return this.#bytesOf(object)
    if ((prototype !== null && prototype !== Object.prototype) || natureOf(object) !== "fields") return false
    return this.#fields(object as Fields, place)
  }

  #bytesOf(view: ArrayBufferView): boolean {
    const { buffer, byteLength, byteOffset } = view
    if (byteLength > MOST_VIEW_BYTES || viewSubstitutionFor(view) !== undefined || natureOf(view) !== "leaf")
      return false
    return this.typed(kindOfView(view), new Uint8Array(buffer, byteOffset, byteLength))
  }

  #array(array: ReadonlyArray<unknown>, place: Place): boolean {
    const { length } = array
    const isShort = length <= SHORT
    // Holes and named properties are v8's business.
    if (length > MOST_ELEMENTS || (isShort ? keysOf(array).length !== length : hasExtras(array))) return false
    const packed = length < PACKED_FROM ? undefined : packing(array)
    if (packed !== undefined) return this.packed(packed, array)
    if (isShort) this.tag(Tag.array, length)
    else this.head(Tag.list, length)
    for (let index = 0; index < length; index++) {
      const element = array[index]
      if (element === undefined && !(index in array)) return false
      if (!this.#cell(element, place.element(index))) return false
    }
    return true
  }

  #fields(object: Fields, place: Place): boolean {
    const { shape } = place
    if (shape === undefined || !hasKeys(object, shape.keys)) return this.#shaped(object, place)
    this.tag(Tag.object, shape.number)
    const { places } = shape
    let count = 0
    // V8 reads the fields in such a loop by their position.
    for (const key in object) if (!this.#cell(object[key], places[count++] as Place)) return false
    // A getter may have taken one away.
    return count === places.length
  }

  /** An object of another shape than the one that was in its place before. */
  #shaped(object: Fields, place: Place): boolean {
    const keys = keysOf(object)
    if (keys.length === 0) {
      // A Map that was given another prototype looks like this, too, and v8 knows it.
      if (natureOf(object) !== "fields") return false
      this.area[this.at++] = Tag.empty
      return true
    }
    // Data of Effect has Object for its constructor. Of those of one shape the first will do: they are of one kind.
    if (getPrototypeOf(object) !== Object.prototype && natureOf(object) !== "fields") return false
    const name = JSON.stringify(keys)
    const known = this.#shapes.get(name)
    const shape = known ?? this.#define(keys, name)
    if (shape === undefined) return false
    if (known !== undefined) this.tag(Tag.object, known.number)
    place.shape = shape
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as string
      // A getter may have taken it away.
      if (!hasOwn(object, key) || !this.#cell(object[key], shape.places[index] as Place)) return false
    }
    return true
  }

  #define(keys: ReadonlyArray<string>, name: string): Shape | undefined {
    if (this.#shapes.size === MOST_SHAPES || !areNames(keys)) return undefined
    const shape = new Shape(this.#shapes.size, keys)
    this.tag(Tag.define, keys.length)
    for (const key of keys) if (!this.text(key)) return undefined
    this.#shapes.set(name, shape)
    return shape
  }
}
