/** The one bounded line by which a failure shows an input. */

import { inspect } from "node:util"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { previewOf } from "../../packages/supervisor/src/protocol/preview.ts"

describe("a preview", () => {
  // Looked up by place: Vitest would read the getter to make a title.
  const shown: ReadonlyArray<readonly [unknown, string]> = [
    [undefined, "undefined"],
    [null, "null"],
    [-0, "-0"],
    [12n, "12n"],
    ["it's", `"it's"`],
    ["a\nb\u001b[31m", "'a\\nb\\x1B[31m'"],
    [Symbol("s"), "Symbol(s)"],
    [function named() {}, "[Function: named]"],
    [{}, "{}"],
    [[], "[]"],
    [{ id: 7, tags: ["a", "b"], "odd key": null }, `{ id: 7, tags: ['a', 'b'], "odd key": null }`],
    [new Map([["k", [1]]]), "Map(1) {'k' => [1]}"],
    [new Set([1, 2]), "Set(2) {1, 2}"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [/a/g, "/a/g"],
    [new RangeError("too far"), "RangeError: too far"],
    [
      new (class Point {
        x = 1
      })(),
      "Point { x: 1 }"
    ],
    [
      {
        get lazy() {
          throw new Error("read")
        }
      },
      "{ lazy: [Getter] }"
    ],
    [{ a: { b: { c: { d: { e: 1 } } } } }, "{ a: { b: { c: { … } } } }"],
    [new Proxy({}, {}), "[Proxy]"]
  ]
  it.each(shown.map(([, text], place) => [text, place] as const))("is %s", (text, place) => {
    expect(previewOf(shown[place]?.[0])).toBe(text)
  })

  it("shows a circle as one", () => {
    const value: Record<string, unknown> = { a: 1 }
    value.self = value
    expect(previewOf(value)).toBe("{ a: 1, self: [Circular] }")
  })

  it("is one line of at most the characters asked for, whatever the value", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true
        }),
        fc.integer({ min: 10, max: 300 }),
        (value, max) => {
          const text = previewOf(value, max)
          expect(text.length).toBeLessThanOrEqual(max)
          expect(/\p{Cc}|\p{Zl}/u.test(text)).toBe(false)
        }
      )
    )
  })

  it.each<[string, () => unknown]>([
    ["a huge string", () => "x".repeat(100_000_000)],
    ["a huge Buffer", () => Buffer.alloc(200_000_000)],
    ["a huge array", () => new Array(10_000_000).fill({ a: 1 })],
    ["a huge Map", () => new Map(Array.from({ length: 300_000 }, (_, index) => [index, index]))],
    ["a huge BigInt", () => 2n ** 10_000_000n],
    [
      "an object of many fields",
      () => Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, "v".repeat(50)]))
    ]
  ])("of %s is short and ends in a mark", (_name, make) => {
    const text = previewOf(make())
    expect(text.length).toBeLessThanOrEqual(200)
    expect(text).toMatch(/…|more|huge/)
  })

  it("reads only the beginning of a large array", () => {
    let reads = 0
    const large = new Proxy(new Array(100_000).fill(0), {
      get: (target, key) => {
        reads++
        return Reflect.get(target, key)
      }
    })
    expect(previewOf(Array.from({ length: 3 }, () => large))).toMatch(/…|more|Proxy/)
    expect(reads).toBeLessThan(1000)
  })

  it("is given also of what resists", () => {
    const bad = (): never => {
      throw new Error("no")
    }
    const error = new Error("m")
    Object.defineProperty(error, "message", { get: bad })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    for (const value of [
      error,
      proxy,
      { [Symbol.toStringTag]: 5 },
      Object.create({
        get constructor() {
          return bad()
        }
      })
    ]) {
      expect(typeof previewOf(value)).toBe("string")
    }
    expect(previewOf({ error, fine: 1 })).toMatch(/fine: 1/)
  })

  it("runs no inspector of the user's", () => {
    const value = { [Symbol.for("nodejs.util.inspect.custom")]: () => "forged", a: 1 }
    expect(previewOf(value)).toBe("{ a: 1 }")
  })

  it("shows numbers and short texts as Node's own inspect does", () => {
    const text = fc.oneof(fc.string({ maxLength: 150 }), fc.string({ unit: "binary", maxLength: 30 }))
    const value = fc.oneof(fc.double(), fc.integer(), fc.boolean(), text)
    fc.assert(
      fc.property(value, (each) => {
        // What would break the line, or end a terminal's colours, is an escape in both; inspect leaves some of it.
        const own = inspect(each, { breakLength: Infinity })
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        if (!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(own)) expect(previewOf(each, 1000)).toBe(own)
      }),
      { numRuns: 2000 }
    )
    for (let code = 0x20; code < 0x7f; code++) {
      const character = String.fromCharCode(code)
      expect(previewOf(`a${character}b`)).toBe(inspect(`a${character}b`))
    }
    expect(previewOf("x".repeat(200), 1000)).toBe(inspect("x".repeat(200), { maxStringLength: 200 }))
    expect(previewOf("x".repeat(201), 1000)).toBe(inspect("x".repeat(201), { maxStringLength: 200 }))
  })
})
