/** Numbers that travel packed: each arrives as it was, read one by one or all at once. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { unpacked } from "../../packages/supervisor/src/protocol/value-list.ts"
import { BatchReader, encodeBatch, PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"

const edges = [0, -0, 1, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, 2 ** 53, 0.5, Number.NaN]
const numbers = [...edges, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE]

const readerOf = (values: ReadonlyArray<number>): BatchReader => {
  const { bytes, count, kind } = encodeBatch([...values])
  expect(kind).toBe(PayloadKind.numbers)
  return new BatchReader(kind, bytes, count)
}

describe("packed numbers", () => {
  it("arrive as they were, -0 and those beyond 32 bits included, one by one and all at once", () => {
    const many = fc.array(fc.oneof(fc.constantFrom(...numbers), fc.double(), fc.integer()), {
      minLength: 2,
      maxLength: 50
    })
    fc.assert(
      fc.property(many, (values) => {
        const one = readerOf(values)
        expect(values.map(() => one.next())).toEqual(values)
        expect(unpacked(readerOf(values).numbers(values.length) as Float64Array)).toEqual(values)
      })
    )
  })

  it("are read on from where reading has come to, and not beyond their end", () => {
    const reader = readerOf(numbers)
    reader.next()
    expect(reader.numbers(numbers.length)).toBeUndefined()
    expect(reader.numbers(2)).toEqual(Float64Array.from(numbers.slice(1, 3)))
    expect(reader.next()).toBe(numbers[3])
  })

  it("that are fewer than was said are left to be read one by one, which says so", () => {
    const { bytes, kind } = encodeBatch([1, 2, 3])
    const reader = new BatchReader(kind, bytes.subarray(0, 16), 3)
    expect(reader.numbers(3)).toBeUndefined()
    expect([reader.next(), reader.next()]).toEqual([1, 2])
    expect(() => reader.next()).toThrow("the numbers end too early")
  })
})
