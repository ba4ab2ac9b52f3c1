/** Errors that resist being read, values thrown that are no errors: rows 3 and 34 of the promises. */

import { inspect } from "node:util"
import { deserialize, serialize } from "node:v8"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  describeError,
  type ErrorDescription,
  restoreError
} from "../../packages/supervisor/src/protocol/error-description.ts"
import "../../packages/supervisor/src/protocol/values.ts"

/** Over the wire as a message carries it: by plain v8. */
const across = (thrown: unknown): unknown =>
  restoreError(deserialize(serialize(describeError(thrown))) as ErrorDescription)

const acrossAsError = (thrown: unknown): Error & Record<string, unknown> => {
  const back = across(thrown)
  expect(back).toBeInstanceOf(Error)
  return back as Error & Record<string, unknown>
}

const bad = (): never => {
  throw new Error("no")
}

describe("a hostile error", () => {
  it.each(["message", "stack", "name", "cause", "extra", "constructor", "_tag", "code"])(
    "whose getter of %s throws loses nothing else",
    (key) => {
      const error = Object.assign(new RangeError("kept"), { status: 7 })
      Object.defineProperty(error, key, { get: bad, enumerable: key === "extra" })
      const back = acrossAsError(error)
      expect(back).toBeInstanceOf(RangeError)
      expect(back.status).toBe(7)
      if (key !== "message") expect(back.message).toBe("kept")
      expect(typeof back.stack).toBe("string")
    }
  )

  it("whose message is an object shows it", () => {
    const error = new Error()
    Object.defineProperty(error, "message", { value: { reason: "odd" } })
    expect(acrossAsError(error).message).toBe("{ reason: 'odd' }")
  })

  it.each([5, null, undefined, {}, Symbol("s")])("whose stack is %o has a stack of one line", (stack) => {
    const error = new Error("m")
    Object.defineProperty(error, "stack", { value: stack })
    expect(acrossAsError(error).stack).toBe("Error: m")
  })

  it.each([5, null, {}, "", Symbol("s")])("whose name is %o has its class's", (name) => {
    const error = new TypeError("m")
    Object.defineProperty(error, "name", { value: name })
    expect(acrossAsError(error).name).toBe("TypeError")
  })

  it("that is frozen comes back, and can be changed", () => {
    const back = acrossAsError(Object.freeze(Object.assign(new Error("cold"), { a: 1 })))
    expect(back.a).toBe(1)
    expect(Object.isFrozen(back)).toBe(false)
  })

  it("that is a Proxy of an error is read through it", () => {
    expect(acrossAsError(new Proxy(new TypeError("behind"), {}))).toMatchObject({ message: "behind" })
  })

  it("that is a Proxy whose every trap throws is described", () => {
    const traps = new Proxy({}, { get: () => bad })
    for (const target of [new Error("x"), {}, () => {}]) {
      expect(typeof across(new Proxy(target, traps))).toBe("string")
      expect(describeError(new Proxy(target, traps)).message).toMatch(/Proxy/)
    }
    const { proxy, revoke } = Proxy.revocable(new Error("gone"), {})
    revoke()
    expect(across(proxy)).toMatch(/Proxy/)
  })

  it("with an own property __proto__ changes no prototype", () => {
    const error = Object.defineProperty(new Error("m"), "__proto__", { value: { evil: 1 }, enumerable: true })
    const back = acrossAsError(error)
    expect(Object.getPrototypeOf(back)).toBe(Error.prototype)
    expect(Object.hasOwn(back, "__proto__")).toBe(true)
  })

  it("with errors that are no list has none", () => {
    for (const errors of [5, null, new Proxy([], { get: bad })]) {
      const error = new AggregateError([], "m")
      Object.defineProperty(error, "errors", { value: errors })
      expect(acrossAsError(error).errors).toEqual([])
    }
  })

  it("stays bounded, however large it is", () => {
    const error = new Error("m".repeat(10_000_000), { cause: new Error("inner", { cause: "c".repeat(10_000_000) }) })
    Object.assign(error, { big: "x".repeat(50_000_000), list: new Array(1_000_000).fill("abc"), small: 1 })
    Object.defineProperty(error, "stack", { value: "s".repeat(10_000_000) })
    const description = describeError(error)
    expect(serialize(description).length).toBeLessThan(2_000_000)
    const back = restoreError(description) as Error & Record<string, unknown>
    expect(back.message).toMatch(/^m{65536}… \[9934464 more characters left out\]$/)
    expect(back.stack).toMatch(/more characters left out\]$/)
    expect(back.small).toBe(1)
    expect(back.list).toEqual(expect.stringMatching(/^\['abc'/))
    expect((back.cause as Error).message).toBe("inner")
  })

  it("stays bounded, however many errors it gathers", () => {
    const wide = (depth: number): AggregateError =>
      new AggregateError(depth === 0 ? [] : Array.from({ length: 30 }, () => wide(depth - 1)), "wide")
    expect(serialize(describeError(wide(3))).length).toBeLessThan(6_000_000)
  })
})

describe("something thrown that is no error", () => {
  it.each([undefined, null, "text", "", 0, -0, Number.NaN, 5n, true, { a: [1] }, [1, 2], new Map([[1, 2]])])(
    "comes back as itself: %o",
    (thrown) => {
      expect(across(thrown)).toStrictEqual(thrown)
    }
  )

  it.each<[unknown, string]>([
    [Symbol("s"), "Symbol(s)"],
    [function named() {}, "[Function: named]"],
    [Promise.resolve(1), "Promise { 1 }"]
  ])("and can't cross comes back as a text: %o", (thrown, text) => {
    expect(across(thrown)).toBe(text)
  })

  it("keeps the fields that can cross", () => {
    expect(
      across({
        status: 500,
        retry: function again() {},
        get bad() {
          return bad()
        }
      })
    ).toStrictEqual({
      status: 500,
      retry: "[Function: again]",
      bad: "[its getter throws]"
    })
  })

  it.each([undefined, null, "text", 5, Symbol("s"), {}, [], () => 1])(
    "has a name and a message to show: %o",
    (thrown) => {
      const { name, message } = describeError(thrown)
      expect(name).not.toBe("")
      expect(typeof message).toBe("string")
    }
  )

  it("and is too large comes back as a text", () => {
    expect(across("x".repeat(1_000_000))).toMatch(/more characters left out\]$/)
    expect(across(new Array(1_000_000).fill(7))).toMatch(/^\[7, 7/)
  })
})

describe("whatever is thrown", () => {
  it("neither describing nor restoring it throws", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true
    })
    fc.assert(
      fc.property(anything, anything, anything, fc.string(), (a, b, c, key) => {
        const error = Object.assign(new Error("x", { cause: a }), { b, [`own ${key}`]: c })
        const back = acrossAsError(error)
        expect(back.cause).toStrictEqual(structuredClone(a))
        expect(back[`own ${key}`]).toStrictEqual(structuredClone(c))
        expect(inspect(across(a))).toBe(inspect(structuredClone(a)))
      }),
      { numRuns: 300 }
    )
  })

  it("a spoiled description gives an Error that says so", () => {
    for (const spoiled of [undefined, null, 5, {}, { kind: "error" }, { kind: "value", bytes: Buffer.from([200]) }]) {
      expect(restoreError(spoiled as unknown as ErrorDescription)).toMatchObject({
        message: expect.stringMatching(/could not be restored/)
      })
    }
  })

  it("leaves nothing behind for the next: a failure in the middle does not shift later ones", () => {
    describeError(new Proxy(new Error("x"), { ownKeys: bad, get: bad }))
    const error = new Error("fresh", { cause: new Error("cause") })
    expect((acrossAsError(error).cause as Error).message).toBe("cause")
  })
})
