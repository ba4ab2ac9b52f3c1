/** Errors inside of values, and the registry by which they and other objects cross as something else. */
import { isNativeError } from "node:util/types"
import { describe, expect, it } from "vitest"
import { registerSubstitution } from "../../packages/supervisor/src/protocol/substitute.ts"
import { BatchReader, encodeBatch } from "../../packages/supervisor/src/protocol/values.ts"

const across = <A>(value: A): A => {
  const { kind, bytes, refused } = encodeBatch([1, value, "after"].map((each) => each))
  if (refused !== undefined) throw refused
  const reader = new BatchReader(kind, bytes, 3)
  reader.next()
  const back = reader.next() as A
  expect(reader.next()).toBe("after")
  return back
}

class HttpError extends TypeError {
  override readonly name = "HttpError"
  readonly _tag = "HttpError"
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

describe("an error inside of a value", () => {
  it("keeps class, own properties and stack, which v8 alone drops", () => {
    const error = new HttpError(404, "not there")
    const back = across({ list: [{ error }] }).list[0]?.error as HttpError
    expect(isNativeError(back)).toBe(true)
    expect(back).toBeInstanceOf(TypeError)
    expect([back.name, back.message, back.status, back._tag]).toEqual(["HttpError", "not there", 404, "HttpError"])
    expect(back.stack).toBe(error.stack)
  })

  it("is the same error wherever it stands in the value", () => {
    const error = new Error("one")
    const shared = { error }
    const back = across({
      a: error,
      shared,
      again: shared,
      map: new Map<unknown, unknown>([[error, error]]),
      set: new Set<unknown>([error])
    })
    expect(back.shared.error).toBe(back.a)
    expect(back.again).toBe(back.shared)
    expect(back.map.get(back.a)).toBe(back.a)
    expect(back.set.has(back.a)).toBe(true)
  })

  it("leaves circles, holes, Buffers and the rest of the value as they are", () => {
    const value: Record<string, unknown> = {
      error: new Error("e"),
      bytes: Buffer.from("b"),
      when: new Date(5),
      holes: Object.assign(new Array(3), { 0: 1, 2: 3 })
    }
    value.self = [value]
    const back = across(value)
    expect((back.self as Array<unknown>)[0]).toBe(back)
    expect((back.bytes as Buffer).toString()).toBe("b")
    expect(back.when).toEqual(new Date(5))
    expect(Object.keys(back.holes as object)).toEqual(["0", "2"])
  })

  it("is not changed, frozen or not, and neither is what holds it", () => {
    const error = Object.freeze(new Error("frozen"))
    const value = Object.freeze({ error, list: Object.freeze([error]) })
    across(value)
    expect([value.error, value.list[0]]).toEqual([error, error])
    expect(Object.keys(value)).toEqual(["error", "list"])
  })

  it("arrives also where nothing of it can be read", () => {
    const error = new Error("unreadable")
    for (const key of ["message", "stack", "name", "cause"]) {
      Object.defineProperty(error, key, {
        get: () => {
          throw new Error("no")
        }
      })
    }
    expect(across({ error }).error).toBeInstanceOf(Error)
  })

  it("crosses as the value itself", () => {
    const back = across(new AggregateError([new RangeError("a"), "b"], "both"))
    expect(back).toBeInstanceOf(AggregateError)
    expect(back.errors[0]).toBeInstanceOf(RangeError)
    expect(back.errors[1]).toBe("b")
  })

  it("crosses as a DOMException", () => {
    const back = across([new DOMException("stopped", "AbortError")])[0]
    expect(back).toBeInstanceOf(DOMException)
    expect([back?.name, back?.code, back?.message]).toEqual(["AbortError", 20, "stopped"])
  })

  it("takes no more than ten levels of errors within errors", () => {
    let error = new Error("innermost")
    for (let level = 0; level < 5000; level++) error = Object.assign(new Error(`level ${level}`), { inner: { error } })
    let depth = 0
    for (let at: unknown = across({ error }).error; at instanceof Error; depth++) {
      at = (Reflect.get(at, "inner") as { error?: unknown } | undefined)?.error
    }
    expect(depth).toBeGreaterThanOrEqual(10)
    expect(depth).toBeLessThan(13)
  })
})

describe("a registered substitution", () => {
  class Handle {
    readonly #id: number
    constructor(id: number) {
      this.#id = id
    }
    static idOf(handle: Handle): number {
      return handle.#id
    }
    onClick = (): void => {}
  }
  const known = new Map<number, Handle>()
  registerSubstitution({
    tag: 99,
    views: false,
    matches: (object) => object instanceof Handle,
    encode: (handle) => ({ id: Handle.idOf(handle as Handle) }),
    decode: (data) => known.get((data as { id: number }).id) ?? new Handle(-1)
  })

  it("crosses as its data and arrives as its object", () => {
    const handle = new Handle(7)
    known.set(7, handle)
    const back = across({ a: { handle }, b: new Map([["h", handle]]) })
    expect(back.a.handle).toBe(handle)
    expect(back.b.get("h")).toBe(handle)
  })

  it("can be a typed array", () => {
    const shared = new Float64Array(new SharedArrayBuffer(16))
    const substitution = {
      tag: 98,
      views: true,
      matches: (view: object) => view === shared,
      encode: () => "the one",
      decode: () => shared
    }
    registerSubstitution(substitution)
    expect(across({ view: shared, inner: [shared] }).view).toBe(shared)
    expect(across({ error: new Error("e"), view: shared }).view).toBe(shared)
  })

  it("has a tag of its own", () => {
    const twin = { tag: 99, views: false, matches: () => false, encode: () => 0, decode: () => ({}) }
    expect(() => registerSubstitution(twin)).toThrow(/tag 99/)
  })
})
