/**
 * Goes through what one container holds, as v8 would: own enumerable fields, elements without the holes, entries of
 * the real Map or Set behind an object. Not the walk through a whole value: that is `survey.ts`.
 */
import { hasExtras } from "./array-extras.ts"
import type { Nature } from "./nature.ts"
import { elementStep, fieldStep, mapKeyStep, mapValueStep, memberStep } from "./path.ts"
import { previewOf } from "./preview.ts"

/** Says why a member ends the search, or nothing. */
export type Judge = (member: unknown) => string | undefined

/** A member that ended the search. `step` leads to it from its container. */
export interface Found {
  readonly step: string
  readonly reason: string
}

const inFields = (object: object, keys: ReadonlyArray<string>, judge: Judge): Found | undefined => {
  for (const key of keys) {
    let member: unknown
    try {
      member = Reflect.get(object, key)
    } catch (error) {
      return { step: fieldStep(key), reason: `has a getter that throws: ${previewOf(error)}` }
    }
    const reason = judge(member)
    if (reason !== undefined) return { step: fieldStep(key), reason }
  }
  return undefined
}

/** So many elements that are missing or undefined, and an array is taken for sparse. */
const SPARSE = 4096

const inElements = (array: ReadonlyArray<unknown>, judge: Judge): Found | undefined => {
  let missing = 0
  for (let index = 0; index < array.length; index++) {
    const member = array[index]
    if (member === undefined) {
      // Four billion holes take no memory, but minutes to go through one by one.
      if (++missing > SPARSE && missing * 2 > index) return inKeys(array, judge, index)
      continue
    }
    const reason = judge(member)
    if (reason !== undefined) return { step: elementStep(index), reason }
  }
  return hasExtras(array) ? inKeys(array, judge, array.length) : undefined
}

/** What an array holds from an index on, and its named properties. */
const inKeys = (array: ReadonlyArray<unknown>, judge: Judge, from: number): Found | undefined => {
  const isRest = (key: string): boolean => {
    const index = Number(key) >>> 0
    return String(index) !== key || index >= from
  }
  const found = inFields(array, Object.keys(array).filter(isRest), judge)
  if (found === undefined) return undefined
  const index = /^\["(\d+)"\]$/.exec(found.step)?.[1]
  return index === undefined ? found : { ...found, step: elementStep(Number(index)) }
}

const inMap = (map: Map<unknown, unknown>, judge: Judge): Found | undefined => {
  let index = 0
  for (const [key, member] of Map.prototype.entries.call(map)) {
    const keyReason = judge(key)
    if (keyReason !== undefined) return { step: mapKeyStep(index), reason: keyReason }
    const reason = judge(member)
    if (reason !== undefined) return { step: mapValueStep(key, index), reason }
    index++
  }
  return undefined
}

const inSet = (set: Set<unknown>, judge: Judge): Found | undefined => {
  let index = 0
  for (const member of Set.prototype.values.call(set)) {
    const reason = judge(member)
    if (reason !== undefined) return { step: memberStep(index), reason }
    index++
  }
  return undefined
}

/** The first member of a container that `judge` objects to. A getter that throws counts as one. */
export const findMember = (container: object, nature: Nature, judge: Judge): Found | undefined => {
  if (nature === "array") return inElements(container as ReadonlyArray<unknown>, judge)
  if (nature === "map") return inMap(container as Map<unknown, unknown>, judge)
  if (nature === "set") return inSet(container as Set<unknown>, judge)
  return nature === "fields" ? inFields(container, Object.keys(container), judge) : undefined
}
