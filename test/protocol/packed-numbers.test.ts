/** Numbers that travel packed: each arrives as it was, read one by one or all at once, in as few bytes as all of them need. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { payloadOfNumbers } from "../../packages/supervisor/src/protocol/packed-payload.ts"
import { narrowed, numbersOf, type PackedNumbers, unpacked } from "../../packages/supervisor/src/protocol/value-list.ts"
import { BatchReader, encodeBatch, encodeStored, PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"

const whole = [0, 1, -1, 2 ** 15 - 1, 2 ** 15, -(2 ** 15), -(2 ** 15) - 1, 2 ** 31 - 1, -(2 ** 31)]
const others = [-0, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53, 0.5, Number.NaN, Number.POSITIVE_INFINITY]
const numbers = [...whole, ...others, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE]

const some = (each: fc.Arbitrary<number>): fc.Arbitrary<Array<number>> =>
  fc.array(each, { minLength: 2, maxLength: 50 })
const any = some(fc.oneof(fc.constantFrom(...numbers), fc.double(), fc.integer()))
const short = some(fc.oneof(fc.constantFrom(...whole.slice(0, 4)), fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })))
const ofWhole = some(fc.oneof(fc.constantFrom(...whole), fc.integer()))

const readerOf = (values: ReadonlyArray<number>): BatchReader => {
  const { bytes, count, kind } = encodeBatch([...values])
  return new BatchReader(kind, bytes, count)
}

describe("packed numbers", () => {
  it("arrive as they were, -0 and those beyond 32 bits included, one by one and all at once", () => {
    fc.assert(
      fc.property(fc.oneof(any, ofWhole, short), (values) => {
        const one = readerOf(values)
        expect(values.map(() => one.next())).toEqual(values)
        expect(unpacked(readerOf(values).numbers(values.length) as PackedNumbers)).toEqual(values)
      })
    )
  })

  it("take as few bytes as all of them need, and are the same afterwards", () => {
    const widthOf = (values: ReadonlyArray<number>): number => {
      if (!values.every((value) => Object.is(value | 0, value))) return 8
      return values.every((value) => value >= -(2 ** 15) && value < 2 ** 15) ? 2 : 4
    }
    fc.assert(
      fc.property(fc.oneof(any, ofWhole, short), (values) => {
        const found = narrowed(Float64Array.from(values))
        expect(unpacked(found)).toEqual(values)
        expect(found.BYTES_PER_ELEMENT).toBe(widthOf(values))
        const { kind, bytes } = payloadOfNumbers(found)
        const reader = new BatchReader(kind, bytes, values.length)
        expect(values.map(() => reader.next())).toEqual(values)
        // What is packed for the way to a worker is never looked at twice.
        expect(numbersOf(values, 0, values.length)?.BYTES_PER_ELEMENT).toBe(Math.max(4, widthOf(values)))
      })
    )
  })

  it.each([
    [PayloadKind.numbers, [1, 2.5, -3]],
    [PayloadKind.int32, [1, 70_000, -3]],
    [PayloadKind.int16, [1, 2, -3]]
  ])("are read wherever their bytes begin: kind %d", (wanted, values) => {
    const { kind, bytes } = payloadOfNumbers(narrowed(Float64Array.from(values)))
    expect(kind).toBe(wanted)
    for (const before of [0, 1, 2, 3, 4, 7, 8]) {
      const moved = Buffer.concat([Buffer.alloc(before), bytes]).subarray(before)
      const reader = new BatchReader(kind, moved, values.length)
      expect(values.map(() => reader.next())).toEqual(values)
    }
  })

  it("that are kept longer than a process are doubles, whatever they were packed as", () => {
    for (const values of [[1, 2, 3], Int32Array.of(1, 2, 3), Int16Array.of(1, 2, 3), Float64Array.of(1, 2, 3)]) {
      const { kind, bytes, count } = encodeStored(values)
      expect([kind, bytes.length, count]).toEqual([PayloadKind.numbers, 24, 3])
      const reader = new BatchReader(kind, bytes, count)
      expect([reader.next(), reader.next(), reader.next()]).toEqual([1, 2, 3])
    }
  })

  it("are read on from where reading has come to, and not beyond their end", () => {
    const reader = readerOf(numbers)
    reader.next()
    expect(reader.numbers(numbers.length)).toBeUndefined()
    expect(reader.numbers(2)).toEqual(Float64Array.from(numbers.slice(1, 3)))
    expect(reader.next()).toBe(numbers[3])
  })

  it.each([[[1, 2, 3]], [[1, 2, 3.5]]])("that are fewer than was said are left to be read one by one: %o", (values) => {
    const { bytes, kind } = encodeBatch(values)
    const reader = new BatchReader(kind, bytes.subarray(0, (2 * bytes.length) / 3), 3)
    expect(reader.numbers(3)).toBeUndefined()
    expect([reader.next(), reader.next()]).toEqual([1, 2])
    expect(() => reader.next()).toThrow("the numbers end too early")
    expect(reader.broken).toBe(true)
  })

  it("are no more than was said, whatever lies behind them", () => {
    const reader = new BatchReader(PayloadKind.int32, new Uint8Array(Int32Array.of(1, 2, 3).buffer), 2)
    expect([reader.next(), reader.next()]).toEqual([1, 2])
    expect(() => reader.next()).toThrow("there are only 2")
  })
})
