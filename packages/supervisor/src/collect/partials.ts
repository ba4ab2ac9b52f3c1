/**
 * What one job yields, as an iterator: holds what has come until it is asked for, and then tells the worker that
 * there is room for more. Its return value is the job's own.
 */
import { OwnRegistry } from "../protocol/own-registry.ts"
import { PendingJob } from "./PendingJob.ts"
import type { SingleSink } from "./single.ts"

/** How many yielded values may be on their way: enough that neither side waits for the other's turn. */
export const PARTIALS_AHEAD = 64

interface Yielded {
  readonly value: unknown
  readonly taken: () => void
}

interface Waiter {
  /** No garbage while it waits: perhaps nobody else knows of it. */
  readonly reader: PartialsIterator
  resolve(result: IteratorResult<unknown, unknown>): void
  reject(error: unknown): void
}

/** What has come of a job, or who waits for it. All that the job knows of its reader. */
class Delivery {
  readonly #held: Array<Yielded> = []
  readonly #waiters: Array<Waiter> = []
  readonly #job: PendingJob
  readonly #cancel: (reason: unknown) => void
  #over = false

  constructor(job: PendingJob, cancel: (reason: unknown) => void) {
    this.#job = job
    this.#cancel = cancel
    // One that was refused yields nothing.
    const sink = PendingJob.laneOf(job)?.sink as SingleSink | undefined
    if (sink !== undefined) sink.onPartial = (value, taken) => this.#came({ value, taken })
    PendingJob.onSettled(job, () => this.#settled())
  }

  #came(yielded: Yielded): void {
    if (this.#over) return
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#held.push(yielded)
    else this.#give(waiter, yielded)
  }

  #give(waiter: Waiter, { value, taken }: Yielded): void {
    taken()
    waiter.resolve({ done: false, value })
  }

  #settled(): void {
    for (const waiter of this.#waiters.splice(0)) this.#end(waiter)
  }

  /** The end is told once; after it, as of any iterator, there is nothing. */
  #end(waiter: Waiter): void {
    const outcome = PendingJob.outcomeOf(this.#job)
    if (this.#over || outcome === undefined) return waiter.resolve({ done: true, value: undefined })
    this.#over = true
    if (outcome._tag === "Failed") waiter.reject(outcome.error)
    else waiter.resolve({ done: true, value: outcome.value })
  }

  next(reader: PartialsIterator): Promise<IteratorResult<unknown, unknown>> {
    return new Promise((resolve, reject) => {
      const waiter = { reader, resolve, reject }
      const held = this.#held.shift()
      if (held !== undefined) this.#give(waiter, held)
      else if (this.#over || PendingJob.isSettled(this.#job)) this.#end(waiter)
      else this.#waiters.push(waiter)
    })
  }

  /** The reader has gone. */
  leave(): void {
    this.#over = true
    this.#held.length = 0
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined })
    this.#cancel(new Error("nobody takes the job's partial results any more"))
  }
}

/** A reader who has dropped his iterator without a word has left: his job would hold its worker for ever. */
const dropped = new OwnRegistry<Delivery>((delivery) => delivery.leave())

export class PartialsIterator implements AsyncIterableIterator<unknown, unknown, undefined> {
  readonly #delivery: Delivery

  constructor(job: PendingJob, cancel: (reason: unknown) => void) {
    this.#delivery = new Delivery(job, cancel)
    dropped.register(this, this.#delivery)
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    return this.#delivery.next(this)
  }

  async return(): Promise<IteratorResult<unknown, unknown>> {
    this.#delivery.leave()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
