/**
 * The port through which `SharedArray` and `Shared` reach what implements them: the supervisor provides it in a
 * program, the worker in a worker. A global, since a process may load two copies of core.
 */
import type { SharedArrayConstructor, SharedTypedArray } from "./SharedArray.ts"
import { SharedDataError } from "./SharedDataError.ts"

/** What a shared object is, by its name. */
export type SharedKind = "queue" | "map" | "list" | "counter" | "lock"

/** What the two public modules need. */
export interface SharedProvider {
  makeArray(constructor: SharedArrayConstructor, length: number): SharedTypedArray
  releaseArray(array: SharedTypedArray): void
  isShared(value: object): boolean
  /** A handle of a new object. */
  makeObject(kind: SharedKind, options: { readonly capacity?: number }): object
}

const slot = Symbol.for("holdfast/sharedData")

/** Tells who makes shared data here. For the supervisor and its workers. */
export const provideSharedData = (provider: SharedProvider): void => {
  Reflect.set(globalThis, slot, provider)
}

/** Who makes shared data here. Throws where nobody does. */
export const sharedProvider = (): SharedProvider => {
  const provider = Reflect.get(globalThis, slot) as SharedProvider | undefined
  if (provider !== undefined) return provider
  throw new SharedDataError(
    "elsewhere",
    'shared data is made where the pool is: import { SharedArray, Shared } from "holdfast" in that program'
  )
}
