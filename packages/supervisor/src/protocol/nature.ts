/**
 * What one object is to v8's serialiser, exactly: a container that is walked, a leaf, an object that crosses as
 * something else, or nothing that can cross, and why. Looks at internal slots, never at what an object claims to be.
 * Not the walk: that is `survey.ts`.
 */
import { types } from "node:util"
import { refusedOfEffect } from "./data-of-effect.ts"
import { MAX_BODY_BYTES } from "./frames.ts"
import { platformClassOf } from "./platform-class.ts"
import { substitutionFor, viewSubstitutionFor } from "./substitute.ts"

export type Nature = "fields" | "array" | "map" | "set" | "leaf" | "substituted" | Refusal

/** Why an object can't cross: "is a promise". */
export interface Refusal {
  readonly reason: string
}

const refusal = (reason: string): Refusal => ({ reason })

const FUNCTION = refusal("is a function")
const SYMBOL = refusal("is a symbol")
const SHARED = refusal("is a SharedArrayBuffer or a view of one, which does not cross to a process: use SharedArray")
const DETACHED = refusal("is detached: its bytes were transferred elsewhere")

/** Refused before any of it is copied: gigabytes take seconds, and may not be there. */
const tooLarge = ({ byteLength }: ArrayBufferLike | ArrayBufferView): Refusal | undefined =>
  byteLength > MAX_BODY_BYTES ? refusal(`is larger than 1 GiB (${byteLength} bytes)`) : undefined

const natureOfBuffer = (buffer: ArrayBufferLike): Nature => {
  if (types.isSharedArrayBuffer(buffer)) return SHARED
  return buffer instanceof ArrayBuffer && buffer.detached ? DETACHED : "leaf"
}

const refusedForItsSlots = (object: object): Refusal | undefined => {
  if (types.isPromise(object)) return refusal("is a promise: await it first")
  if (types.isGeneratorObject(object)) return refusal("is a generator")
  if (types.isWeakMap(object)) return refusal("is a WeakMap")
  if (types.isWeakSet(object)) return refusal("is a WeakSet")
  if (types.isMapIterator(object) || types.isSetIterator(object)) return refusal("is an iterator")
  if (types.isModuleNamespaceObject(object)) return refusal("is a module")
  if (types.isArgumentsObject(object)) return refusal("is an arguments object")
  if (types.isExternal(object)) return refusal("is a native pointer")
  return undefined
}

/** The nature of an object or function. May throw what a Proxy's traps throw only if `object` inherits from one. */
export const natureOf = (object: object): Nature => {
  if (typeof object === "function") return FUNCTION
  if (types.isProxy(object)) return refusal("is a Proxy")
  if (Array.isArray(object)) return "array"
  if (types.isMap(object)) return "map"
  if (types.isSet(object)) return "set"
  if (types.isArrayBufferView(object)) {
    return viewSubstitutionFor(object) === undefined ? (tooLarge(object) ?? natureOfBuffer(object.buffer)) : "leaf"
  }
  if (types.isAnyArrayBuffer(object)) return tooLarge(object) ?? natureOfBuffer(object)
  if (types.isDate(object) || types.isRegExp(object)) return "leaf"
  if (types.isBoxedPrimitive(object)) return types.isSymbolObject(object) ? SYMBOL : "leaf"
  if (substitutionFor(object) !== undefined) return "substituted"
  const refused = refusedForItsSlots(object)
  if (refused !== undefined) return refused
  const ofEffect = refusedOfEffect(object)
  if (ofEffect !== undefined) return refusal(ofEffect)
  const name = platformClassOf(Object.getPrototypeOf(object))
  if (name === undefined) return "fields"
  return refusal(`is ${/^[AEIOaeio]/.test(name) ? "an" : "a"} ${name}`)
}

/** Why a primitive can't cross; undefined if it can. */
export const refusedPrimitive = (value: unknown): Refusal | undefined =>
  typeof value === "symbol" ? SYMBOL : undefined
