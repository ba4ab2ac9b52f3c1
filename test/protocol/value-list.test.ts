import { describe, expect, it } from "vitest"
import { copyTo, ownPartOf, packed, partOf, unpacked } from "../../packages/supervisor/src/protocol/value-list.ts"

const many = (length: number): Array<number> => Array.from({ length }, (_, n) => n - 100.5)

describe("a list of values", () => {
  it("is packed where there are many and all are numbers, whatever numbers they are", () => {
    const odd = [...many(300), Number.NaN, -0, Number.NEGATIVE_INFINITY, 2 ** 53, Number.MIN_VALUE]
    expect(Array.from(packed(odd) ?? [])).toEqual(odd)
    expect(Array.from(packed(Uint8Array.from({ length: 300 }, (_, n) => n)) ?? [])).toEqual(
      Array.from({ length: 300 }, (_, n) => n % 256)
    )
  })

  it("is not, where there are few, or one of them is no number", () => {
    expect(packed(many(10))).toBeUndefined()
    for (const other of ["1", 1n, null, undefined, {}]) {
      expect(packed([...many(300), other])).toBeUndefined()
      expect(packed([other, ...many(300)])).toBeUndefined()
    }
    const holed = many(300)
    delete holed[200]
    expect(packed(holed)).toBeUndefined()
    expect(packed(new BigInt64Array(300))).toBeUndefined()
  })

  it("is a copy, no part of which is all of its memory", () => {
    const numbers = many(300)
    const list = packed(numbers) as Float64Array
    numbers.fill(0)
    expect(Array.from(list)).toEqual(many(300))
    expect(list.buffer.byteLength).toBeGreaterThan(list.byteLength)
  })

  it("gives parts that keep nothing else alive, and are not all of their memory", () => {
    const list = packed(many(10_000)) as Float64Array
    const part = ownPartOf(list, 100, 400) as Float64Array
    expect(Array.from(part)).toEqual(many(400).slice(100))
    expect(part.buffer.byteLength).toBeGreaterThan(part.byteLength)
    expect(part.buffer.byteLength).toBeLessThan(2 * part.byteLength)
    expect(ownPartOf(list, 100, 102)).toEqual([-0.5, 0.5])
    expect(ownPartOf(["a", "b", "c"], 1, 2)).toEqual(["b"])
  })

  it("gives parts of itself: of packed ones the same memory, of others a list of their own", () => {
    const list = packed(many(300)) as Float64Array
    const part = partOf(list, 10, 12) as Float64Array
    expect([part.buffer === list.buffer, ...part]).toEqual([true, -90.5, -89.5])
    expect(partOf(["a", "b", "c"], 1)).toEqual(["b", "c"])
    expect(partOf(["a", "b", "c"], 1, 2)).toEqual(["b"])
  })

  it("is read back as it was, -0 and all", () => {
    const list = Float64Array.of(1, -0, 0, 0.5, Number.NaN, 2 ** 31, -(2 ** 31))
    expect(unpacked(list)).toEqual([1, -0, 0, 0.5, Number.NaN, 2 ** 31, -(2 ** 31)])
    const target: Array<unknown> = ["before", 0, 0, "after"]
    copyTo(target, 1, Float64Array.of(7, -0))
    expect(target).toEqual(["before", 7, -0, "after"])
    copyTo(target, 0, ["x", undefined])
    expect(target).toEqual(["x", undefined, -0, "after"])
  })
})
