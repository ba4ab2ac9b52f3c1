/**
 * A run of a pipeline as a Stream: each use runs it anew, an interruption gives up what is under way.
 */
import type { CallError, Inputs } from "@holdfast/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { readable } from "../doors/effect-inputs.ts"
import { failureOf } from "../doors/effect-result.ts"
import type { PipelineRun } from "./PipelineRun.ts"

type Values = readonly [unknown, ...Array<unknown>]

export const streamOfRun = (
  inputs: unknown,
  start: (inputs: Inputs<unknown>) => PipelineRun<unknown>
): Stream.Stream<unknown, CallError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      const run = yield* Effect.acquireRelease(
        Effect.sync(() => start(readable(inputs, context))),
        (started) => Effect.promise(() => started.return())
      )
      const pull = Effect.callback<Values, CallError | Cause.Done>((resume) => {
        run.next().then(
          ({ done, value }) => resume(done === true ? Cause.done() : Effect.succeed<Values>([value])),
          (error: unknown) => resume(failureOf(error))
        )
      })
      return Stream.fromPull(Effect.succeed(pull))
    })
  ) as Stream.Stream<unknown, CallError>
