/**
 * Typed arrays, DataViews and Buffers as they are written: kind and bytes. v8's own way takes the whole ArrayBuffer
 * behind a view (of a small Buffer: Node's pool), and Node's gives views of the message, which keep it alive. Here
 * each arrives as its own bytes, aligned.
 */
type ViewConstructor = new (buffer: ArrayBuffer, byteOffset?: number, length?: number) => ArrayBufferView

const float16: unknown = Reflect.get(globalThis, "Float16Array")

/** By their number on the wire. */
const constructors: ReadonlyArray<ViewConstructor> = [
  DataView,
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  ...(typeof float16 === "function" ? [float16 as ViewConstructor] : [])
]

const BUFFER = 255

const kinds = new Map(constructors.map((constructor, kind) => [constructor.name, kind]))

// The getter knows a typed array's real kind, whatever its subclass calls itself; a DataView has none.
const realName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get

/** The number of a view's kind. */
export const kindOfView = (view: ArrayBufferView): number =>
  Buffer.isBuffer(view) ? BUFFER : (kinds.get(realName?.call(view) ?? "DataView") ?? 1)

/** A view of that kind over a copy of `bytes`. Throws where no such view can be. */
export const viewOfKind = (kind: number, bytes: Buffer): ArrayBufferView => {
  if (kind === BUFFER) return Buffer.from(bytes)
  const constructor = constructors[kind]
  if (constructor === undefined) throw new Error(`a view of an unknown kind (${kind})`)
  return new constructor(new Uint8Array(bytes).buffer)
}

/** A view of that kind over memory as it is, nothing copied. Throws where no such view can be. */
export const bareViewOfKind = (
  kind: number,
  memory: ArrayBuffer,
  byteOffset: number,
  bytes: number
): ArrayBufferView => {
  if (kind === BUFFER) return Buffer.from(memory, byteOffset, bytes)
  const constructor = constructors[kind]
  if (constructor === undefined) throw new Error(`a view of an unknown kind (${kind})`)
  const { BYTES_PER_ELEMENT: width = 1 } = constructor as { BYTES_PER_ELEMENT?: number }
  return new constructor(memory, byteOffset, bytes / width)
}
