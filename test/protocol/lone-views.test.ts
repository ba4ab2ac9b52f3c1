/** A large typed array as a payload's only value: its own memory until it is sent, a view of the same kind after. */
import { expect, it } from "vitest"
import { isLoneView, LONE_VIEW_BYTES, withOwnPayload } from "../../packages/supervisor/src/protocol/lone-view.ts"
import { BatchReader, encodeBatch, encodeLent, PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"
import { float16Arrays, typedArrays } from "./typed-arrays.ts"

const BYTES = LONE_VIEW_BYTES + 16
const memory = (): ArrayBuffer => Uint8Array.from({ length: BYTES + 32 }, (_, at) => at % 251).buffer

type Constructor = new (buffer: ArrayBuffer, at: number, length: number) => ArrayBufferView
const constructors: ReadonlyArray<Constructor & { readonly BYTES_PER_ELEMENT?: number }> = [
  DataView,
  ...typedArrays,
  ...float16Arrays
]

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

/** As it arrives: in memory of its own, or within a frame. */
const reread = (value: ArrayBufferView, at: number): ArrayBufferView => {
  const { kind, bytes, count } = encodeLent([value])
  expect(isLoneView(kind)).toBe(true)
  const around = new Uint8Array(at + bytes.length)
  around.set(bytes, at)
  return new BatchReader(kind, around.subarray(at), count).next() as ArrayBufferView
}

it.each(constructors)("%o is a view of its own kind again, in memory of its own", (constructor) => {
  const width = constructor.BYTES_PER_ELEMENT ?? 1
  const value = new constructor(memory(), 16, BYTES / width)
  for (const at of [0, 37]) {
    const back = reread(value, at)
    expect(back.constructor).toBe(constructor)
    expect(back.buffer.byteLength).toBe(BYTES)
    expect(bytesOf(back).equals(bytesOf(value))).toBe(true)
  }
})

it("a Buffer is a Buffer again, a part of another without the rest", () => {
  const value = Buffer.from(memory()).subarray(3, BYTES + 4)
  const back = reread(value, 0)
  expect(Buffer.isBuffer(back)).toBe(true)
  expect(back.buffer.byteLength).toBe(BYTES + 1)
  expect(bytesOf(back).equals(value)).toBe(true)
})

it("one of a subclass, with properties of its own, is the plain kind without them, as a small one is", () => {
  class Samples extends Float64Array {
    readonly rate = 44_100
  }
  const value = new Samples(BYTES / 8).fill(4)
  const back = reread(value, 0)
  expect(Object.getPrototypeOf(back)).toBe(Float64Array.prototype)
  expect(Object.hasOwn(back, "rate")).toBe(false)
})

it("is its own memory until it is sent, and nobody else's where it has to wait", () => {
  const value = new Float64Array(BYTES / 8)
  const { kind, bytes } = encodeLent([value])
  expect(bytes.buffer).toBe(value.buffer)
  const own = withOwnPayload({ _tag: "Values", kind, payload: bytes })
  value.fill(1)
  expect(own.payload.every((byte) => byte === 0)).toBe(true)
  expect(encodeBatch([value]).bytes.buffer, "where nothing may be lent").not.toBe(value.buffer)
})

it("lends nothing small, nothing that stands beside others, and nothing that can't cross", () => {
  const large = new Uint8Array(BYTES)
  const detached = new Uint8Array(BYTES)
  structuredClone(detached, { transfer: [detached.buffer] })
  const whole = (values: ReadonlyArray<unknown>) => isLoneView(encodeLent(values).kind)
  expect(whole([large])).toBe(true)
  expect(whole([large, large])).toBe(false)
  expect(whole([{ large }])).toBe(false)
  expect(whole([large.subarray(0, LONE_VIEW_BYTES - 1)])).toBe(false)
  expect(whole([large.buffer])).toBe(false)
  expect(whole([new Proxy(large, {})])).toBe(false)
  expect(encodeLent([new Uint8Array(new SharedArrayBuffer(BYTES))]).refused?.message).toMatch(/SharedArrayBuffer/)
  expect(encodeLent([new Proxy(large, {})]).refused?.message).toMatch(/Proxy/)
  const fixed = encodeLent([detached])
  expect(isLoneView(fixed.kind)).toBe(false)
})

it("refuses one that lies about itself, or sends what it is", () => {
  const lying = new Uint8Array(BYTES)
  Object.defineProperty(lying, "byteLength", { value: BYTES * 2 })
  const { kind, refused } = encodeLent([lying])
  expect(isLoneView(kind)).toBe(false)
  expect(refused).not.toBe(undefined)
})

it("can't be read where its bytes are none of that kind, or where more than one is said to be there", () => {
  const { kind } = encodeLent([new Float64Array(BYTES / 8)])
  expect(() => new BatchReader(kind, new Uint8Array(BYTES + 1), 1).next()).toThrow(/can't be decoded/)
  expect(() => new BatchReader((PayloadKind.view + 14) as PayloadKind, new Uint8Array(8), 1).next()).toThrow(/unknown/)
  const reader = new BatchReader(kind, new Uint8Array(BYTES), 2)
  reader.next()
  expect(() => reader.next()).toThrow(/can't be decoded/)
})
