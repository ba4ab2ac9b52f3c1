/**
 * Typed arrays over shared memory: how they are made, and how they cross, by the name of their memory instead of its
 * bytes. Not the memory: `shared-memory.ts`.
 */
import type { SharedArrayConstructor, SharedTypedArray } from "@holdfast/core"
import { oneForAll } from "./one-for-all.ts"
import { pin } from "./pins.ts"
import { previewOf } from "./preview.ts"
import { type MemoryName, makeMemory, memoryOf, openMemory, releaseMemory } from "./shared-memory.ts"
import type { Substitution } from "./substitute.ts"
import { bareViewOfKind, kindOfView } from "./view-kinds.ts"

const constructors: ReadonlyMap<unknown, string> = new Map(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array
  ].map((each) => [each, each.name])
)

/** Arrays of no elements have no memory to share, and cross as what they are. */
const empty = oneForAll("emptySharedArrays", () => new WeakSet<object>())

const isView = (value: unknown): value is SharedTypedArray => ArrayBuffer.isView(value)

/** A new array of zeros. */
export const makeArray = (constructor: SharedArrayConstructor, length: number): SharedTypedArray => {
  const name = constructors.get(constructor)
  if (name === undefined) {
    const expected = `one of ${[...constructors.values()].join(", ")}`
    const found = typeof constructor === "function" ? constructor.name || "a nameless function" : previewOf(constructor)
    throw new TypeError(`SharedArray.make: expected ${expected} as the first argument, received ${found}`)
  }
  const most = Math.floor(Number.MAX_SAFE_INTEGER / constructor.BYTES_PER_ELEMENT)
  if (typeof length !== "number" || !Number.isInteger(length) || length < 0 || length > most) {
    const expected = `a whole number of elements from 0 to ${most}`
    throw new RangeError(
      `SharedArray.make: expected ${expected} as the length of a ${name}, received ${previewOf(length)}`
    )
  }
  if (length === 0) {
    const array = new constructor(new ArrayBuffer(0), 0, 0)
    empty.add(array)
    return array
  }
  return new constructor(makeMemory(length * constructor.BYTES_PER_ELEMENT), 0, length)
}

export const isShared = (value: object): boolean =>
  isView(value) && (empty.has(value) || memoryOf(value.buffer) !== undefined)

/** Gives back the memory behind an array. */
export const releaseArray = (array: SharedTypedArray): void => {
  const memory = isView(array) ? memoryOf(array.buffer) : undefined
  if (memory !== undefined) return releaseMemory(memory)
  if (isView(array) && empty.has(array)) return
  throw new TypeError(`SharedArray.release: expected a shared array, received ${previewOf(array)}`)
}

interface Crossing {
  readonly memory?: MemoryName
  readonly kind?: number
  readonly at?: number
  readonly bytes?: number
}

/** How many memories a worker keeps open that it has made and sent, for others to open them. */
const KEPT = 16
const sent = new Set<object>()

const keepAWhile = (buffer: object): void => {
  sent.delete(buffer)
  sent.add(buffer)
  for (const oldest of sent) {
    if (sent.size <= KEPT) break
    sent.delete(oldest)
  }
}

/** Lets views of shared memory cross without their bytes. */
export const sharedViews: Substitution = {
  tag: 2,
  views: true,
  matches: (view) => memoryOf((view as ArrayBufferView).buffer) !== undefined,
  refuses: (view) =>
    memoryOf((view as ArrayBufferView).buffer)?.released === true
      ? "is a SharedArray after SharedArray.release()"
      : undefined,
  encode: (object): Crossing => {
    const view = object as ArrayBufferView
    const memory = memoryOf(view.buffer)
    if (memory === undefined) return {}
    pin(view.buffer)
    // Whoever gets a worker's result opens it after the job has let go of it.
    if (memory.made && Reflect.has(globalThis, Symbol.for("holdfast/worker"))) keepAWhile(view.buffer)
    return { memory: memory.name, kind: kindOfView(view), at: view.byteOffset, bytes: view.byteLength }
  },
  decode: (data) => {
    const { memory, kind, at, bytes } = data as Crossing
    if (memory === undefined) throw new Error("a shared array without memory")
    return bareViewOfKind(kind ?? -1, openMemory(memory), at ?? 0, bytes ?? 0)
  }
}
