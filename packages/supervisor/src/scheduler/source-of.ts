/**
 * Which source reads what a caller gave as inputs: an array, a synchronous or asynchronous iterable. Not single jobs
 * (`SubmittedSource.ts`).
 */
import type { Inputs } from "@holdfast/core"
import { packed } from "../protocol/value-list.ts"
import { ArraySource } from "./ArraySource.ts"
import { AsyncSource } from "./AsyncSource.ts"
import { IteratorSource } from "./IteratorSource.ts"
import { asyncIteratorOf, iteratorOf } from "./iterators.ts"
import { destroyerOf } from "./node-streams.ts"
import { fractionRead, type Source } from "./Source.ts"
import { untoldOf } from "./untold.ts"

/** What came in place of inputs; of what is often meant, with what to do. */
const cameInstead = (inputs: unknown): string => {
  if (typeof inputs === "string") return `the string ${JSON.stringify(inputs).slice(0, 60)}`
  if (typeof inputs === "function") return "a function: call it, and give what it returns"
  if (inputs instanceof Promise) return "a promise, which is not iterable: await it first"
  if (typeof inputs === "object" && inputs !== null) return "an object that is not iterable"
  return inputs === undefined || inputs === null ? String(inputs) : `${typeof inputs} ${String(inputs).slice(0, 60)}`
}

/** Opens what a caller gave as inputs. Throws a `TypeError` that names what came, if it can't be read. */
export const sourceOf = (
  inputs: Inputs<unknown>,
  where: string,
  onReady: () => void,
  untold: (error: unknown) => void = untoldOf(where)
): Source => {
  if (Array.isArray(inputs)) return new ArraySource(packed(inputs) ?? inputs.slice())
  if (ArrayBuffer.isView(inputs) && !(inputs instanceof DataView)) {
    const items = inputs as unknown as ArrayLike<unknown>
    return new ArraySource(packed(items) ?? Array.from(items))
  }
  const object = Object(inputs) as Partial<Iterable<unknown> & AsyncIterable<unknown>>
  if (typeof object[Symbol.asyncIterator] === "function")
    return new AsyncSource(
      asyncIteratorOf(inputs as AsyncIterable<unknown>),
      onReady,
      destroyerOf(inputs),
      () => Reflect.get(object, fractionRead),
      untold
    )
  if (typeof inputs !== "string" && typeof object[Symbol.iterator] === "function")
    return new IteratorSource(iteratorOf(inputs as Iterable<unknown>), () => Reflect.get(object, fractionRead), untold)
  throw new TypeError(
    `${where}: expected the inputs as an array, an iterable or an async iterable, received ${cameInstead(inputs)}`
  )
}
