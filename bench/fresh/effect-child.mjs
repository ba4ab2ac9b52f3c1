/**
 * What a bare fork starts beside an Effect task: the same answer, and the modules of `effect` that a worker of ours
 * loads for such a task (those of `worker/effect-runner.ts` and of `tasks/square-effect.mjs`).
 */
import "effect/Cause"
import "effect/Context"
import "effect/Exit"
import "effect/Layer"
import "effect/Option"
import "effect/References"
import "effect/Scope"
import * as Effect from "effect/Effect"

process.on("message", (n) => process.send?.(Effect.runSync(Effect.succeed(n * n))))
