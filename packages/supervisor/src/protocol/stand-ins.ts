/**
 * Copies a value that holds objects which cross as something else, with a stand-in for each: the user's objects are
 * never changed, and what was one object stays one, circular or not. Not how a stand-in is written: that is
 * `value-stream.ts`.
 */
import { natureOf } from "./nature.ts"
import { type Substitution, substitutionFor } from "./substitute.ts"

/** What a stand-in stands for. */
export interface Original {
  readonly object: object
  readonly substitution: Substitution
}

const setField = (target: object, key: string, value: unknown): void => {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

const shellFor = (object: object): object => {
  const nature = natureOf(object)
  if (nature === "map") return new Map()
  if (nature === "set") return new Set()
  if (nature === "fields") return {}
  return nature === "array" ? new Array((object as ReadonlyArray<unknown>).length) : object
}

/**
 * A copy of `value`. Each stand-in is an empty view, the only kind of object for which v8 asks how to write it, and
 * is put into `originals`. Reads getters once, and may throw what they throw.
 */
export const copyWithStandIns = (value: unknown, originals: Map<object, Original>): unknown => {
  const copies = new Map<object, object>()
  const copyOf = (member: unknown): unknown => {
    if (typeof member !== "object" || member === null) return member
    const known = copies.get(member)
    if (known !== undefined) return known
    const substitution = natureOf(member) === "substituted" ? substitutionFor(member) : undefined
    const copy = substitution === undefined ? shellFor(member) : new Uint8Array(0)
    if (substitution !== undefined) originals.set(copy, { object: member, substitution })
    copies.set(member, copy)
    return copy
  }
  const root = copyOf(value)
  // Goes on to what is added on the way.
  for (const [object, copy] of copies) {
    if (copy === object || originals.has(copy)) continue
    if (copy instanceof Map) {
      for (const [key, member] of Map.prototype.entries.call(object)) copy.set(copyOf(key), copyOf(member))
    } else if (copy instanceof Set) {
      for (const member of Set.prototype.values.call(object)) copy.add(copyOf(member))
    } else {
      for (const key of Object.keys(object)) setField(copy, key, copyOf(Reflect.get(object, key)))
    }
  }
  return root
}
