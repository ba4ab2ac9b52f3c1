/** The same with `effect/Schema`, which a task with schemas needs. */
import "effect/Schema"
import "./effect-child.mjs"
