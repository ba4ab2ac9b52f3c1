/** Values together: how they are laid out, and that they stay apart. Single values are `values.test.ts`. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BatchReader, encodeBatch, PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"

const readAll = (kind: PayloadKind, bytes: Uint8Array, count: number): Array<unknown> => {
  const reader = new BatchReader(kind, bytes, count)
  return Array.from({ length: count }, () => reader.next())
}

const across = (values: ReadonlyArray<unknown>): Array<unknown> => {
  const { kind, bytes, count, refused } = encodeBatch(values)
  if (refused !== undefined) throw refused
  return readAll(kind, bytes, count)
}

describe("a batch", () => {
  it("of numbers that are not all whole takes eight bytes each and keeps every one exactly", () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (drawn) => {
        const numbers = [...drawn, 0.5]
        const { kind, bytes, count } = encodeBatch(numbers)
        expect([kind, bytes.length]).toEqual([PayloadKind.numbers, numbers.length * 8])
        const back = readAll(kind, bytes, count)
        expect(back.every((each, index) => Object.is(each, numbers[index]))).toBe(true)
      })
    )
  })

  it("of numbers and one thing else is no batch of numbers", () => {
    expect(across([1, 2, "3", 4])).toStrictEqual([1, 2, "3", 4])
    expect(across([undefined])).toStrictEqual([undefined])
  })

  it("of none holds none", () => {
    expect(encodeBatch([])).toMatchObject({ count: 0, refused: undefined })
  })

  it("does not make one object of what two values share", () => {
    const config = { tries: 3, list: [1] }
    const back = across([{ config, n: 1 }, { config, n: 2 }, config]) as [
      { config: typeof config },
      { config: typeof config },
      typeof config
    ]
    back[0].config.tries = 0
    back[0].config.list.push(2)
    expect(back[1].config).toStrictEqual({ tries: 3, list: [1] })
    expect(back[2]).toStrictEqual({ tries: 3, list: [1] })
  })

  it("of the same Buffer in each value gives each its own", () => {
    const bytes = Buffer.from("abc")
    const [first, second] = across([{ bytes }, { bytes }]) as [{ bytes: Buffer }, { bytes: Buffer }]
    first.bytes[0] = 0
    expect(second.bytes.toString()).toBe("abc")
  })

  it("stays one stream when only parts within a value are shared", () => {
    const values = Array.from({ length: 5 }, () => {
      const part = { p: 1 }
      return { a: part, b: part }
    })
    expect(encodeBatch(values).kind).toBe(PayloadKind.batch)
    const [first] = across(values) as Array<{ a: object; b: object }>
    expect(first?.a).toBe(first?.b)
  })

  it("grows for values larger than its first guess, however they are encoded", () => {
    const shared = { blob: "x".repeat(300_000) }
    const back = across([{ shared }, { shared }, { shared, n: 1 }]) as Array<{ shared: typeof shared }>
    expect(back.map((each) => each.shared.blob.length)).toEqual([300_000, 300_000, 300_000])
  })

  it("does not go through shared parts once for every way to them", () => {
    let doubling: Array<unknown> = []
    for (let level = 0; level < 40; level++) doubling = [doubling, doubling]
    // There are 2 to the 40th: going through them all would never come to an end.
    expect(across([doubling])).toHaveLength(1)
  })
})
