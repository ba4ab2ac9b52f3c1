/** Where in a value the thing stands that can't cross, and in which batch. What it is: `values-refusals.test.ts`. */
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import { encodeLone } from "../../packages/supervisor/src/protocol/lone-value.ts"
import { BatchReader, encodeBatch, PayloadKind, Unserializable } from "../../packages/supervisor/src/protocol/values.ts"

const refusalOf = (value: unknown): Unserializable => {
  const { refused, count } = encodeBatch([value])
  expect(count).toBe(0)
  expect(refused).toBeInstanceOf(Unserializable)
  let alone: unknown
  try {
    encodeLone(value)
  } catch (error) {
    alone = error
  }
  expect(alone).toBeInstanceOf(Unserializable)
  expect((alone as Unserializable).path).toBe(refused?.path)
  return refused as Unserializable
}

describe("a refusal comes with the path", () => {
  it.each<[string, () => unknown, string]>([
    ["in an odd key", () => ({ "a b": { "": Symbol() } }), '["a b"][""]'],
    ["in a Map's value", () => ({ map: new Map([["key", [Symbol()]]]) }), '.map.get("key")[0]'],
    ["under a number as a Map's key", () => new Map([[7, Symbol()]]), ".get(7)"],
    ["under an object as a Map's key", () => new Map([[{}, Symbol()]]), ".values()[0]"],
    [
      "as a Map's key",
      () =>
        new Map<unknown, unknown>([
          [1, 1],
          [() => 1, 2]
        ]),
      ".keys()[1]"
    ],
    ["in a Set", () => ({ tags: new Set<unknown>(["a", "b", () => 1]) }), ".tags[...set][2]"],
    [
      "in a named property of an array",
      () => ({ list: Object.assign([1, 2], { extra: new Headers() }) }),
      ".list.extra"
    ],
    ["beside many elements", () => Object.assign(new Array(5000).fill(1), { extra: new Headers() }), ".extra"],
    ["beside 200 elements", () => Object.assign(new Array(200).fill(1), { extra: new Headers() }), ".extra"],
    ["beside holes", () => Object.assign(new Array(3), { 1: 1, extra: new Headers() }), ".extra"],
    [
      "far out in a sparse array",
      () => {
        const list: Array<unknown> = []
        list[3_000_000_000] = { f: () => 1 }
        return { list }
      },
      ".list[3000000000].f"
    ],
    [
      "after many holes",
      () => {
        const list: Array<unknown> = []
        list[20_000] = () => 1
        return list
      },
      "[20000]"
    ],
    [
      "in an instance of a class",
      () =>
        new (class Box {
          inner = { f: () => 1 }
        })(),
      ".inner.f"
    ],
    ["in an object without prototype", () => Object.assign(Object.create(null), { f: () => 1 }), ".f"],
    ["in an object of another realm", () => runInNewContext("({ m: new Map([['k', () => 1]]) })"), '.m.get("k")'],
    [
      "behind a circular reference",
      () => {
        const value: Record<string, unknown> = {}
        value.self = value
        value.rest = [value, { f: () => 1 }]
        return value
      },
      ".rest[1].f"
    ],
    ["beside an error", () => ({ error: new Error("e"), f: () => 1 }), ".f"]
  ])("to what stands %s", (_name, make, path) => {
    expect(refusalOf(make()).path).toBe(path)
  })

  it("for a getter that throws, with the getter's own error", () => {
    const value = {
      list: [
        {
          get total(): number {
            throw new RangeError("no total yet")
          }
        }
      ]
    }
    const refused = refusalOf(value)
    expect(refused.path).toBe(".list[0].total")
    expect(refused.message).toMatch(/getter that throws: RangeError: no total yet/)
  })

  it("for a getter that throws what throws again when shown", () => {
    const thrown = {
      get message(): string {
        throw new Error("again")
      },
      [Symbol.toPrimitive]: () => {
        throw new Error("no")
      }
    }
    expect(
      refusalOf({
        get bad(): number {
          throw thrown
        }
      }).path
    ).toBe(".bad")
  })

  it("for a getter that throws only every other time", () => {
    let calls = 0
    const value = {
      get flaky(): number {
        if (calls++ % 2 === 1) throw new Error("odd call")
        return 1
      }
    }
    expect(encodeBatch(["before", value, "after"])).toMatchObject({ count: 1 })
  })
})

describe("a batch with a value that can't cross", () => {
  it.each([0, 1, 7, 999])("stops before number %i and keeps those before it", (bad) => {
    const values: Array<unknown> = Array.from({ length: 1000 }, (_, index) => ({ index }))
    values[bad] = { f: () => 1 }
    const { kind, bytes, count, refused } = encodeBatch(values)
    expect([count, refused?.path]).toEqual([bad, ".f"])
    const reader = new BatchReader(kind, bytes, count)
    for (let index = 0; index < count; index++) expect(reader.next()).toStrictEqual({ index })
  })

  it("counts from where it began", () => {
    const { count, refused } = encodeBatch([Symbol(), 1, 2, Symbol(), 3], 1)
    expect([count, refused?.message]).toEqual([2, "is a symbol"])
  })

  it("keeps those before it also where v8 stops halfway through the bad one", () => {
    const { kind, bytes, count, refused } = encodeBatch([{ a: 1 }, { b: new Uint8Array(new SharedArrayBuffer(4)) }, 3])
    expect([count, refused?.path]).toEqual([1, ".b"])
    expect(new BatchReader(kind, bytes, count).next()).toStrictEqual({ a: 1 })
  })

  it("keeps those before it apart where they share an object", () => {
    const shared = { n: 1 }
    const { kind, bytes, count } = encodeBatch([{ shared }, { shared }, () => 1])
    expect([count, kind]).toEqual([2, PayloadKind.framed])
    const reader = new BatchReader(kind, bytes, count)
    expect([reader.next(), reader.next()]).toStrictEqual([{ shared }, { shared }])
  })
})
