/**
 * The shared objects of this program, by the names that their handles cross with; and what provides them to core. An
 * object lives as long as a handle of it does, or encoded bytes that name it. Not what jobs do with them:
 * `SharedDesk.ts`.
 */
import { randomUUID } from "node:crypto"
import { type LockHolder, provideSharedData, SharedDataError, type SharedKind } from "@holdfast/core"
import { isRecord, unknownName } from "../options/Check.ts"
import { received } from "../options/received.ts"
import { OwnRegistry } from "../protocol/own-registry.ts"
import { previewOf } from "../protocol/preview.ts"
import { makeHandlesWith } from "../protocol/shared-handles.ts"
import { isShared, makeArray, releaseArray } from "../protocol/shared-views.ts"
import { makeHandle, reachFromHome } from "../worker/shared-objects.ts"
import {
  type Caller,
  holderOf,
  makeCounter,
  makeList,
  makeLock,
  makeMap,
  makeQueue,
  type Operation,
  type SharedObject,
  type ToldJob
} from "./objects.ts"

/** Marks the names of this program's objects. */
const origin = randomUUID()
const objects = new Map<string, WeakRef<SharedObject>>()
const collected = new OwnRegistry<string>((id) => objects.delete(id))
let lastNumber = 0

/** Reads the options of `Shared.queue`. A misspelt one must not give a queue without bounds. */
const capacityOf = (options: unknown): number => {
  if (!isRecord(options)) throw new TypeError(`Shared.queue: expected options, received ${received(options)}`)
  const unknown = Object.keys(options).find((name) => name !== "capacity")
  if (unknown !== undefined)
    throw new TypeError(`Shared.queue: ${unknown}: expected ${unknownName(unknown, ["capacity"])}`)
  const { capacity } = options
  if (capacity === undefined) return Number.POSITIVE_INFINITY
  if (capacity === Number.POSITIVE_INFINITY || (Number.isSafeInteger(capacity) && Number(capacity) > 0)) {
    return Number(capacity)
  }
  const expected = "a whole number, 1 or more, as capacity"
  throw new RangeError(`Shared.queue: expected ${expected}, received ${previewOf(capacity)}`)
}

const makers: Record<SharedKind, (options: unknown) => SharedObject> = {
  queue: (options) => makeQueue(capacityOf(options)),
  map: makeMap,
  list: makeList,
  counter: makeCounter,
  lock: makeLock
}

const makeObject = (kind: SharedKind, options: { readonly capacity?: number }): object => {
  const object = makers[kind](options)
  const id = `${origin}/${++lastNumber}`
  objects.set(id, new WeakRef(object))
  collected.register(object, id)
  return makeHandle({ id, kind }, object)
}

/** For whom `waiter` waits at the lock of this number; undefined where for nobody, or of what is no lock of this program. */
export const lockHolder = (id: string, waiter?: ToldJob): LockHolder | undefined => {
  const object = objects.get(id)?.deref()
  return object === undefined ? undefined : holderOf(object, waiter)
}

/** Finds what is called. Throws `SharedDataError`. */
export const operationOf = (id: string, op: string): Operation => {
  if (!id.startsWith(`${origin}/`)) {
    throw new SharedDataError(
      "gone",
      "a shared object of another program: it can be used where it was made and in the jobs of pools that were made there"
    )
  }
  const object = objects.get(id)?.deref()
  if (object === undefined)
    throw new SharedDataError("gone", "the shared object is gone: nothing in its program held it")
  const operation = Object.hasOwn(object, op) ? object[op] : undefined
  if (operation === undefined) throw new SharedDataError("gone", `a shared object has no ${JSON.stringify(op)}`)
  return operation
}

const program: Caller = { isProgram: true, isForsaken: false, onEnd: () => () => undefined }

reachFromHome({
  isOwn: (id) => id.startsWith(`${origin}/`),
  call: async (id, op, args) => operationOf(id, op)({ caller: program, callId: 0, args })
})

makeHandlesWith((name) => makeHandle(name, objects.get(name.id)?.deref()))

provideSharedData({ makeArray, releaseArray, isShared, makeObject })
