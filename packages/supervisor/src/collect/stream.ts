/**
 * Collects a batch into something that is pulled from: in input order or as jobs finish. A reader that stops
 * early cancels the batch; one that is slow holds it up, by the lane's window. What comes are values, or outcomes.
 */
import type { JobSummary } from "@holdfast/core"
import { summaryOfSuccess } from "../failure/summary.ts"
import type { BatchControl, Ran, Sink } from "./Sink.ts"

const MISSING = Symbol("not yet")
const SKIPPED = Symbol("failed, and left out")

export class StreamSink implements Sink {
  readonly bounded = true
  done = false
  readonly #ordered: boolean
  readonly #failFast: boolean
  readonly #outcomes: boolean
  readonly #control: BatchControl
  /** Ordered: values from index `#head` on, with gaps. Unordered: values as they came. */
  #waiting: Array<unknown> = []
  #head = 0
  #failure: { readonly error: unknown } | undefined
  #ended = false
  #wake: (() => void) | undefined
  /** Values handed on that the reader has not come to yet. */
  #ahead = 0

  constructor(setup: { ordered: boolean; failFast: boolean; outcomes?: boolean; control: BatchControl }) {
    this.#ordered = setup.ordered
    this.#failFast = setup.failFast
    this.#outcomes = setup.outcomes === true
    this.#control = setup.control
  }

  values(from: number, given: ReadonlyArray<unknown>, ran: Ran): void {
    const values = this.#outcomes
      ? given.map((value, at) => ({ _tag: "Succeeded", value, job: summaryOfSuccess(ran, from + at) }))
      : given
    if (this.#ordered) for (let at = 0; at < values.length; at++) this.#put(from + at, values[at])
    else for (const value of values) this.#waiting.push(value)
    this.#notify()
  }

  #put(index: number, value: unknown): void {
    const at = index - this.#head
    while (this.#waiting.length < at) this.#waiting.push(MISSING)
    this.#waiting[at] = value
  }

  failed(index: number, error: unknown, job: JobSummary): void {
    if (this.#outcomes) {
      const outcome = { _tag: "Failed", error, job }
      if (this.#ordered) this.#put(index, outcome)
      else this.#waiting.push(outcome)
    } else if (this.#failFast) {
      if (this.done) return
      this.done = true
      this.#failure = { error }
      this.#control.stop()
    } else if (this.#ordered) this.#put(index, SKIPPED)
    else this.#control.delivered(1)
    this.#notify()
  }

  inputFailed(error: unknown): void {
    this.#failure ??= { error }
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
  #takeReady(): Array<unknown> | undefined {
    let count = this.#waiting.length
    if (this.#ordered) {
      const gap = this.#waiting.indexOf(MISSING)
      if (gap !== -1) count = gap
    }
    if (count === 0) return undefined
    // Half of it, so that workers go on while the reader is busy with what he was given.
    count = Math.ceil(count / 2)
    const taken = count === this.#waiting.length ? this.#waiting : this.#waiting.slice(0, count)
    this.#waiting = count === this.#waiting.length ? [] : this.#waiting.slice(count)
    this.#head += count
    const values = taken.includes(SKIPPED) ? taken.filter((value) => value !== SKIPPED) : taken
    // The reader is at the first of them now; the others are ahead of him until he asks for more.
    this.#ahead = Math.max(0, values.length - 1)
    this.#control.delivered(count - this.#ahead)
    return values
  }

  /** The next values, at least one; undefined at the end. Rejects with the failure. */
  async next(): Promise<Array<unknown> | undefined> {
    if (this.#ahead > 0) this.#control.delivered(this.#ahead)
    this.#ahead = 0
    for (;;) {
      const ready = this.#takeReady()
      if (ready !== undefined) {
        if (ready.length > 0) return ready
        continue
      }
      if (this.done || this.#ended) {
        this.done = true
        const failure = this.#failure
        this.#failure = undefined
        if (failure !== undefined) throw failure.error
        return undefined
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The reader has gone. */
  close(): void {
    if (this.#ended) return
    this.done = true
    this.#failure = undefined
    this.#waiting = []
    this.#control.stop()
    this.#notify()
  }
}
