/** Reading rows out of bytes that are none: cut off, changed, invented. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RowWriter } from "../../packages/supervisor/src/protocol/row-writer.ts"
import { BatchReader, PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"

describe("bytes that are no rows", () => {
  /** Reads until nothing more can be read; whatever is thrown must be a plain bounded Error. */
  const readThrough = (bytes: Uint8Array): void => {
    const reader = new BatchReader(PayloadKind.rows, bytes, 20)
    for (let index = 0; index < 20 && !reader.broken; index++) {
      try {
        reader.next()
      } catch (error) {
        expect(Object.getPrototypeOf(error)).toBe(Error.prototype)
        expect((error as Error).message.length).toBeLessThan(300)
      }
    }
  }

  it("never do more than throw an Error, wherever a byte is changed", () => {
    const values = Array.from({ length: 6 }, (_, id) => [
      { id, name: `n${id}`, at: { x: 0.5 } },
      [1, ["a", { id }]],
      { all: [1, 2, 3, 4, id], halves: [0.5, 1, 2, id], many: Array.from({ length: 300 }, (_, at) => `${at % 2}`) },
      { hash: new Uint8Array(5).fill(id), of: new Float64Array([id]) },
      new Set([id]),
      new Date(id)
    ]).flat()
    const writer = new RowWriter(Buffer.alloc(20_000), false)
    for (const value of values) if (!writer.put(value)) writer.putLone(value)
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), fc.nat(), fc.nat(255), (at, to, at2, to2) => {
        const damaged = Buffer.from(writer.written)
        damaged[at % damaged.length] = to
        damaged[at2 % damaged.length] = to2
        readThrough(damaged)
      }),
      { numRuns: 1500 }
    )
  })

  it("never do more than throw an Error, whatever they are", () => {
    const byte = fc.oneof(fc.nat(22), fc.nat(255))
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 300 }), (bytes) => readThrough(Uint8Array.from(bytes))),
      { numRuns: 1500 }
    )
  })

  it("can't name __proto__, one key twice, or a shape that was not named", () => {
    const text = (value: string): Array<number> => [8, value.length, ...Buffer.from(value)]
    const read = (bytes: ReadonlyArray<number>) => () =>
      new BatchReader(PayloadKind.rows, Uint8Array.from(bytes), 1).next()
    expect(read([14, 1, ...text("ok"), 4, 7])()).toStrictEqual({ ok: 7 })
    expect(read([14, 1, ...text("__proto__"), 2])).toThrow(/a shape that is none/)
    expect(read([14, 2, ...text("a"), ...text("a"), 2, 2])).toThrow(/a shape that is none/)
    expect(read([15, 0])).toThrow(/unknown shape/)
    expect(read([7])).toThrow(/no string before/)
    expect(read([99])).toThrow(/an unknown tag \(99\)/)
    expect(read(new Array(70).fill(0).flatMap(() => [11, 1]))).toThrow(/nested too deep/)
  })

  it("in a lone value concern that value alone", () => {
    const writer = new RowWriter(Buffer.alloc(1000), false)
    for (const value of [{ n: 1 }, new Map(), { n: 2 }]) if (!writer.put(value)) writer.putLone(value)
    const bytes = Buffer.from(writer.written)
    bytes[bytes.indexOf(0xff) + 2] = 1
    const reader = new BatchReader(PayloadKind.rows, bytes, 3)
    expect(reader.next()).toStrictEqual({ n: 1 })
    expect(() => reader.next()).toThrow(/can't be decoded/)
    expect(reader.broken).toBe(false)
    expect(reader.next()).toStrictEqual({ n: 2 })
  })
})
