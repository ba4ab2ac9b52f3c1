/**
 * Builds the objects of a shape. After a few of them an object literal is compiled for it, whose objects share one
 * hidden class and take a tenth of the time; where a program forbids code made from strings, they are built key by
 * key. Not the reading of bytes: that is `row-reader.ts`.
 */
import type { Place, Shape } from "./row-shape.ts"

/** Where the fields' values come from, in their order. */
export interface Cells {
  cell(place: Place): unknown
}

type Literal = (cells: Cells, places: ReadonlyArray<Place>) => object

/** What is known of the objects with some keys, in all payloads. */
interface Kind {
  built: number
  literal: Literal | undefined
}

/** Compiling takes 50 µs. */
const COMPILE_AFTER = 8
/** A program has so many shapes at most that are worth remembering; a worker that invents them shall fill no memory. */
const MOST_KINDS = 256

const kinds = new Map<string, Kind>()
let mayCompile = true

const compiled = (keys: ReadonlyArray<string>): Literal | undefined => {
  // A key is a string literal in it, whatever it holds; `__proto__` would be none and is refused before.
  const fields = keys.map((key, at) => `${JSON.stringify(key)}:c.cell(p[${at}])`)
  try {
    return new Function("c", "p", `return {${fields.join()}}`) as Literal
  } catch {
    mayCompile = false
    return undefined
  }
}

const kindOf = (keys: ReadonlyArray<string>): Kind => {
  const name = JSON.stringify(keys)
  const kind = kinds.get(name) ?? { built: 0, literal: undefined }
  // Again at the end: the first is the one that was longest not met.
  kinds.delete(name)
  kinds.set(name, kind)
  if (kinds.size > MOST_KINDS) for (const [first] of kinds) if (kinds.delete(first)) break
  return kind
}

/** Builds the objects of one shape of one payload. */
export class RowBuilder {
  readonly #keys: ReadonlyArray<string>
  readonly #places: ReadonlyArray<Place>
  readonly #kind: Kind

  constructor({ keys, places }: Shape) {
    this.#keys = keys
    this.#places = places
    this.#kind = kindOf(keys)
  }

  build(cells: Cells): object {
    const { literal } = this.#kind
    return literal === undefined ? this.#slowly(cells) : literal(cells, this.#places)
  }

  #slowly(cells: Cells): object {
    const kind = this.#kind
    if (++kind.built > COMPILE_AFTER && mayCompile) {
      kind.literal = compiled(this.#keys)
      if (kind.literal !== undefined) return kind.literal(cells, this.#places)
    }
    const object: Record<string, unknown> = {}
    for (let at = 0; at < this.#keys.length; at++)
      object[this.#keys[at] as string] = cells.cell(this.#places[at] as Place)
    return object
  }
}
