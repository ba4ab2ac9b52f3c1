/**
 * Collects a batch into one array: values in input order (`map`) or outcomes (`settle`).
 */
import type { JobSummary, Outcome } from "@holdfast/core"
import { summaryOfSuccess } from "../failure/summary.ts"
import { copyTo, type ValueList } from "../protocol/value-list.ts"
import type { BatchControl, Ran, Sink } from "./Sink.ts"

interface Answer<A> {
  resolve(value: Array<A>): void
  reject(error: unknown): void
}

/** Values in input order; the first failure, in time or (with "collect") by index, fails all. */
export class MapSink implements Sink {
  readonly bounded: boolean
  readonly takesPacked = true
  done = false
  /** Made when the first come: by then the workers are at work. */
  #values: Array<unknown> | undefined
  readonly #total: number
  readonly #failFast: boolean
  readonly #control: BatchControl
  #answer: Answer<unknown> | undefined
  #first: { readonly index: number; readonly error: unknown } | undefined

  constructor(setup: {
    bounded: boolean
    total: number | undefined
    failFast: boolean
    control: BatchControl
    answer: Answer<unknown>
  }) {
    this.bounded = setup.bounded
    this.#total = setup.total ?? 0
    this.#failFast = setup.failFast
    this.#control = setup.control
    this.#answer = setup.answer
  }

  values(from: number, values: ValueList): void {
    if (!this.done) {
      this.#values ??= new Array(this.#total)
      copyTo(this.#values, from, values)
    }
    this.#control.delivered(values.length)
  }

  failed(index: number, error: unknown): void {
    this.#control.delivered(1)
    if (this.done) return
    if (this.#first === undefined || index < this.#first.index) this.#first = { index, error }
    if (this.#failFast) this.#fail(error)
  }

  inputFailed(error: unknown): void {
    this.#fail(error)
  }

  cut(error: unknown, unread: boolean): void {
    if (unread) this.#fail(error)
  }

  #fail(error: unknown): void {
    if (this.done) return
    this.done = true
    this.#control.stop()
    this.#answer?.reject(error)
    this.#letGo()
  }

  ended(): void {
    if (this.done) return
    this.done = true
    if (this.#first !== undefined) this.#answer?.reject(this.#first.error)
    else this.#answer?.resolve(this.#values ?? [])
    this.#letGo()
  }

  /** Whoever still knows of one of its jobs must not keep all of them alive. */
  #letGo(): void {
    this.#values = undefined
    this.#first = undefined
    this.#answer = undefined
  }
}

/** Outcomes in input order. Fails only with the iterable's own error. */
export class SettleSink implements Sink {
  readonly bounded: boolean
  done = false
  #outcomes: Array<Outcome<unknown, unknown>>
  readonly #control: BatchControl
  #answer: Answer<Outcome<unknown, unknown>> | undefined

  constructor(setup: {
    bounded: boolean
    total: number | undefined
    control: BatchControl
    answer: Answer<Outcome<unknown, unknown>>
  }) {
    this.bounded = setup.bounded
    this.#outcomes = new Array(setup.total ?? 0)
    this.#control = setup.control
    this.#answer = setup.answer
  }

  values(from: number, values: ReadonlyArray<unknown>, ran: Ran): void {
    for (let at = 0; at < values.length && !this.done; at++) {
      this.#outcomes[from + at] = { _tag: "Succeeded", value: values[at], job: summaryOfSuccess(ran, from + at) }
    }
    this.#control.delivered(values.length)
  }

  failed(index: number, error: unknown, job: JobSummary): void {
    if (!this.done) this.#outcomes[index] = { _tag: "Failed", error: error as never, job }
    this.#control.delivered(1)
  }

  inputFailed(error: unknown): void {
    if (this.done) return
    this.done = true
    this.#control.stop()
    this.#answer?.reject(error)
    this.#letGo()
  }

  cut(error: unknown, unread: boolean): void {
    if (unread) this.inputFailed(error)
  }

  ended(): void {
    if (this.done) return
    this.done = true
    this.#answer?.resolve(this.#outcomes)
    this.#letGo()
  }

  #letGo(): void {
    this.#outcomes = []
    this.#answer = undefined
  }
}
