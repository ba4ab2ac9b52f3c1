/**
 * What the two ends of a payload of rows agree on: tags, bounds, and the shapes that objects are written by. A shape
 * is named once in a payload; each of its objects is then its cells alone. Not the bytes: `row-writer.ts` writes them
 * and `row-reader.ts` reads them.
 */

/** The first byte of each cell. None is 0: memory that nobody has written to is no row. */
export const Tag = {
  null: 1,
  true: 2,
  false: 3,
  /** A whole number, of one byte or of four. */
  byte: 4,
  int: 5,
  double: 6,
  /** The string that stood in this place before. */
  same: 7,
  /** Characters of one byte: up to 255 of them, or more. */
  short: 8,
  latin1: 9,
  utf16: 10,
  array: 11,
  date: 12,
  /** An object without fields. */
  empty: 13,
  /** An object whose shape follows, to be remembered under the next number. */
  define: 14,
  /** An object of a shape that is known by its number. */
  object: 15,
  /** A value that is no row, as `lone-value.ts` writes it. */
  lone: 16,
  /** Before a value: both ends forget the shapes and what stood where. */
  forget: 17,
  undefined: 18,
  /** An array of more elements than a byte counts. */
  list: 19,
  /** An array of numbers alone, each of four bytes or of eight. */
  ints: 20,
  doubles: 21,
  /** A typed array, DataView or Buffer: its kind and its bytes. */
  view: 22
} as const

/** Bounds of what is a row; the rest is v8's business. */
export const MOST_KEYS = 64
export const LONGEST_KEY = 255
export const LONGEST_STRING = 16_384
export const MOST_ELEMENTS = 65_536
export const MOST_SHAPES = 255
/** Objects in one row, each compared with the others: one that stands in two places must stay one. */
export const MOST_OBJECTS = 65_536
export const MOST_DEPTH = 64
/** v8 copies a larger one less often. */
export const MOST_VIEW_BYTES = 4096

/** Elements of an array that have a place of their own; those behind them share the last. */
const ELEMENT_PLACES = 8

/** Where a value stands in its row. Both ends keep the same of it: what stood there in the row before. */
export class Place {
  text: string | undefined
  shape: Shape | undefined
  #elements: Array<Place> | undefined

  element(index: number): Place {
    this.#elements ??= []
    const at = index < ELEMENT_PLACES ? index : ELEMENT_PLACES - 1
    let place = this.#elements[at]
    if (place === undefined) {
      place = new Place()
      this.#elements[at] = place
    }
    return place
  }
}

/** The keys of an object in their order, and the places of its fields. */
export class Shape {
  readonly number: number
  readonly keys: ReadonlyArray<string>
  readonly places: ReadonlyArray<Place>

  constructor(number: number, keys: ReadonlyArray<string>) {
    this.number = number
    this.keys = keys
    this.places = keys.map(() => new Place())
  }
}
