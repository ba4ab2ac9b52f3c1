/**
 * Writes values as rows: small trees of plain data, whose keys are named once for all objects that have the same. Such
 * an object takes a third of the time that v8 takes to write it, and a tenth to read it. What is no such tree is left
 * to v8, value by value. Not the choice of a payload: that is `values.ts`.
 */
import { types } from "node:util"
import { encodeLone } from "./lone-value.ts"
import { natureOf } from "./nature.ts"
import { RowArea } from "./row-area.ts"
import { LONGEST_KEY, MOST_ELEMENTS, MOST_KEYS, MOST_OBJECTS, MOST_SHAPES, Place, Shape, Tag } from "./row-shape.ts"

/** What any cell takes at most, but for a string and what stands inside it. */
const CELL_BYTES = 16

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
  /** The objects of the value being written, so many of them: an array that is emptied must be allocated anew. */
  readonly #met: Array<object | undefined> = new Array(MOST_OBJECTS).fill(undefined)
  #metCount = 0

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
    try {
      fits = this.#cell(value, this.#root)
    } catch {
      // A getter has thrown: the survey says which.
    }
    for (let index = 0; index < this.#metCount; index++) this.#met[index] = undefined
    this.#metCount = 0
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
    const met = this.#met
    const count = this.#metCount
    if (count === MOST_OBJECTS || isProxy(object)) return false
    for (let index = 0; index < count; index++) if (met[index] === object) return false
    met[count] = object
    this.#metCount = count + 1
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
    if ((prototype !== null && prototype !== Object.prototype) || natureOf(object) !== "fields") return false
    return this.#fields(object as Fields, place)
  }

  #array(array: ReadonlyArray<unknown>, place: Place): boolean {
    const { length } = array
    // Holes and named properties are v8's business.
    if (length > MOST_ELEMENTS || keysOf(array).length !== length) return false
    this.tag(Tag.array, length)
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
