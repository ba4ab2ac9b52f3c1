/**
 * The events that one reader has not taken yet, as an async iterator: bounded, so that a slow reader loses the
 * oldest and is told how many. Not the publishing; that is the `EventBus`.
 */
import type { PoolEvent } from "@holdfast/core"
import { Fifo } from "../scheduler/Fifo.ts"

type Next = IteratorResult<PoolEvent, undefined>

const DONE: Next = { done: true, value: undefined }

export class EventBuffer implements AsyncIterableIterator<PoolEvent> {
  readonly #capacity: number
  readonly #release: () => void
  readonly #events = new Fifo<PoolEvent>()
  #dropped = 0
  #ended = false
  #waiting: Array<(next: Next) => void> = []

  /** `release` is called when the reader gives up. */
  constructor(capacity: number, release: () => void) {
    this.#capacity = Math.max(1, Math.floor(capacity))
    this.#release = release
  }

  /** Takes an event; drops the oldest one where there is no room. */
  put(event: PoolEvent): void {
    if (this.#ended) return
    const reader = this.#waiting.shift()
    if (reader !== undefined) {
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
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<Next> {
    this.#release()
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
