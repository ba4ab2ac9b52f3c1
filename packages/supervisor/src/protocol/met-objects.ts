/** The objects of one value, by which one that stands in two places is found. Not what is done about it. */
import { MOST_OBJECTS } from "./row-shape.ts"

/** So many are compared one by one, which takes less time than a Set up to there. */
const COMPARED = 64

export class MetObjects {
  /** An array that is emptied must be allocated anew. */
  readonly #first: Array<object | undefined> = new Array(COMPARED).fill(undefined)
  #count = 0
  #all: Set<object> | undefined

  /** Adds one; false where it has been met, or there are too many. */
  add(object: object): boolean {
    const first = this.#first
    const count = this.#count
    if (count >= COMPARED) return this.#addOther(object)
    for (let index = 0; index < count; index++) if (first[index] === object) return false
    first[count] = object
    this.#count = count + 1
    return true
  }

  #addOther(object: object): boolean {
    if (this.#count === MOST_OBJECTS) return false
    this.#all ??= new Set(this.#first as Array<object>)
    this.#all.add(object)
    if (this.#all.size === this.#count) return false
    this.#count++
    return true
  }

  clear(): void {
    const most = Math.min(this.#count, COMPARED)
    for (let index = 0; index < most; index++) this.#first[index] = undefined
    this.#count = 0
    this.#all = undefined
  }
}
