/** The work as an Effect, without schemas. */
import * as Effect from "effect/Effect"
import { Task } from "holdfast"

export const square = Task.effect(import.meta, "square", { run: (/** @type {number} */ n) => Effect.succeed(n * n) })
