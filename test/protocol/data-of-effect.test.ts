import * as BigDecimal from "effect/BigDecimal"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Hash from "effect/Hash"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { BatchReader, encodeBatch } from "../../packages/supervisor/src/protocol/values.ts"

const needs = (schema: string): string => `, which needs a schema of the task to cross: Schema.${schema}`

const refusalOf = (...values: ReadonlyArray<unknown>): string | undefined => {
  const { refused } = encodeBatch(values)
  return refused && `${refused.path} ${refused.message}`
}

describe("data of Effect, which would lose what it is,", () => {
  it.each([
    ["a Some", Option.some(1), `is an Option of Effect${needs("Option")}`],
    ["a None", Option.none(), `is an Option of Effect${needs("Option")}`],
    ["a Result", Result.succeed(1), `is a Result of Effect${needs("Result")}`],
    ["an Exit", Exit.fail("no"), `is an Exit of Effect${needs("Exit")}`],
    ["a Cause", Cause.fail("no"), `is a Cause of Effect${needs("Cause")}`],
    ["a Chunk", Chunk.make(1, 2), `is a Chunk of Effect${needs("Chunk")}`],
    ["a HashMap", HashMap.make(["a", 1]), `is a HashMap of Effect${needs("HashMap")}`],
    ["a HashSet", HashSet.make("a"), `is a HashSet of Effect${needs("HashSet")}`],
    ["a Duration", Duration.seconds(1), `is a Duration of Effect${needs("Duration")}`],
    ["a DateTime", DateTime.makeUnsafe(0), `is a DateTime of Effect${needs("DateTimeUtc")}`],
    ["a BigDecimal", BigDecimal.make(1n, 2), `is a BigDecimal of Effect${needs("BigDecimal")}`],
    ["a Redacted", Redacted.make("secret"), `is a Redacted of Effect${needs("Redacted")}`],
    ["an Effect", Effect.sync(() => 1), "is an Effect that nobody has run"],
    ["a Layer", Layer.empty, "is a Layer of Effect"]
  ])("%s is refused, with the path to it", (_, value, reason) => {
    expect(refusalOf(value)).toBe(` ${reason}`)
    expect(refusalOf({ id: 1, of: [value] })).toBe(`.of[0] ${reason}`)
    expect(refusalOf(new Map([["a", value]]))).toContain(reason)
  })

  it("is refused of many values wherever it stands first", () => {
    const rows = [{ id: 1 }, { id: 2, at: Duration.millis(3) }, { id: 3 }]
    const { count, refused } = encodeBatch(rows)
    expect([count, refused?.path]).toEqual([1, ".at"])
  })
})

describe("what a program makes itself with Effect", () => {
  class User extends Schema.Class<User>("User")({ name: Schema.String }) {}
  class Point extends Data.Class<{ readonly x: number }> {}
  class Money {
    readonly cents: number
    constructor(cents: number) {
      this.cents = cents
    }
    [Equal.symbol](that: unknown): boolean {
      return that instanceof Money && that.cents === this.cents
    }
    [Hash.symbol](): number {
      return this.cents
    }
  }

  it.each([
    ["a class of a schema", new User({ name: "Ada" }), { name: "Ada" }],
    ["a class of data", new Point({ x: 1 }), { x: 1 }],
    ["a class that can be compared", new Money(3), { cents: 3 }],
    ["a struct that was decoded", Schema.decodeUnknownSync(Schema.Struct({ a: Schema.Number }))({ a: 1 }), { a: 1 }]
  ])("%s crosses with its fields, as any class", (_, value, fields) => {
    const { bytes, count, kind, refused } = encodeBatch([value, [value]])
    expect(refused).toBeUndefined()
    const reader = new BatchReader(kind, bytes, count)
    expect([reader.next(), reader.next()]).toEqual([fields, [fields]])
  })

  it("an error that can be failed with crosses as an error", () => {
    class NotThere extends Data.TaggedError("NotThere")<{ readonly id: number }> {}
    const { bytes, count, kind, refused } = encodeBatch([new NotThere({ id: 3 })])
    expect(refused).toBeUndefined()
    expect(new BatchReader(kind, bytes, count).next()).toMatchObject({ _tag: "NotThere", id: 3 })
  })
})
