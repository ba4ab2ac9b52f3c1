/** Inputs of a call as a Stream of Effect, and whether it was let go of. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { InputsKind } from "./plan.ts"

/** What is told of what becomes of it. */
export interface StreamWatch {
  readonly opened: () => void
  readonly closed: () => void
  readonly gave: () => void
  readonly broke: () => void
}

const GAP_MS = 10

const ended = <A>(
  given: Stream.Stream<A>,
  kind: InputsKind,
  error: Error,
  broke: () => void
): Stream.Stream<A, Error> => {
  const breaking = Effect.sync(broke)
  if (kind === "flowBreaks")
    return Stream.concat(given, Stream.fromEffect(Effect.andThen(breaking, Effect.fail(error))))
  if (kind === "flowDies") return Stream.concat(given, Stream.fromEffect(Effect.andThen(breaking, Effect.die(error))))
  return kind === "flowHangs" ? Stream.concat(given, Stream.never) : given
}

/** Those that break, die or hang do so behind `breaksAt`. */
export const streamOf = <A>(
  kind: InputsKind,
  jobs: ReadonlyArray<A>,
  breaksAt: number,
  error: Error,
  watch: StreamWatch
): Stream.Stream<A, Error> => {
  const isWhole = kind === "flow" || kind === "slowFlow"
  const all = Stream.fromIterable(isWhole ? jobs : jobs.slice(0, breaksAt))
  // In pieces of other sizes than what the engine asks for, or one by one.
  const inPieces = kind === "slowFlow" ? Stream.rechunk(all, 1) : Stream.rechunk(all, 1 + (breaksAt % 7))
  const given = Stream.mapEffect(inPieces, (job) =>
    Effect.as(kind === "slowFlow" ? Effect.sleep(GAP_MS) : Effect.void, job).pipe(
      Effect.tap(() => Effect.sync(watch.gave))
    )
  )
  return Stream.unwrap(
    Effect.as(
      Effect.acquireRelease(Effect.sync(watch.opened), () => Effect.sync(watch.closed)),
      ended(given, kind, error, watch.broke)
    )
  )
}
