/** Values that cross as rows: what arrives is what v8's structured clone gives, whatever shapes are mixed. */
import { deepStrictEqual } from "node:assert/strict"
import { execFileSync } from "node:child_process"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { encodeRows } from "../../packages/supervisor/src/protocol/row-batch.ts"
import { RowWriter } from "../../packages/supervisor/src/protocol/row-writer.ts"
import { BatchReader, encodeBatch, PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"

const readAll = (kind: PayloadKind, bytes: Uint8Array, count: number): Array<unknown> => {
  const reader = new BatchReader(kind, bytes, count)
  return Array.from({ length: count }, () => reader.next())
}

const asRows = (values: ReadonlyArray<unknown>): Array<unknown> => {
  const rows = encodeRows(values, 0, values.length)
  if (rows === undefined) throw new Error("they are no rows")
  if (rows.refused !== undefined) throw rows.refused
  return readAll(PayloadKind.rows, rows.bytes, rows.count)
}

const across = (values: ReadonlyArray<unknown>): Array<unknown> => {
  const { kind, bytes, count, refused } = encodeBatch(values)
  if (refused !== undefined) throw refused
  return readAll(kind, bytes, count)
}

/** As a worker's page takes them: one after another, whatever they are, into an area that does not grow. */
const throughArea = (values: ReadonlyArray<unknown>): Array<unknown> => {
  const writer = new RowWriter(Buffer.alloc(1 << 20), false)
  for (const value of values) if (!writer.put(value) && !writer.putLone(value)) throw new Error("no room")
  return readAll(PayloadKind.rows, Buffer.from(writer.written), values.length)
}

const odd = [
  "",
  "a",
  "b",
  "id",
  "name",
  "constructor",
  "__proto__",
  "toString",
  "0",
  "1",
  "length",
  "then",
  "\u2028'\"`${}",
  "日本",
  "\ud800"
]
const key = fc.oneof(fc.constantFrom(...odd), fc.string({ maxLength: 4, unit: "binary" }))
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    -0,
    0,
    127,
    128,
    -128,
    -129,
    2 ** 31,
    -(2 ** 31),
    Number.NaN,
    Number.POSITIVE_INFINITY
  ),
  fc.double(),
  fc.integer(),
  fc.constantFrom("", "same", "a".repeat(12), "a".repeat(13), "é".repeat(41), "x".repeat(300), "\ud800", "日本 🎉"),
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.date({ noInvalidDate: false }),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 3 })
)
const tree = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3, depthSize: "small" }, leaf, tie("object"), tie("array"), tie("map")),
  array: fc.array(tie("value"), { maxLength: 10 }),
  map: fc.array(fc.tuple(leaf, tie("value")), { maxLength: 2 }).map((entries) => new Map(entries)),
  object: fc.tuple(fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }), fc.boolean()).map(([fields, bare]) => {
    const object = bare ? Object.create(null) : {}
    for (const [name, value] of fields)
      Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
    return object
  })
})).value

/** Objects of a few shapes in any order, as programs have them. */
const mixed = fc
  .tuple(
    fc.array(fc.array(key, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(2), fc.array(tree, { maxLength: 4 })), { maxLength: 30 })
  )
  .map(([shapes, rows]) =>
    rows.map(([nth, cells]) => {
      const object: Record<string, unknown> = {}
      const keys = shapes[nth % shapes.length] ?? []
      keys.forEach((name, at) => {
        Object.defineProperty(object, name, { value: cells[at], enumerable: true, writable: true, configurable: true })
      })
      return object
    })
  )

/** The order of keys, too, which equality does not look at. */
const shown = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value
  if (value instanceof Map) return [...value].map(shown)
  return Object.entries(value).map(([name, member]) => [name, shown(member)])
}

const asStructuredClone = (values: ReadonlyArray<unknown>, cross: typeof across): void => {
  const expected = values.map((value) => structuredClone(value))
  const arrived = cross(values)
  // Not the matcher: to it a field called `constructor` is the object's class.
  deepStrictEqual(arrived, expected)
  expect(arrived.map(shown)).toStrictEqual(expected.map(shown))
}

describe("values that cross as rows", () => {
  it("arrive as structured clone gives them, whatever trees they are", () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 12 }), (values) => asStructuredClone(values, across)),
      { numRuns: 300 }
    )
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 12 }), (values) => asStructuredClone(values, throughArea)),
      { numRuns: 300 }
    )
  })

  it("arrive as structured clone gives them, whatever shapes are mixed", () => {
    fc.assert(
      fc.property(mixed, (values) => asStructuredClone(values, across)),
      { numRuns: 200 }
    )
    fc.assert(
      fc.property(mixed, (values) => asStructuredClone(values, throughArea)),
      { numRuns: 200 }
    )
  })

  it("are what small objects of one shape become, in a third of the bytes", () => {
    const people = Array.from({ length: 300 }, (_, id) => ({
      id,
      name: `person ${id}`,
      at: { x: id, y: -id },
      tags: ["a", "b"]
    }))
    const { kind, bytes } = encodeBatch(people)
    expect(kind).toBe(PayloadKind.rows)
    expect(bytes.length).toBeLessThan(people.length * 35)
    expect(across(people)).toStrictEqual(people)
  })

  it("share nothing, though they were one object, and keep what one value holds twice one", () => {
    const part = { n: 1 }
    const [first, second, third] = asRows([{ part }, { part }, { part }]) as Array<{ part: { n: number } }>
    if (first === undefined) throw new Error("nothing came")
    first.part.n = 2
    expect([second, third]).toStrictEqual([{ part }, { part }])
    const twice = across([{ a: part, b: part }]) as Array<{ a: object; b: object }>
    expect(twice[0]?.a).toBe(twice[0]?.b)
    const ring: { self?: object } = {}
    ring.self = ring
    const [back] = across([ring]) as Array<typeof ring>
    expect(back?.self).toBe(back)
  })

  it("keep no inherited field, though the one before had it of its own", () => {
    const parent = { extra: 1 }
    const heir = Object.assign(Object.create(parent), { id: 2 })
    expect(across([{ id: 1, extra: 1 }, heir, { id: 3, extra: 3 }])).toStrictEqual([
      { id: 1, extra: 1 },
      { id: 2 },
      { id: 3, extra: 3 }
    ])
  })

  it("keep an array's holes and named properties, and a Map's nature", () => {
    const sparse = Array.of(1, 2, 3)
    delete sparse[1]
    const named = Object.assign([1], { of: "it" })
    const disguised = Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype)
    const values = [{ at: [1, 2, 3] }, { at: sparse }, { at: named }, { at: disguised }]
    const back = across(values) as Array<{ at: object }>
    expect(Object.keys(back[1]?.at ?? {})).toEqual(["0", "2"])
    expect(back[2]?.at).toHaveProperty("of", "it")
    expect(back[3]?.at).toStrictEqual(new Map([[1, 2]]))
  })

  it("read getters, also one that takes a field away or throws", () => {
    const fleeting = {
      get a() {
        return delete (this as { b?: number }).b
      },
      b: 1 as number | undefined
    }
    const [kept, gone] = across([{ a: 1, b: 2 }, fleeting])
    expect([kept, gone]).toStrictEqual([{ a: 1, b: 2 }, { a: true }])
    const throwing = {
      a: 1,
      get b() {
        throw new Error("no b")
      }
    }
    const { count, refused } = encodeBatch([{ a: 1, b: 2 }, throwing, { a: 3, b: 4 }])
    expect(count).toBe(1)
    expect(refused).toMatchObject({ path: ".b", message: expect.stringContaining("no b") })
  })

  it("stop before what can't cross, and go on behind it in a worker's page", () => {
    const writer = new RowWriter(Buffer.alloc(1000), false)
    expect(writer.put({ fresh: "x", other: 1 })).toBe(true)
    const bad = { unseen: "y", part: { deeper: () => 1 } }
    expect(writer.put(bad)).toBe(false)
    expect(() => writer.putLone(bad)).toThrow(/is a function/)
    expect(writer.put({ unseen: "y", n: 2 })).toBe(true)
    expect(writer.put({ fresh: "x", other: 1 })).toBe(true)
    const back = readAll(PayloadKind.rows, Buffer.from(writer.written), 3)
    expect(back).toStrictEqual([
      { fresh: "x", other: 1 },
      { unseen: "y", n: 2 },
      { fresh: "x", other: 1 }
    ])
  })

  it("keep what was written before, at every size of a page that is too small", () => {
    const values = [
      { id: 1, name: "first" },
      { id: 2, name: "second", at: [1, "x"] },
      new Map([[1, "y"]]),
      { id: 3, name: "日本" }
    ]
    const whole = new RowWriter(Buffer.alloc(1000), false)
    for (const value of values) if (!whole.put(value)) whole.putLone(value)
    for (let size = 0; size < whole.end; size++) {
      const writer = new RowWriter(Buffer.alloc(size), false)
      let count = 0
      let end = 0
      while (count < values.length && (writer.put(values[count]) || (!writer.full && writer.putLone(values[count])))) {
        count++
        end = writer.end
      }
      expect(count).toBeLessThan(values.length)
      expect(readAll(PayloadKind.rows, Buffer.from(writer.written.subarray(0, end)), count)).toStrictEqual(
        values.slice(0, count)
      )
    }
  })

  it("cross where a program forbids code made from strings", () => {
    const source = new URL("../../packages/supervisor/src/protocol/values.ts", import.meta.url).href
    const script = `
      const { encodeBatch, BatchReader } = await import(${JSON.stringify(source)})
      const values = Array.from({ length: 50 }, (_, id) => ({ id, at: { x: id } }))
      const { kind, bytes } = encodeBatch(values)
      const reader = new BatchReader(kind, bytes, 50)
      process.stdout.write(JSON.stringify([kind, JSON.stringify(values.map(() => reader.next())) === JSON.stringify(values)]))`
    const flags = ["--disallow-code-generation-from-strings", "--conditions=holdfast-source", "--input-type=module"]
    const printed = execFileSync(process.execPath, [...flags, "-e", script], { encoding: "utf8" })
    expect(JSON.parse(printed)).toEqual([PayloadKind.rows, true])
  })
})
