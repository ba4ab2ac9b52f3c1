/**
 * How an iterator of inputs was let go of. Whoever left waits for it as `for await` would, and is given what it fails
 * with; where nobody waits, that is told elsewhere. Does not let go itself: each source does.
 */

/** An async iterator whose `return` does not stand behind a `next` that waits has a property of this name: true. */
export const returnsAtOnce: unique symbol = Symbol.for("holdfast/returnsAtOnce")

/** What a stream's iterator fails with that waits while the stream is destroyed. */
const isOfDestroying = (error: unknown): boolean =>
  (Object(error) as { readonly code?: unknown }).code === "ERR_STREAM_PREMATURE_CLOSE"

/** Promises that can settle have, by then. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class Closing {
  readonly #ended: Promise<{ readonly error: unknown } | undefined>
  readonly #isStuck: () => boolean
  readonly #untold: (error: unknown) => void
  #isAwaited = false
  #isTold = false

  /** `isStuck`: whether `ended` may never come. `untold` is called with a failure that nobody waits for. */
  constructor(ended: Promise<unknown>, isStuck: () => boolean, untold: (error: unknown) => void) {
    this.#isStuck = isStuck
    this.#untold = untold
    this.#ended = ended.then(
      () => undefined,
      (error: unknown) => {
        if (!this.#isAwaited) this.#tell(error)
        return { error }
      }
    )
  }

  #tell(error: unknown): void {
    this.#isTold = true
    this.#untold(error)
  }

  /** Resolves once it is closed, or when that can't be waited for. Rejects with what it failed with, once. */
  async wait(): Promise<void> {
    this.#isAwaited = true
    if (this.#isStuck()) await turn()
    if (this.#isStuck()) {
      this.#isAwaited = false
      return
    }
    const failure = await this.#ended
    if (failure === undefined || this.#isTold) return
    this.#isTold = true
    throw failure.error
  }

  /** A step that was being waited for has failed: some iterators fail alike when they close. */
  async stepFailed(error: unknown): Promise<void> {
    const failure = await this.#ended
    const isKnown = failure !== undefined && failure.error === error
    if (!isKnown && !isOfDestroying(error)) this.#untold(error)
  }
}
