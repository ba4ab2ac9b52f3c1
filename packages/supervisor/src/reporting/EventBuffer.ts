/**
 * The events that one reader has not taken yet, as an async iterator: bounded, so that a slow reader loses the
 * oldest and is told how many. Not the publishing; that is the `EventBus`.
 */
import type { PoolEvent } from "@holdfast/core"
import { Fifo } from "../scheduler/Fifo.ts"

type Next = IteratorResult<PoolEvent, undefined>

const DONE: Next = { done: true, value: undefined }

/** Who publishes, as its readers see him. */
interface Publisher {
  /** The reader waits for the next event, or does so no longer. */
  waits(does: boolean): void
  /** The reader gives up. */
  leaves(): void
}

export class EventBuffer implements AsyncIterableIterator<PoolEvent> {
  readonly #capacity: number
  readonly #publisher: Publisher
  readonly #events = new Fifo<PoolEvent>()
  #dropped = 0
  #ended = false
  #waiting: Array<(next: Next) => void> = []

  constructor(capacity: number, publisher: Publisher) {
    this.#capacity = Math.max(1, Math.floor(capacity))
    this.#publisher = publisher
  }

  /** Takes an event; drops the oldest one where there is no room. */
  put(event: PoolEvent): void {
    if (this.#ended) return
    const reader = this.#waiting.shift()
    if (reader !== undefined) {
      if (this.#waiting.length === 0) this.#publisher.waits(false)
      reader({ done: false, value: event })
      return
    }
    this.#events.push(event)
    if (this.#events.length <= this.#capacity) return
    this.#events.shift()
    this.#dropped++
  }

  /** No event will follow: the reader takes what is here, then is done. */
  end(): void {
    this.#ended = true
    this.#publisher.waits(false)
    for (const reader of this.#waiting.splice(0)) reader(DONE)
  }

  next(): Promise<Next> {
    if (this.#dropped > 0) {
      const value: PoolEvent = { _tag: "EventsDropped", at: Date.now(), count: this.#dropped }
      this.#dropped = 0
      return Promise.resolve({ done: false, value })
    }
    const value = this.#events.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#ended) return Promise.resolve(DONE)
    this.#publisher.waits(true)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<Next> {
    this.#publisher.leaves()
    this.#events.clear()
    this.#dropped = 0
    this.end()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
