/**
 * Handles of shared objects as they cross: by the name of the object, which lives in the program that made it. Knows
 * which objects are handles and how they are made, not what they do: that is `worker/shared-objects.ts`.
 */
import type { SharedKind } from "@holdfast/core"
import { oneForAll } from "./one-for-all.ts"
import { pin } from "./pins.ts"
import type { Substitution } from "./substitute.ts"

/** Which object a handle is of. */
export interface HandleName {
  readonly id: string
  readonly kind: SharedKind
}

interface Known extends HandleName {
  /** Kept alive by whoever keeps the handle's name: the object itself, where it lives. */
  readonly target: object | undefined
}

/** Of all copies of this file, or a job's handle would be an object without fields to the pool that the job makes. */
const names = oneForAll("sharedHandles", () => new WeakMap<object, Known>())

let make: ((name: HandleName) => object) | undefined

/** Says that `handle` is one. `target`: the object itself, where it lives in this process. */
export const registerHandle = (handle: object, { id, kind }: HandleName, target: object | undefined): void => {
  names.set(handle, { id, kind, target })
}

/** Tells how a handle is made of a name. */
export const makeHandlesWith = (maker: (name: HandleName) => object): void => {
  make = maker
}

export const sharedHandles: Substitution = {
  tag: 3,
  views: false,
  matches: (object) => names.has(object),
  encode: (object): HandleName | undefined => {
    const known = names.get(object)
    if (known === undefined) return undefined
    pin(known.target ?? object)
    return { id: known.id, kind: known.kind }
  },
  decode: (name) => {
    if (make === undefined) throw new Error("a handle of a shared object, which nobody here can make")
    return make(name as HandleName)
  }
}
