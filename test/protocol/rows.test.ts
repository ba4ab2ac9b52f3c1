/** Values that cross as rows: what arrives is what v8's structured clone gives, whatever shapes are mixed. */
import { deepStrictEqual } from "node:assert/strict"
import { execFileSync } from "node:child_process"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { encodeRows } from "../../packages/supervisor/src/protocol/row-batch.ts"
import { RowWriter } from "../../packages/supervisor/src/protocol/row-writer.ts"
import { BatchReader, encodeBatch, PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"
import { mixed, tree } from "./trees.ts"

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

/** What structured clone would make of a Buffer is a Uint8Array; here it stays one. */
const asStructuredCloneWithBuffers = (values: ReadonlyArray<{ readonly blob: Buffer }>): void => {
  const expected = values.map((value) => ({ ...structuredClone(value), blob: Buffer.from(value.blob) }))
  deepStrictEqual(across(values), expected)
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

  it("are what documents of many parts become, whose numbers, bytes and long lists lie among them", () => {
    const documents = Array.from({ length: 40 }, (_, id) => ({
      id,
      owner: { name: `person ${id}`, roles: ["a", "b"] },
      items: Array.from({ length: 100 + id }, (_, at) => ({ at, price: at / 2, tags: [`t${at}`, "u"] })),
      scores: Array.from({ length: 300 }, (_, at) => at / (id + 1)),
      counts: Array.from({ length: 300 }, (_, at) => at * id),
      words: Array.from({ length: 300 }, (_, at) => `${at % 7}`),
      hash: new Uint8Array(32).fill(id),
      blob: Buffer.from(`blob ${id}`)
    }))
    expect(encodeBatch(documents).kind).toBe(PayloadKind.rows)
    asStructuredCloneWithBuffers(documents)
  })

  it("are no more than so deep, so many or so long: what is beyond crosses all the same", () => {
    const nested = (levels: number): object => {
      let value: object = { end: true }
      for (let level = 1; level < levels; level++) value = { value }
      return value
    }
    const kinds = [
      nested(64),
      nested(65),
      new Array(65_535).fill(0).map(() => ({})),
      new Array(65_536).fill(0).map(() => ({}))
    ]
    const long = [new Array(65_536).fill("x"), new Array(65_537).fill("x"), new Uint8Array(4096), new Uint8Array(4097)]
    for (const [at, value] of [...kinds, ...long].entries()) {
      expect(encodeRows([value], 0, 1) === undefined).toBe(at % 2 === 1)
      asStructuredClone([value], across)
    }
  })

  it("keep one object one wherever it stands twice in a value of many", () => {
    for (const many of [2, 60, 64, 65, 200]) {
      const parts = Array.from({ length: many }, (_, id) => ({ id }))
      for (const twice of [0, many - 1]) {
        const [back] = across([[...parts, parts[twice]]]) as [Array<object>]
        expect(back[many]).toBe(back[twice])
        expect(across([parts, parts])).toStrictEqual([parts, parts])
      }
    }
  })

  it("leave holes and named properties of long arrays, shared and detached bytes to v8", () => {
    const sparse = Array.from({ length: 300 }, (_, at) => `${at}`)
    delete sparse[299]
    const named = Object.assign(new Array(300).fill("x"), { of: "it" })
    const numbered = Object.assign(new Array(300).fill(1), { of: "it" })
    const back = across([{ sparse, named, numbered }]) as [{ sparse: object; named: object; numbered: object }]
    expect(Object.keys(back[0].sparse)).toHaveLength(299)
    expect(back[0].named).toHaveProperty("of", "it")
    expect(back[0].numbered).toHaveProperty("of", "it")
    expect(encodeBatch([{ at: new Uint8Array(new SharedArrayBuffer(4)) }]).refused?.message).toMatch(
      /SharedArrayBuffer/
    )
    const gone = new Uint8Array(4)
    structuredClone(gone, { transfer: [gone.buffer] })
    expect(encodeBatch([{ at: gone }]).refused?.message).toMatch(/is detached/)
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
