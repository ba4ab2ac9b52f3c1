import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { logText } from "../../packages/supervisor/src/worker/log-text.ts"
import { Wordless } from "../fixtures/typed.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { code: Schema.Int, cause: Schema.Unknown }) {}
class Lost extends Data.TaggedError("Lost")<{ readonly id: bigint }> {}

describe("what Effect.log was given, as text,", () => {
  it("is joined, and JSON where that shows all of it", () => {
    expect(logText("one")).toBe("one")
    expect(logText(["one", 2, { three: [3n] }, undefined, null])).toBe('one 2 {"three":["3n"]} undefined null')
    expect(logText([])).toBe("")
    const circular: Record<string, unknown> = {}
    circular.self = circular
    expect(logText([circular, new Map([["a", 1]])])).toBe("<ref *1> { self: [Circular *1] } Map(1) { 'a' => 1 }")
  })

  it("has of an error where it was made, its fields and its cause", () => {
    const plain = Object.assign(new RangeError("too far", { cause: new Error("the wind") }), { metres: 7 })
    for (const words of ["RangeError: too far", "log-text.test.ts", "metres: 7", "[cause]: Error: the wind"])
      expect(logText(["flown", plain])).toContain(words)
    const own = logText(new Refused({ code: 403, cause: new Error("no key") }))
    for (const words of ["Refused", "log-text.test.ts", "code: 403", "Error: no key"]) expect(own).toContain(words)
    expect(logText(new Lost({ id: 7n }))).toContain("id: 7n")
  })

  it("says something also of what can't be read", () => {
    const trapped = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no")
        }
      }
    )
    expect(logText([new Wordless({ n: 3 }), trapped, "end"])).toMatch(/can't be read|could not be read.* end$/s)
  })
})
