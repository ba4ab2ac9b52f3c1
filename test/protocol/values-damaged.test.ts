/** Reading what is not what was written: cut off, changed, misaligned, invented. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BatchReader, encodeBatch, PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"

const kinds = [PayloadKind.numbers, PayloadKind.batch, PayloadKind.framed]

/** Reads to the end or until nothing more can be read; whatever is thrown must be a plain bounded Error. */
const readThrough = (kind: PayloadKind, bytes: Uint8Array, count: number): Array<unknown> => {
  const reader = new BatchReader(kind, bytes, count)
  const read: Array<unknown> = []
  for (let index = 0; index < count; index++) {
    try {
      read.push(reader.next())
    } catch (error) {
      expect(Object.getPrototypeOf(error)).toBe(Error.prototype)
      expect((error as Error).message.length).toBeLessThan(300)
      if (reader.broken) break
    }
  }
  return read
}

const values = [
  { id: 1, name: "one", tags: ["a", "b"] },
  "text",
  new Map([["k", Buffer.from("bytes")]]),
  { error: new TypeError("inside") },
  [new Float64Array([1, 2]), new Date(5), /x/g, 10n]
]

/** The same values, and one of them once more: so each is encoded by itself. */
const frames = (): Buffer => {
  const { kind, bytes } = encodeBatch([...values, values[2]])
  expect(kind).toBe(PayloadKind.framed)
  return Buffer.from(bytes)
}

describe("bytes at any offset of their buffer", () => {
  it.each([0, 1, 2, 3, 5, 7])("are read at offset %i", (offset) => {
    const shifted = (bytes: Uint8Array): Uint8Array => {
      const target = new Uint8Array(bytes.length + offset)
      target.set(bytes, offset)
      return target.subarray(offset)
    }
    const numbers = encodeBatch([1.5, -0, 3])
    expect(readThrough(numbers.kind, shifted(numbers.bytes), 3)).toStrictEqual([1.5, -0, 3])
    const things = [new Float64Array([1, 2]), "日本", { b: new BigInt64Array([5n]), t: "é日" }]
    const batch = encodeBatch(things)
    expect(readThrough(batch.kind, shifted(batch.bytes), 3)).toStrictEqual(things)
  })
})

describe("damaged bytes", () => {
  it("that end too early give every value before the end, then an Error", () => {
    const batch = encodeBatch(values)
    for (let length = 0; length < batch.bytes.length; length++) {
      const read = readThrough(batch.kind, batch.bytes.subarray(0, length), values.length)
      expect(read.length).toBeLessThanOrEqual(values.length)
    }
    for (const [values, bytes] of [[[1, 2, 3], 9] as const, [[1, 2, 3.5], 17] as const]) {
      const numbers = encodeBatch(values)
      expect(readThrough(numbers.kind, numbers.bytes.subarray(0, bytes), 3)).toEqual([1, 2])
    }
    expect(readThrough(PayloadKind.framed, frames().subarray(0, 60), values.length)[0]).toStrictEqual(values[0])
  })

  it("in one frame concern that value alone", () => {
    const bytes = frames()
    bytes[4] = 77
    const reader = new BatchReader(PayloadKind.framed, bytes, values.length)
    expect(() => reader.next()).toThrow(/can't be decoded/)
    expect(reader.broken).toBe(false)
    expect(reader.next()).toBe("text")
  })

  it("in a batch make the rest unreadable, and say so", () => {
    const { kind, bytes } = encodeBatch(["a", "b", "c"])
    const damaged = Buffer.from(bytes)
    damaged[damaged.indexOf("b") - 2] = 1
    const reader = new BatchReader(kind, damaged, 3)
    expect(reader.next()).toBe("a")
    expect(() => reader.next()).toThrow(/can't be decoded/)
    expect(reader.broken).toBe(true)
    expect(() => reader.next()).toThrow(/one before it/)
  })

  it("never do more than throw an Error, wherever a byte is changed", () => {
    const batch = encodeBatch(values)
    const all = [
      { kind: batch.kind, bytes: Buffer.from(batch.bytes) },
      { kind: PayloadKind.framed, bytes: frames() }
    ]
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.nat(), fc.nat(255), fc.nat(), fc.nat(255), (whole, at, to, at2, to2) => {
        const damaged = Buffer.from(whole.bytes)
        damaged[at % damaged.length] = to
        damaged[at2 % damaged.length] = to2
        readThrough(whole.kind, damaged, values.length)
      }),
      { numRuns: 3000 }
    )
  })

  it("never do more than throw an Error, whatever they are", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 200 }), fc.boolean(), (kind, bytes, header) => {
        readThrough(kind, header ? Buffer.concat([Buffer.from([0xff, 0x0f]), bytes]) : bytes, 5)
      }),
      { numRuns: 3000 }
    )
  })

  it("whose error would quote megabytes give a short one", () => {
    const { kind, bytes } = encodeBatch([/aaaa/])
    const source = "(".repeat(2_000_000)
    const written = encodeBatch(["x", source])
    expect(written.bytes.length).toBeGreaterThan(2_000_000)
    const head = Buffer.from(bytes).indexOf("aaaa")
    const flags = Buffer.from(bytes).subarray(head + 4)
    const length: Array<number> = []
    for (let rest = source.length; ; rest >>>= 7) {
      if (rest < 128) {
        length.push(rest)
        break
      }
      length.push((rest & 127) | 128)
    }
    const crafted = Buffer.concat([
      Buffer.from(bytes).subarray(0, head - 1),
      Buffer.from(length),
      Buffer.from(source),
      flags
    ])
    const reader = new BatchReader(kind, crafted, 1)
    let message = ""
    try {
      reader.next()
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toMatch(/can't be decoded: /)
    expect(message.length).toBeLessThan(300)
  })

  it("are not asked for more values than there are", () => {
    const { kind, bytes } = encodeBatch(["only"])
    const reader = new BatchReader(kind, bytes, 1)
    reader.next()
    expect(() => reader.next()).toThrow(/only 1/)
  })
})
