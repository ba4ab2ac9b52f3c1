/**
 * A call's answer as an Effect: which failures are typed, and which are defects.
 */
import { type CallError, jobOf } from "@holdfast/core"
import * as Effect from "effect/Effect"
import { PendingJob } from "../collect/PendingJob.ts"
import { InputCause } from "./effect-inputs.ts"

type Failing = Effect.Effect<never, CallError>

/** Misuse and an iterable's own throw are defects, a Stream's own failure stays what it was. */
export const failureOf = (error: unknown): Failing =>
  error instanceof InputCause
    ? (Effect.failCause(error.inputCause) as Failing)
    : error instanceof TypeError && jobOf(error) === undefined
      ? Effect.die(error)
      : Effect.fail(error as CallError)

/** Waits for a job's value. Whoever is interrupted meanwhile leaves it, which `left` is told of. */
export const resultOf = (
  begin: () => PendingJob,
  left: (job: PendingJob) => void = () => undefined
): Effect.Effect<unknown, CallError> =>
  Effect.callback((resume) => {
    const job = begin()
    const stop = PendingJob.onSettled(job, (outcome) =>
      resume(outcome._tag === "Succeeded" ? Effect.succeed(outcome.value) : failureOf(outcome.error))
    )
    return Effect.sync(() => {
      stop()
      left(job)
    })
  })
