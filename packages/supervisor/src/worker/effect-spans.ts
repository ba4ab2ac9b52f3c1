/**
 * The spans that a failed Effect was in, of `Effect.withSpan` and `Effect.fn`, as its Cause tells them. Not those of
 * an Effect that still waits: that is `effect-place.ts`.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type { SpanPlace } from "../protocol/messages.ts"

const MOST_SPANS = 20

/** Innermost first, of the first reason that `is` one of those. Never throws. */
export const failedIn = (
  cause: Cause.Cause<unknown>,
  is: (reason: Cause.Reason<unknown>) => boolean
): ReadonlyArray<SpanPlace> => {
  const places: Array<SpanPlace> = []
  try {
    const reason = cause.reasons.find(is)
    if (reason === undefined) return places
    let frame = Context.getOrUndefined(Cause.reasonAnnotations(reason), Cause.StackTrace)
    for (; frame !== undefined && places.length < MOST_SPANS; frame = frame.parent) {
      // `Effect.fn` tells where it was called, and then where it was written.
      if (!frame.name.endsWith(" (definition)")) places.push({ name: frame.name, at: frame.stack() })
    }
  } catch {
    // What can't be told is left out.
  }
  return places
}
