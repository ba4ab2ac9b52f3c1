/**
 * Collects a batch into something that is pulled from: in input order or as jobs finish. A reader that stops
 * early cancels the batch; one that is slow holds it up, by the lane's window. What comes are values, or outcomes.
 */
import type { JobSummary } from "@holdfast/core"
import { summaryOfSuccess } from "../failure/summary.ts"
import type { BatchControl, Ran, Sink } from "./Sink.ts"
import { type Run, WaitingValues } from "./WaitingValues.ts"

export class StreamSink implements Sink {
  readonly bounded = true
  done = false
  readonly #ordered: boolean
  readonly #failFast: boolean
  readonly #outcomes: boolean
  readonly #control: BatchControl
  readonly #waiting: WaitingValues
  readonly #untold: ((error: unknown) => void) | undefined
  #failure: { readonly error: unknown } | undefined
  /** What the inputs failed with, until it is told. */
  #inputFailure: { readonly error: unknown } | undefined
  #hasFailed = false
  #ended = false
  #wake: (() => void) | undefined
  /** Values handed on that the reader has not come to yet. */
  #ahead = 0

  /** `untold` is called with a failure of the inputs that its reader does not come to. */
  constructor(setup: {
    ordered: boolean
    failFast: boolean
    outcomes?: boolean
    control: BatchControl
    untold?: (error: unknown) => void
  }) {
    this.#ordered = setup.ordered
    this.#waiting = new WaitingValues(setup.ordered)
    this.#failFast = setup.failFast
    this.#outcomes = setup.outcomes === true
    this.#control = setup.control
    this.#untold = setup.untold
  }

  values(from: number, given: ReadonlyArray<unknown>, ran: Ran): void {
    const values = this.#outcomes
      ? given.map((value, at) => ({ _tag: "Succeeded", value, job: summaryOfSuccess(ran, from + at) }))
      : given
    // Whoever settles jobs makes the array for this alone, and keeps nothing of it.
    this.#waiting.put(from, values as Array<unknown>)
    this.#notify()
  }

  failed(index: number, error: unknown, job: JobSummary): void {
    if (this.#outcomes) this.#waiting.put(index, [{ _tag: "Failed", error, job }])
    else if (this.#failFast) {
      if (this.done) return
      this.done = true
      this.#failure = { error }
      this.#giveUpInputFailure()
      this.#control.stop()
    } else if (this.#ordered) this.#waiting.leaveOut(index)
    else this.#control.delivered(1)
    this.#notify()
  }

  inputFailed(error: unknown): void {
    if (this.done || this.#inputFailure !== undefined) return
    this.#inputFailure = { error }
    this.#failure ??= this.#inputFailure
  }

  #giveUpInputFailure(): void {
    const failure = this.#inputFailure
    this.#inputFailure = undefined
    if (failure !== undefined) this.#untold?.(failure.error)
  }

  /** A stream that was cut short must not look as if it had come to its end. */
  cut(error: unknown): void {
    this.#failure ??= { error }
  }

  ended(): void {
    this.#ended = true
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  /** What can be handed on now, leaving out failed jobs; undefined when there is nothing. */
  #takeReady(): Run | undefined {
    // Half of it, so that workers go on while the reader is busy with what he was given.
    const taken = this.#waiting.take(Math.ceil(this.#waiting.ready / 2))
    if (taken === undefined) return undefined
    // The reader is at the first of them now; the others are ahead of him until he asks for more.
    this.#ahead = Math.max(0, taken.end - taken.at - 1)
    this.#control.delivered(taken.jobs - this.#ahead)
    return taken
  }

  /** The next values, at least one; undefined at the end. Rejects with the failure. The reader may clear what he has read. */
  async next(): Promise<Run | undefined> {
    if (this.#ahead > 0) this.#control.delivered(this.#ahead)
    this.#ahead = 0
    for (;;) {
      const ready = this.#takeReady()
      if (ready !== undefined) {
        if (ready.end > ready.at) return ready
        continue
      }
      if (this.done || this.#ended) {
        this.done = true
        const failure = this.#failure
        this.#failure = undefined
        if (failure === undefined) return undefined
        this.#hasFailed = true
        if (failure === this.#inputFailure) this.#inputFailure = undefined
        throw failure.error
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The reader has gone. */
  close(): void {
    this.#giveUpInputFailure()
    if (this.#ended) return
    this.done = true
    this.#failure = undefined
    this.#waiting.clear()
    this.#control.stop()
    this.#notify()
  }

  /**
   * Resolves once the inputs are closed for a reader who has left, or when that can't be waited for; rejects with what
   * they failed to close with. Whoever was given the stream's own failure waits for nothing.
   */
  async closed(): Promise<void> {
    if (!this.#hasFailed) await this.#control.closed()
  }
}
