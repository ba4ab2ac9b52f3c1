/**
 * A Stream of what is asked for, one answer after another. A pull that is interrupted takes nothing along: its question
 * stays asked, and the next pull has the answer.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

type Values<A> = readonly [A, ...Array<A>]

/** `ask` gives the next values, at least one, or undefined at the end; `failed` says what its rejection is. */
export const pulledFrom = <A, E>(
  ask: () => Promise<ReadonlyArray<A> | undefined>,
  failed: (error: unknown) => Effect.Effect<never, E>
): Stream.Stream<A, E> => {
  type Answer = Effect.Effect<Values<A>, E | Cause.Done>
  let asked: Promise<Answer> | undefined
  const answer = async (): Promise<Answer> => {
    try {
      const values = await ask()
      return values === undefined ? Cause.done() : Effect.succeed(values as Values<A>)
    } catch (error) {
      return failed(error)
    }
  }
  const pull = Effect.callback<Values<A>, E | Cause.Done>((resume) => {
    let isGone = false
    asked ??= answer()
    void asked.then((given) => {
      if (isGone) return
      asked = undefined
      resume(given)
    })
    return Effect.sync(() => {
      isGone = true
    })
  })
  return Stream.fromPull(Effect.succeed(pull))
}

/** Opens an iterator for each run of the Stream, and returns it at the end. */
export const iteratedBy = <A, E>(
  open: () => AsyncIterableIterator<A, unknown, undefined>,
  failed: (error: unknown) => Effect.Effect<never, E>
): Stream.Stream<A, E> =>
  Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(Effect.sync(open), (iterator) => Effect.promise(async () => iterator.return?.())),
      (iterator) =>
        pulledFrom(async () => {
          const { done, value } = await iterator.next()
          return done === true ? undefined : [value as A]
        }, failed)
    )
  )
