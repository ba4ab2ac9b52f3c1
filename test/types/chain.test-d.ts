/** What a chain of tasks infers, and which tasks don't fit one another. Nothing here is run. */

import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type FnTask, Task } from "holdfast"
import { expectTypeOf } from "vitest"

const meta = { url: "file:///tasks.ts" }

class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", { path: Schema.String }) {}
const parse = Task.effect(meta, "parse", {
  input: Schema.String,
  error: Unreadable,
  run: (path) => (path === "" ? Effect.fail(new Unreadable({ path })) : Effect.succeed(path.length))
})
const half = Task.fn(meta, "half", (n: number) => n / 2)
const show = Task.fn(meta, "show", (n: number) => `${n}`)
const words = Task.fn(meta, "words", async (text: string) => text.split(" "))
const count = Task.fn(meta, "count", (all: ReadonlyArray<string>) => all.length)

export const two = Task.chain(parse, half)
expectTypeOf(two).toEqualTypeOf<FnTask<string, number, Unreadable>>()
export const eight = Task.chain(parse, half, show, words, count, half, half, show)
expectTypeOf(eight).toEqualTypeOf<FnTask<string, string, Unreadable>>()
export const longer = Task.chain(eight, eight)
expectTypeOf(longer).toEqualTypeOf<FnTask<string, string, Unreadable>>()

// @ts-expect-error a number has no words
export const unfit = Task.chain(parse, words)
// @ts-expect-error text can't be halved, far behind
export const unfitBehind = Task.chain(parse, half, show, words, count, half, show, half)
// @ts-expect-error one task is no chain
export const lone = Task.chain(parse)
