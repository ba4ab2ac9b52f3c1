/** What is left of an error after it has crossed: row 2 of the promises. Hostile ones are `error-hostile.test.ts`. */

import { isNativeError } from "node:util/types"
import { deserialize, serialize } from "node:v8"
import { runInNewContext } from "node:vm"
import { Data, Schema } from "effect"
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

const hidden = (error: object, key: string): boolean =>
  Object.getOwnPropertyDescriptor(error, key)?.enumerable === false

describe("a native error", () => {
  it.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    "%o comes back as itself",
    (Native) => {
      const error = new Native("what happened")
      const back = acrossAsError(error)
      expect(Object.getPrototypeOf(back)).toBe(Native.prototype)
      expect(isNativeError(back)).toBe(true)
      expect([back.name, back.message, back.stack]).toEqual([error.name, error.message, error.stack])
      expect(["message", "stack"].map((key) => hidden(back, key))).toEqual([true, true])
      expect(Object.keys(back)).toEqual([])
    }
  )

  it("comes back with its own properties, nested ones too", () => {
    const error = Object.assign(new Error("open"), {
      code: "ENOENT",
      errno: -2,
      details: { paths: ["/a"], at: new Date(1) }
    })
    const back = acrossAsError(error)
    expect({ ...back }).toStrictEqual({ code: "ENOENT", errno: -2, details: { paths: ["/a"], at: new Date(1) } })
  })

  it("comes back with its chain of causes, hidden as it was", () => {
    const back = acrossAsError(new Error("a", { cause: new TypeError("b", { cause: { plain: true } }) }))
    const cause = back.cause as Error
    expect(cause).toBeInstanceOf(TypeError)
    expect([cause.message, cause.cause]).toEqual(["b", { plain: true }])
    expect(hidden(back, "cause")).toBe(true)
    expect(Object.hasOwn(acrossAsError(new Error("x", { cause: undefined })), "cause")).toBe(true)
    expect(Object.hasOwn(acrossAsError(new Error("x")), "cause")).toBe(false)
  })

  it("comes back with at most ten causes, the last of which says that more is left out", () => {
    let error = new Error("innermost")
    for (let level = 0; level < 10_000; level++) error = new Error(`level ${level}`, { cause: error })
    const back = acrossAsError(error)
    let at: unknown = back
    let depth = 0
    for (; at instanceof Error; depth++) at = at.cause
    expect(depth).toBe(10)
    expect(at).toMatch(/level 9989 \[more of it left out\]/)
  })

  it("that is its own cause, or holds itself, does so again", () => {
    const error: Error & { self?: unknown; list?: unknown } = new Error("ring")
    error.cause = new Error("between", { cause: error })
    error.self = error
    error.list = [{ error }]
    const back = acrossAsError(error)
    expect((back.cause as Error).cause).toBe(back)
    expect(back.self).toBe(back)
    expect((back.list as Array<{ error: unknown }>)[0]?.error).toBe(back)
  })

  it("comes back as an AggregateError with its errors, of whatever kind", () => {
    const error = new AggregateError([new RangeError("a"), "b", Object.assign(new Error("c"), { code: 3 })], "three")
    const back = acrossAsError(error) as Error & Record<string, unknown> & { errors: Array<unknown> }
    expect(back).toBeInstanceOf(AggregateError)
    expect(back.errors[0]).toBeInstanceOf(RangeError)
    expect(back.errors[1]).toBe("b")
    expect(back.errors[2]).toMatchObject({ message: "c", code: 3 })
    expect(hidden(back, "errors")).toBe(true)
  })

  it("comes back as a SuppressedError with both of its errors", () => {
    const Suppressed = Reflect.get(globalThis, "SuppressedError") as
      | (new (
          ...args: Array<unknown>
        ) => Error)
      | undefined
    if (Suppressed === undefined) return expect(process.versions.node).toMatch(/^22\./)
    const back = acrossAsError(new Suppressed(new RangeError("later"), new TypeError("first"), "both"))
    expect(back).toBeInstanceOf(Suppressed)
    expect([back.error, back.suppressed]).toEqual([new RangeError("later"), new TypeError("first")])
  })

  it("comes back as a DOMException with its code", () => {
    const back = across(new DOMException("too slow", "TimeoutError")) as DOMException
    expect(back).toBeInstanceOf(DOMException)
    expect([back.name, back.message, back.code]).toEqual(["TimeoutError", "too slow", 23])
  })

  it("of another realm comes back as one of this", () => {
    expect(acrossAsError(runInNewContext("new RangeError('far')"))).toBeInstanceOf(RangeError)
  })

  it("that a stack overflow has thrown comes back", () => {
    const overflow = (): number => overflow() + 1
    let thrown: unknown
    try {
      overflow()
    } catch (error) {
      thrown = error
    }
    expect(acrossAsError(thrown)).toBeInstanceOf(RangeError)
  })
})

class Refused extends TypeError {
  readonly limit: number
  constructor(limit: { readonly of: number }) {
    super(`over ${limit.of}`)
    this.limit = limit.of
  }
}

class Named extends Error {
  override name = "NamedByField"
  onRetry = (): void => {}
  sym = Symbol("s")
}

describe("an error of the user's class", () => {
  it("whose constructor needs arguments is an error of the nearest native class, with its name", () => {
    const back = acrossAsError(new Refused({ of: 5 }))
    expect(back).toBeInstanceOf(TypeError)
    expect([back.name, back.message, back.limit]).toEqual(["Refused", "over 5", 5])
    expect(describeError(new Refused({ of: 5 }))).toMatchObject({ name: "Refused", message: "over 5" })
  })

  it("keeps what crosses of its properties; the rest become texts", () => {
    const back = acrossAsError(new Named("m"))
    expect([back.name, back.onRetry, back.sym]).toEqual(["NamedByField", "[Function: onRetry]", "Symbol(s)"])
    const request = Object.assign(new Error("axios"), { request: new Request("http://localhost/"), status: 500 })
    expect(acrossAsError(request)).toMatchObject({ request: expect.any(String), status: 500 })
  })

  it("keeps a tag that its class has rather than itself", () => {
    class OnPrototype extends Error {
      get _tag(): string {
        return "OnPrototype"
      }
      get code(): string {
        return "E_TAG"
      }
    }
    expect(acrossAsError(new OnPrototype("m"))).toMatchObject({ _tag: "OnPrototype", code: "E_TAG" })
  })

  it("keeps tag and fields of Effect's tagged errors", () => {
    class Missing extends Data.TaggedError("Missing")<{ readonly path: string; readonly message: string }> {}
    class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", {
      path: Schema.String,
      at: Schema.Number
    }) {}
    expect(acrossAsError(new Missing({ path: "/a", message: "no such file" }))).toMatchObject({
      _tag: "Missing",
      name: "Missing",
      path: "/a",
      message: "no such file"
    })
    expect(acrossAsError(new Unreadable({ path: "/b", at: 3 }))).toMatchObject({
      _tag: "Unreadable",
      path: "/b",
      at: 3
    })
  })

  it("keeps its own `errors` where it is no AggregateError", () => {
    const back = acrossAsError(Object.assign(new Error("invalid"), { errors: ["a", "b"] }))
    expect(back.errors).toEqual(["a", "b"])
  })

  it("that only inherits from Error is an Error", () => {
    const old = Object.create(Error.prototype, { message: { value: "old style" }, name: { value: "Old" } })
    expect(acrossAsError(old)).toMatchObject({ name: "Old", message: "old style" })
  })
})
