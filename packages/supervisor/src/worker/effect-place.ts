/**
 * What a running Effect awaits, as far as its fiber tells: the spans it is in, and the `yield*` at which its innermost
 * generator stands. Costs nothing before it is asked for. What it forked is not seen: a fiber lists its own children
 * alone, and not those of `Effect.all`.
 */
import type { Frame, Resource } from "@holdfast/core"
import type * as Fiber from "effect/Fiber"
import { placesOf } from "./suspended.ts"

const MOST_SPANS = 8

interface Linked {
  readonly name: string
  readonly parent: unknown
}

const isLinked = (value: unknown): value is Linked =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "name") === "string"

/** Effect's options are objects with a `value`. */
const parentOf = ({ parent }: Linked): unknown =>
  typeof parent === "object" && parent !== null && "value" in parent ? parent.value : parent

/** The names from the innermost on. */
const namesOf = (innermost: unknown): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (let at = innermost; isLinked(at) && names.length < MOST_SPANS; at = parentOf(at)) names.push(at.name)
  return names
}

/** The generators that the fiber is in, the innermost last. */
const generatorsOf = (fiber: object): ReadonlyArray<object> => {
  const stack: unknown = Reflect.get(fiber, "_stack")
  if (!Array.isArray(stack)) return []
  return stack
    .map((entry: unknown) =>
      typeof entry === "object" && entry !== null ? (Reflect.get(entry, "iterator") as unknown) : undefined
    )
    .filter((iterator): iterator is object => Object.prototype.toString.call(iterator) === "[object Generator]")
}

const isOwn = ({ file }: Frame): boolean => !file.includes("/node_modules/") && !file.startsWith("node:")

/** A line of Effect's own says nothing of the task: it is where a scope closes whose finalizer hangs, say. */
const isEffects = ({ file }: Frame): boolean => /[\\/]node_modules[\\/](effect|@effect)[\\/]/.test(file)

/** What the Effect of a job waits on, in one line. */
export const placeOf = (fiber: Fiber.Fiber<unknown, unknown>): ReadonlyArray<Resource> => {
  const names = namesOf(fiber.cache.span)
  const places = [...placesOf(generatorsOf(fiber))].reverse()
  const openedAt = places.find(isOwn) ?? places.find((place) => !isEffects(place))
  if (names.length === 0 && openedAt === undefined) return []
  const spans = names.map((name) => JSON.stringify(name)).join(" in ")
  const detail = names.length === 0 ? "" : `in ${names.length === 1 ? "span" : "spans"} ${spans}`
  return [{ kind: "effect", detail, ...(openedAt === undefined ? {} : { openedAt }) }]
}
