/**
 * The check of the hot path: true at once for what most values are, small trees of plain data. It is cautious, never
 * exact: whatever it doubts (also a value that is only large, deep or circular) is for `survey.ts` to judge.
 * Allocates nothing but the key lists of arrays.
 */
import { hasExtras } from "./array-extras.ts"
import { natureOf } from "./nature.ts"

const { getPrototypeOf } = Object
const { isArray } = Array

/** A circular value is found out by its depth, one with many shared parts by its number of objects. */
const MAX_DEPTH = 48
const MAX_OBJECTS = 4096

/**
 * Prototypes whose objects v8 takes as they are. The bytes of a view are looked at when they are written; those of
 * an ArrayBuffer by nobody but `survey.ts`.
 */
const leaves: ReadonlySet<object> = new Set<object>([
  Date.prototype,
  RegExp.prototype,
  DataView.prototype,
  Buffer.prototype,
  Int8Array.prototype,
  Uint8Array.prototype,
  Uint8ClampedArray.prototype,
  Int16Array.prototype,
  Uint16Array.prototype,
  Int32Array.prototype,
  Uint32Array.prototype,
  Float32Array.prototype,
  Float64Array.prototype,
  BigInt64Array.prototype,
  BigUint64Array.prototype
])

/** Prototypes of classes whose instances are their own fields, as the first instance has shown. */
const ofFields = new WeakMap<object, boolean>()

let objects = 0

const passesMembers = (members: Iterable<unknown>, depth: number): boolean => {
  for (const member of members) if (!passes(member, depth)) return false
  return true
}

const passesElements = (array: ReadonlyArray<unknown>, depth: number): boolean => {
  const { length } = array
  if (length > MAX_OBJECTS) return false
  let complete = true
  for (let index = 0; index < length; index++) {
    const element = array[index]
    if (element === undefined) complete = false
    else if (typeof element !== "string" && typeof element !== "number" && !passes(element, depth)) return false
  }
  // An array without holes has `length` keys unless it has others too.
  return complete && length <= 100 ? Object.keys(array).length === length : !hasExtras(array)
}

// Inherited enumerable properties are seen too: a doubt, if anything.
const passesFields = (object: object, depth: number): boolean => {
  for (const key in object) {
    const field: unknown = (object as Record<string, unknown>)[key]
    if (typeof field !== "string" && typeof field !== "number" && !passes(field, depth)) return false
  }
  return true
}

const isOfFields = (object: object, prototype: object): boolean => {
  const known = ofFields.get(prototype)
  if (known !== undefined) return known
  const found = natureOf(object) === "fields"
  ofFields.set(prototype, found)
  return found
}

const passes = (value: unknown, depth: number): boolean => {
  if (typeof value !== "object") return typeof value !== "function" && typeof value !== "symbol"
  if (value === null) return true
  if (depth === MAX_DEPTH || objects === MAX_OBJECTS) return false
  objects++
  const prototype: object | null = getPrototypeOf(value)
  if (isArray(value)) return prototype === Array.prototype && passesElements(value, depth + 1)
  if (prototype === Object.prototype || prototype === null) return passesFields(value, depth + 1)
  if (leaves.has(prototype)) return true
  if (prototype === Map.prototype) {
    const map = value as Map<unknown, unknown>
    return passesMembers(map.keys(), depth + 1) && passesMembers(map.values(), depth + 1)
  }
  if (prototype === Set.prototype) return passesMembers(value as Set<unknown>, depth + 1)
  return isOfFields(value, prototype) && passesFields(value, depth + 1)
}

/**
 * Number of objects in a value that v8 surely keeps as it is, counted once per place where they stand; -1 where that
 * is in doubt. Never throws.
 */
export const countIfPlain = (value: unknown): number => {
  objects = 0
  try {
    return passes(value, 0) ? objects : -1
  } catch {
    return -1 // A getter or a Proxy has thrown: the survey says which.
  }
}
