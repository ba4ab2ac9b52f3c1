/**
 * The inputs of `submitAll`, which are read at the call: any iterable that ends. Not those of batches, which are read
 * as workers become free (`scheduler/source-of.ts`).
 */
import { received } from "../options/received.ts"
import { iteratorOf, stepAtOnceOf } from "../scheduler/iterators.ts"

const allOf = (inputs: Iterable<unknown>): ReadonlyArray<unknown> => {
  const iterator = iteratorOf(inputs)
  const all: Array<unknown> = []
  for (;;) {
    const next = stepAtOnceOf(iterator.next())
    if (next.done === true) return all
    all.push(next.value)
  }
}

/** The inputs as a list. Throws a `TypeError` that names what came, and whatever the iterable throws. */
export const listOf = (inputs: unknown, where: string): ReadonlyArray<unknown> => {
  // Copied: an element may have a getter, which may throw when others have been submitted.
  if (Array.isArray(inputs)) return Array.from(inputs)
  const object = Object(inputs) as Partial<Iterable<unknown> & AsyncIterable<unknown>>
  if (typeof inputs !== "string" && typeof object[Symbol.iterator] === "function") {
    return allOf(inputs as Iterable<unknown>)
  }
  const isLater = typeof object[Symbol.asyncIterator] === "function" || "~effect/Stream" in object
  throw new TypeError(
    isLater
      ? `${where}: the inputs come asynchronously, and a handle for each can't be given at once: collect them first (Array.fromAsync, Stream.runCollect), or use pool.stream`
      : `${where}: expected the inputs as an array or another finite iterable, received ${received(inputs)}`
  )
}
