import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { describe, expect, it, onTestFinished } from "vitest"
import { logText } from "../../packages/supervisor/src/worker/log-text.ts"
import { divertRecords, logLine } from "../../packages/supervisor/src/worker/output.ts"
import { Wordless } from "../fixtures/typed.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { code: Schema.Int, cause: Schema.Unknown }) {}
class Lost extends Data.TaggedError("Lost")<{ readonly id: bigint }> {}

describe("what Effect.log was given, as text,", () => {
  it("is joined, and JSON where that shows all of it", () => {
    expect(logText("one")).toBe("one")
    expect(logText(["one", 2, { three: [3n] }, undefined, null])).toBe('one 2 {"three":["3n"]} undefined null')
    expect(logText([])).toBe("")
    expect(logText([1n, "and", 2n])).toBe("1n and 2n")
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

it("is a line whatever its message and its fields are", () => {
  const lines: Array<Record<string, unknown>> = []
  divertRecords(() => ({ print: (line) => lines.push(JSON.parse(line)) }))
  onTestFinished(() => divertRecords(() => undefined))
  const trapped = (): never => {
    throw new Error("not loaded yet")
  }
  const lazy = {
    id: 5,
    get owner(): never {
      return trapped()
    }
  }
  logLine(30, "of a row", lazy)
  logLine(30, "of no object", null as never)
  logLine(30, "of names that can't be read", new Proxy({}, { ownKeys: trapped }))
  logLine(30, Object.create(null) as never)
  expect(lines).toEqual([
    { level: 30, time: expect.any(Number), msg: "of a row", id: 5, owner: "[could not be logged: not loaded yet]" },
    { level: 30, time: expect.any(Number), msg: "of no object" },
    { level: 30, time: expect.any(Number), msg: "of names that can't be read" },
    { level: 30, time: expect.any(Number), msg: "[could not be logged: it has no text]" }
  ])
})
