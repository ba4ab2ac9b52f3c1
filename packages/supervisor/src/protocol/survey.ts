/**
 * The exact look at a whole value, level by level: can it cross, and if not, what stands in its way and where; does
 * it hold objects that cross as something else. Slower than `quick-check.ts`, which sends here what it doubts. Never
 * recurses, so no depth is too deep for it, and writes down a path only for a refusal.
 */
import { findMember } from "./members.ts"
import { natureOf, refusedPrimitive } from "./nature.ts"
import { joinSteps } from "./path.ts"
import { Unserializable } from "./unserializable.ts"

/** v8 itself overflows the stack between 2,000 and 4,000 levels; the reader may have less stack than the writer. */
const MAX_LEVELS = 2000

export interface Survey {
  readonly refused: Unserializable | undefined
  /** Distinct objects that v8 will meet. */
  readonly objects: number
  /** True if it holds objects that cross as something else. */
  readonly substituted: boolean
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function"

/** Levels below the root, and where each object was first seen: both by its place in the order of discovery. */
class Discovery {
  // A Set yields what is added while it is gone through: it is the queue, too.
  readonly seen = new Set<object>()
  readonly #parents: Array<number> = []
  #levelEnd = 1
  levels = 0

  add(object: object, parent: number): boolean {
    const before = this.seen.size
    this.seen.add(object)
    if (this.seen.size === before) return false
    this.#parents.push(parent)
    return true
  }

  /** To be told of each object in turn, so that levels can be counted. */
  enter(place: number): void {
    if (place < this.#levelEnd) return
    this.#levelEnd = this.seen.size
    this.levels++
  }

  /** Steps from the root to the object at a place. */
  stepsTo(place: number): Array<string> {
    const order = [...this.seen]
    const steps: Array<string> = []
    for (let at = place; at > 0; ) {
      const above = this.#parents[at] ?? 0
      const parent = order[above]
      const object = order[at]
      if (parent === undefined) break
      // A getter that makes a new object each time is not found again.
      const found = findMember(parent, natureOf(parent), (member) => (member === object ? "this one" : undefined))
      steps.unshift(found?.reason === "this one" ? found.step : ".?")
      at = above
    }
    return steps
  }
}

/** Looks through a value. Doesn't throw. */
export const survey = (value: unknown): Survey => {
  const discovery = new Discovery()
  let substituted = false
  let place = 0
  const refuse = (steps: ReadonlyArray<string>, reason: string): Survey => ({
    refused: new Unserializable(joinSteps(steps), reason),
    objects: discovery.seen.size,
    substituted
  })
  const judge = (member: unknown): string | undefined => {
    if (!isObject(member)) return refusedPrimitive(member)?.reason
    if (!discovery.add(member, place)) return undefined
    const nature = natureOf(member)
    if (nature === "substituted") substituted = true
    return typeof nature === "object" ? nature.reason : undefined
  }
  const refusedRoot = judge(value)
  if (refusedRoot !== undefined) return refuse([], refusedRoot)
  for (const object of discovery.seen) {
    discovery.enter(place)
    if (discovery.levels > MAX_LEVELS) {
      return refuse(discovery.stepsTo(place), `is nested more than ${MAX_LEVELS} levels deep`)
    }
    const found = findMember(object, natureOf(object), judge)
    if (found !== undefined) return refuse([...discovery.stepsTo(place), found.step], found.reason)
    place++
  }
  return { refused: undefined, objects: discovery.seen.size, substituted }
}

/** The path to an object inside a value; empty if it is the value itself or can't be found. */
export const pathTo = (value: unknown, target: object): string => {
  if (!isObject(value) || value === target) return ""
  const discovery = new Discovery()
  discovery.add(value, 0)
  let place = 0
  for (const object of discovery.seen) {
    const found = findMember(object, natureOf(object), (member) => {
      if (member === target) return "this one"
      if (isObject(member)) discovery.add(member, place)
      return undefined
    })
    if (found?.reason === "this one") return joinSteps([...discovery.stepsTo(place), found.step])
    place++
  }
  return ""
}
