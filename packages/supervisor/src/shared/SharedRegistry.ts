/**
 * The shared objects of this program, by the names that their handles cross with; and what provides them to core. An
 * object lives as long as a handle of it does, or encoded bytes that name it. Not what jobs do with them:
 * `SharedDesk.ts`.
 */
import { randomUUID } from "node:crypto"
import { provideSharedData, SharedDataError, type SharedKind } from "@holdfast/core"
import { previewOf } from "../protocol/preview.ts"
import { makeHandlesWith } from "../protocol/shared-handles.ts"
import { isShared, makeArray, releaseArray } from "../protocol/shared-views.ts"
import { makeHandle, reachFromHome } from "../worker/shared-objects.ts"
import {
  type Caller,
  makeCounter,
  makeList,
  makeLock,
  makeMap,
  makeQueue,
  type Operation,
  type SharedObject
} from "./objects.ts"

/** Marks the names of this program's objects. */
const origin = randomUUID()
const objects = new Map<string, WeakRef<SharedObject>>()
const collected = new FinalizationRegistry<string>((id) => objects.delete(id))
let lastNumber = 0

const capacityOf = (capacity: unknown): number => {
  if (capacity === undefined) return Number.POSITIVE_INFINITY
  if (capacity === Number.POSITIVE_INFINITY || (Number.isSafeInteger(capacity) && Number(capacity) > 0)) {
    return Number(capacity)
  }
  const expected = "a whole number, 1 or more, as capacity"
  throw new RangeError(`Shared.queue: expected ${expected}, received ${previewOf(capacity)}`)
}

const makers: Record<SharedKind, (options: { readonly capacity?: unknown }) => SharedObject> = {
  queue: ({ capacity }) => makeQueue(capacityOf(capacity)),
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

/** Finds what is called. Throws `SharedDataError`. */
export const operationOf = (id: string, op: string): Operation => {
  if (!id.startsWith(`${origin}/`)) {
    throw new SharedDataError(
      "gone",
      "a shared object of another program: it can be used where it was made, and in its workers"
    )
  }
  const object = objects.get(id)?.deref()
  if (object === undefined)
    throw new SharedDataError("gone", "the shared object is gone: nothing in its program held it")
  const operation = Object.hasOwn(object, op) ? object[op] : undefined
  if (operation === undefined) throw new SharedDataError("gone", `a shared object has no ${JSON.stringify(op)}`)
  return operation
}

const program: Caller = { isProgram: true, onEnd: () => () => undefined }

reachFromHome({
  isOwn: (id) => id.startsWith(`${origin}/`),
  call: async (id, op, args) => operationOf(id, op)({ caller: program, callId: 0, args })
})

makeHandlesWith((name) => makeHandle(name, objects.get(name.id)?.deref()))

provideSharedData({ makeArray, releaseArray, isShared, makeObject })
