/**
 * A run of a pipeline as a Stream: each use runs it anew, an interruption gives up what is under way.
 */
import type { CallError, Inputs } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { readable } from "../doors/effect-inputs.ts"
import { pulledFrom } from "../doors/effect-pulled.ts"
import { failureOf } from "../doors/effect-result.ts"
import { hearErrors } from "../scheduler/node-streams.ts"
import type { PipelineRun } from "./PipelineRun.ts"

export const streamOfRun = (
  inputs: unknown,
  start: (inputs: Inputs<unknown>) => PipelineRun<unknown>
): Stream.Stream<unknown, CallError> => {
  hearErrors(inputs)
  return Stream.unwrap(
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      const run = yield* Effect.acquireRelease(
        Effect.sync(() => start(readable(inputs, context))),
        (started) => Effect.promise(() => started.return())
      )
      return pulledFrom(async () => {
        const { done, value } = await run.next()
        return done === true ? undefined : [value]
      }, failureOf)
    })
  ) as Stream.Stream<unknown, CallError>
}
