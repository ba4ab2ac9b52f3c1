/** The work as an Effect with schemas, which load a good deal more of `effect`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Task } from "holdfast"

export const square = Task.effect(import.meta, "square", {
  input: Schema.Number,
  output: Schema.Number,
  run: (/** @type {number} */ n) => Effect.succeed(n * n)
})
