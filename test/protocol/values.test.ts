/** What arrives of values that cross: round trips, fixed and generated. Refusals are `values-refusals.test.ts`. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decodeLone, encodeLone } from "../../packages/supervisor/src/protocol/lone-value.ts"
import { BatchReader, encodeBatch, type PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"
import { float16Arrays, numberArrays } from "./typed-arrays.ts"

const readAll = (kind: PayloadKind, bytes: Uint8Array, count: number): Array<unknown> => {
  const reader = new BatchReader(kind, bytes, count)
  return Array.from({ length: count }, () => reader.next())
}

const across = (values: ReadonlyArray<unknown>): Array<unknown> => {
  const { kind, bytes, count, refused } = encodeBatch(values)
  if (refused !== undefined) throw refused
  return readAll(kind, bytes, count)
}

const alone = (value: unknown): unknown => decodeLone(encodeLone(value))

/** Both ways a value can be encoded. */
const ways: ReadonlyArray<readonly [string, (value: unknown) => unknown]> = [
  ["in a batch", (value) => across(["first", value])[1]],
  ["by itself", alone]
]

class Point {
  readonly x: number
  readonly y: number
  #secret = 1
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
  get sum(): number {
    return this.x + this.y + this.#secret
  }
}

class Tagged extends Map<string, number> {}

describe.each(ways)("a value that crosses %s", (_way, cross) => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a boolean", false],
    ["an integer", -2147483648],
    ["a number beyond 32 bits", 2 ** 53],
    ["NaN", Number.NaN],
    ["minus zero", -0],
    ["minus infinity", Number.NEGATIVE_INFINITY],
    ["a BigInt", -(2n ** 200n)],
    ["an empty string", ""],
    ["a latin-1 string", "café ÿ\u0000"],
    ["a string beyond latin-1", "日本 🎉"],
    ["a lone surrogate", "a\ud800b"],
    ["a long string", "ab".repeat(50_000)],
    ["an invalid Date", new Date(Number.NaN)],
    ["a Date", new Date(86_400_000)],
    ["a RegExp", /a(?<n>b)/giu],
    [
      "a Map",
      new Map<unknown, unknown>([
        ["a", 1],
        [{ k: 1 }, new Set([1])]
      ])
    ],
    ["a Set", new Set<unknown>(["a", [1]])],
    ["boxed primitives", [Object(1n), Object("s"), Object(1), Object(true)]],
    ["an ArrayBuffer", new Uint8Array([1, 2, 3]).buffer],
    ["nested plain data", { a: [{ b: { c: [null, undefined, -0, "x"] } }], "": 1, "odd key": 2, 7: 3 }],
    ["an object with a key __proto__", JSON.parse('{"__proto__": {"a": 1}, "b": 2}')]
  ])("keeps %s", (_name, value) => {
    expect(cross(value)).toStrictEqual(value)
  })

  it("keeps the holes and the length of a sparse array", () => {
    const sparse = [1]
    sparse[5] = 2
    const back = cross(sparse) as Array<number>
    expect(Object.keys(back)).toEqual(["0", "5"])
    expect(back.length).toBe(6)
    const huge: Array<number> = []
    huge[4_000_000_000] = 7
    const hugeBack = cross({ huge }) as { huge: Array<number> }
    expect(hugeBack.huge.length).toBe(4_000_000_001)
    expect(hugeBack.huge[4_000_000_000]).toBe(7)
  })

  it("keeps the named properties of an array", () => {
    const match = /(?<digit>\d)/.exec("a1")
    const back = cross(match) as RegExpExecArray
    expect([back[1], back.index, back.input]).toEqual(["1", 1, "a1"])
  })

  it("keeps circular and shared references", () => {
    const shared = { s: 1 }
    const value: Record<string, unknown> = { a: shared, b: [shared], map: new Map() }
    value.self = value
    ;(value.map as Map<unknown, unknown>).set(shared, value)
    const back = cross(value) as typeof value
    expect(back.self).toBe(back)
    expect((back.b as Array<unknown>)[0]).toBe(back.a)
    expect((back.map as Map<unknown, unknown>).get(back.a)).toBe(back)
  })

  it.each([...numberArrays, ...float16Arrays])("keeps a %o and copies no more than it shows", (Kind) => {
    const whole = new Kind(1000).fill(7)
    const back = cross({ part: whole.subarray(500, 503) }) as { part: InstanceType<typeof Kind> }
    expect(back.part).toBeInstanceOf(Kind)
    expect([...back.part]).toEqual([7, 7, 7])
    expect(back.part.buffer.byteLength).toBe(3 * Kind.BYTES_PER_ELEMENT)
  })

  it("keeps BigInt arrays and DataViews", () => {
    const value = { signed: new BigInt64Array([-1n]), view: new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2) }
    const back = cross(value) as typeof value
    expect(back.signed).toStrictEqual(value.signed)
    expect([back.view.byteLength, back.view.getUint8(0), back.view.getUint8(1)]).toEqual([2, 2, 3])
  })

  it("keeps a Buffer a Buffer, whose bytes are its own", () => {
    const value = { bytes: Buffer.from("hello") }
    const back = cross(value) as typeof value
    expect(Buffer.isBuffer(back.bytes)).toBe(true)
    expect(back.bytes.toString()).toBe("hello")
  })

  it("makes an instance of the user's class a plain object of its own fields", () => {
    expect(cross(new Point(1, 2))).toStrictEqual({ x: 1, y: 2 })
    const back = cross(new Tagged([["a", 1]])) as Map<string, number>
    expect(back).toEqual(new Map([["a", 1]]))
  })

  it("ignores symbol keys and fields that are not enumerable", () => {
    const value = Object.defineProperty({ [Symbol("s")]: () => 1, a: 1 }, "hidden", { value: () => 1 })
    expect(Object.keys(cross(value) as object)).toEqual(["a"])
  })

  it("ignores toJSON where it is inherited", () => {
    class Money {
      cents = 5
      toJSON(): string {
        return "5 cents"
      }
    }
    expect(cross(new Money())).toStrictEqual({ cents: 5 })
  })

  it("keeps a value of 1500 levels", () => {
    let value: { deeper?: unknown } = {}
    for (let level = 0; level < 1500; level++) value = { deeper: value }
    let back = cross(value) as typeof value
    let levels = 0
    for (; back.deeper !== undefined; levels++) back = back.deeper as typeof value
    expect(levels).toBe(1500)
  })

  it("does not change the object it was given", () => {
    const value = Object.freeze({ list: Object.freeze([Object.freeze(new Error("kept"))]) })
    cross(value)
    expect(value.list[0]).toBeInstanceOf(Error)
  })
})

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withBoxedValues: true,
  withNullPrototype: false,
  maxDepth: 4
})

describe("any values", () => {
  it("arrive as structured clone would have them, batched", () => {
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 8 }), (values) => {
        expect(across(values)).toStrictEqual(values.map((value) => structuredClone(value)))
      }),
      { numRuns: 300 }
    )
  })

  it("arrive as structured clone would have them, each by itself", () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(alone(value)).toStrictEqual(structuredClone(value))
      }),
      { numRuns: 500 }
    )
  })

  it("arrive whatever part of a list is sent", () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 10 }), fc.nat(10), fc.nat(10), (values, a, b) => {
        const from = Math.min(a, b, values.length)
        const to = Math.min(Math.max(a, b), values.length)
        const { kind, bytes, count } = encodeBatch(values, from, to)
        expect(count).toBe(to - from)
        expect(readAll(kind, bytes, count)).toStrictEqual(values.slice(from, to).map((value) => structuredClone(value)))
      }),
      { numRuns: 200 }
    )
  })
})
