import { describe, expect, it } from "vitest"
import { returnsFunction } from "../fixtures/faulty.ts"
import { echo, square } from "../fixtures/plain.ts"
import { failureOf, places, sharedIn, upTo } from "./places.ts"

const circular: { name: string; self?: unknown } = { name: "circular" }
circular.self = circular
const withHole = [1, 2, 3]
delete withHole[1]
const shared = { deep: [1, 2] }

const values: ReadonlyArray<[string, unknown]> = [
  ["undefined", undefined],
  ["null", null],
  ["NaN", Number.NaN],
  ["negative zero", -0],
  ["an infinite number", Number.NEGATIVE_INFINITY],
  ["a BigInt", 2n ** 70n],
  ["an empty string", ""],
  ["a string beyond ASCII", "schön 🙂 \u0000 \ud800"],
  ["a long string", "x".repeat(1_000_000)],
  ["a Date", new Date(86_400_000)],
  ["a regular expression", /a+b/giu],
  [
    "a Map, in a Map",
    new Map<unknown, unknown>([
      ["a", new Map([[{ k: 1 }, [1n]]])],
      [1, undefined]
    ])
  ],
  ["a Set", new Set([1, "1", 1n, undefined])],
  ["an object with every kind of key", { "": 1, 0: "zero", "a.b": null, __proto__null: true }],
  ["an array with a hole", withHole],
  ["a circular object", circular],
  ["an object twice", [shared, shared]],
  ["bytes", Uint8Array.from(upTo(300))],
  ["an empty typed array", new Float32Array(0)],
  ["numbers", Float64Array.of(1.5, Number.NaN, -0)],
  ["BigInts", BigInt64Array.of(-1n, 2n)],
  ["an ArrayBuffer", new Uint16Array([1, 2, 3]).buffer],
  ["a DataView", new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
  ["a boxed primitive", Object("text")],
  ["half a megabyte", new Uint8Array(500_000).fill(7)]
]

describe.each(places)("values that cross, $isolation", (place) => {
  const lone = sharedIn(place, { workers: 1 })

  it("ten megabytes", async () => {
    const large = new Uint8Array(10_000_000).fill(7)
    const back = await lone().run(echo, large)
    // Byte by byte, as toEqual does it, takes seconds.
    expect(back).toBeInstanceOf(Uint8Array)
    expect(Buffer.compare(back as Uint8Array, large)).toBe(0)
  })

  it.each(values)("%s", async (_, value) => {
    const [inObject, inArray] = await lone().map(echo, [{ value }, [value, value]])
    expect(inObject).toEqual({ value })
    expect(inArray).toEqual([value, value])
    const alone = await lone().run(echo, value)
    expect(alone).toEqual(value)
    if (typeof value === "object" && value !== null) {
      expect(alone).not.toBe(value)
      expect(Object.prototype.toString.call(alone)).toBe(Object.prototype.toString.call(value))
    } else expect(Object.is(alone, value)).toBe(true)
  })

  it("ten megabytes, both ways", async () => {
    const value = Buffer.alloc(10_000_000, "ten megabytes")
    const back = (await lone().run(echo, { value })) as { value: Uint8Array }
    // One by one, an assertion would look at them for seconds.
    expect(value.equals(back.value)).toBe(true)
  })

  it("keep what they share, and their circles", async () => {
    const [one, other] = (await lone().run(echo, [shared, shared])) as [unknown, unknown]
    expect(one).toBe(other)
    const back = (await lone().run(echo, circular)) as typeof circular
    expect(back.self).toBe(back)
  })

  it("as a Buffer are bytes all the same", async () => {
    const back = (await lone().run(echo, Buffer.from("bytes"))) as Uint8Array
    expect(back).toBeInstanceOf(Uint8Array)
    expect(Buffer.from(back).toString()).toBe("bytes")
  })

  it("with errors inside keep their kind, their cause and their own properties", async () => {
    const error = Object.assign(new RangeError("of a range", { cause: new Error("behind it") }), { code: "E_RANGE" })
    const many = new AggregateError([error, "text"], "several")
    const back = (await lone().run(echo, { error, in: new Map([["many", many]]) })) as {
      error: RangeError & { code: string }
      in: Map<string, AggregateError>
    }
    expect(back.error).toBeInstanceOf(RangeError)
    expect(back.error).toMatchObject({ message: "of a range", code: "E_RANGE", cause: { message: "behind it" } })
    expect(back.in.get("many")).toBeInstanceOf(AggregateError)
    expect(back.in.get("many")?.errors).toMatchObject([{ message: "of a range", code: "E_RANGE" }, "text"])
  })

  it("of a class arrive as plain objects", async () => {
    class Pair {
      readonly left = 1
      readonly right = 2
    }
    const back = await lone().run(echo, new Pair())
    expect(back).toEqual({ left: 1, right: 2 })
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
  })

  it("are copies: what a caller changes afterwards, no job sees", async () => {
    const input = { n: 1 }
    const handle = lone().submit(echo, input)
    await handle.wait(20_000)
    input.n = 2
    expect(handle.poll()).toMatchObject({ value: { n: 1 } })
  })

  it.each([
    ["a function", () => 1, "is a function"],
    ["a symbol", Symbol("mine"), "is a symbol"],
    ["a promise", Promise.resolve(1), "promise"],
    ["a WeakMap", new WeakMap(), "WeakMap"],
    ["a Request", new Request("http://localhost"), "Request"]
  ])("but for %s, whose place is named", async (_, value, what) => {
    expect(await failureOf(lone().run(echo, { list: [new Map([["key", value]])] }))).toMatchObject({
      _tag: "NotSerializable",
      side: "input",
      path: expect.stringMatching(/^input\.list\[0\]/),
      message: expect.stringContaining(what)
    })
    expect(await failureOf(lone().run(echo, value))).toMatchObject({ _tag: "NotSerializable", path: "input" })
  })

  it("and in a result the place is named, too, and its worker goes on", async () => {
    expect(await failureOf(lone().run(returnsFunction, undefined))).toMatchObject({
      _tag: "NotSerializable",
      side: "output",
      path: "result.items[0].onClick",
      message: expect.stringContaining("is a function")
    })
    expect(await lone().run(square, 2)).toBe(4)
    expect(lone().workers[0]?.restarts).toBe(0)
  })
})
