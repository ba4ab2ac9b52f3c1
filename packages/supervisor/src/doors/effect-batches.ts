/**
 * Batches as Effects and Streams: each use runs the batch anew, an interruption cancels what is left of it.
 */
import type { CallError } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { valuesOf } from "../collect/WaitingValues.ts"
import type { Engine } from "../pool/Engine.ts"
import { hearErrors } from "../scheduler/node-streams.ts"
import type { Call } from "./admission.ts"
import { startArray, startStream } from "./batches.ts"
import { readable } from "./effect-inputs.ts"
import { pulledFrom } from "./effect-pulled.ts"
import { failureOf } from "./effect-result.ts"

/** Lets go as `close` does. What inputs fail to close with is a defect: a finalizer has no failures. */
const closing = (close: () => Promise<void> | undefined): Effect.Effect<void> => Effect.promise(async () => close())

/** `map` and `settle`. */
export const arrayOf = (engine: Engine, call: Call, inputs: unknown): Effect.Effect<Array<never>, CallError> => {
  hearErrors(inputs)
  return Effect.flatMap(Effect.context<never>(), (context) =>
    Effect.callback((resume) => {
      try {
        const running = startArray(engine, call, readable(inputs, context), {
          resolve: (values) => resume(Effect.succeed(values)),
          reject: (error) => resume(failureOf(error))
        })
        return closing(running.abandon)
      } catch (error) {
        resume(failureOf(error))
        return undefined
      }
    })
  )
}

/** `stream` and `via`. */
export const streamOf = (engine: Engine, call: Call, inputs: unknown): Stream.Stream<never, CallError> => {
  hearErrors(inputs)
  return Stream.unwrap(
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      const started = yield* Effect.acquireRelease(
        Effect.suspend(() => {
          try {
            return Effect.succeed(startStream(engine, call, readable(inputs, context)))
          } catch (error) {
            return failureOf(error)
          }
        }),
        ({ sink }) =>
          closing(() => {
            sink.close()
            return sink.closed()
          })
      )
      return pulledFrom(async () => {
        const run = await started.sink.next()
        return run === undefined ? undefined : (valuesOf(run) as unknown as ReadonlyArray<never>)
      }, failureOf)
    })
  ) as Stream.Stream<never, CallError>
}
