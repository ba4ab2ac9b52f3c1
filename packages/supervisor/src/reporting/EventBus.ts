/**
 * Where a pool publishes its events, once each, and where everything observable comes from: log, progress bar,
 * metrics, report and the user's own `pool.events` only subscribe here. Knows no event's meaning.
 */
import type { PoolEvent } from "@holdfast/core"
import { EventBuffer } from "./EventBuffer.ts"

export type EventListener = (event: PoolEvent) => void

interface Subscription {
  readonly listener: EventListener
  readonly wantsLogs: boolean
  live: boolean
  warned: boolean
}

const CAPACITY = 10_000

export class EventBus {
  // Replaced, never changed: a listener may subscribe or leave while an event goes round.
  #subscriptions: ReadonlyArray<Subscription> = []
  /** Not held: one that the program has dropped can't be read any more. */
  readonly #readers = new Set<WeakRef<EventBuffer>>()
  /** Those that wait for an event, of whom perhaps nobody else knows: `await pool.events.next()`. */
  readonly #waiting = new Set<EventBuffer>()
  readonly #queue: Array<PoolEvent> = []
  #publishing = false
  #ended = false

  /** Whether anybody listens; an event that nobody would see needs not be built. */
  get active(): boolean {
    return this.#subscriptions.length > 0
  }

  /** Tells every listener. Never throws; what a listener publishes in turn, all see after this. */
  publish(event: PoolEvent): void {
    if (this.#subscriptions.length === 0) return
    if (this.#publishing) {
      this.#queue.push(event)
      return
    }
    this.#publishing = true
    this.#tell(event)
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#tell(next)
    this.#publishing = false
  }

  /** Whether anybody wants what workers print; else it needs not even be taken apart. */
  get wantsLogs(): boolean {
    return this.#subscriptions.some(({ wantsLogs }) => wantsLogs)
  }

  /**
   * Calls the listener with each event from now on, until the returned function is called. Without `logs`, what
   * workers print is not told for its sake.
   */
  subscribe(listener: EventListener, { logs = true } = {}): () => void {
    if (this.#ended) return () => undefined
    const subscription: Subscription = { listener, wantsLogs: logs, live: true, warned: false }
    this.#subscriptions = [...this.#subscriptions, subscription]
    return () => {
      subscription.live = false
      this.#subscriptions = this.#subscriptions.filter((each) => each !== subscription)
    }
  }

  /**
   * The events from now on, for one reader. One that is slower than they come loses the oldest, and is then given
   * an `EventsDropped` with their number. To be given up (`return`, or `break` in `for await`) or read to its end; one
   * that was just dropped costs nothing more once it is garbage.
   *
   * @example
   * for await (const event of bus.iterate()) if (event._tag === "PoolBroke") alarm(event.message)
   */
  iterate(capacity: number = CAPACITY): AsyncIterableIterator<PoolEvent> {
    const buffer = new EventBuffer(capacity, {
      waits: (does) => void (does ? this.#waiting.add(buffer) : this.#waiting.delete(buffer)),
      leaves: () => leave()
    })
    const reader = new WeakRef(buffer)
    // Nothing here may hold the buffer, or each that was dropped would collect its events for as long as there is a pool.
    const leave = this.#admit(reader)
    if (this.#ended) void buffer.return()
    return buffer
  }

  /** Gives the reader each event until it leaves, or is garbage. */
  #admit(reader: WeakRef<EventBuffer>): () => void {
    const unsubscribe = this.subscribe((event) => {
      const buffer = reader.deref()
      if (buffer === undefined) leave()
      else buffer.put(event)
    })
    const leave = (): void => {
      unsubscribe()
      this.#readers.delete(reader)
    }
    this.#readers.add(reader)
    return leave
  }

  /** No event will follow: iterators finish once they are drained. */
  end(): void {
    this.#ended = true
    this.#subscriptions = []
    for (const reader of this.#readers) reader.deref()?.end()
    this.#readers.clear()
  }

  #tell(event: PoolEvent): void {
    for (const subscription of this.#subscriptions) {
      if (!subscription.live) continue
      try {
        const returned: unknown = subscription.listener(event)
        if (returned instanceof Promise) returned.catch((error) => this.#complain(subscription, error))
      } catch (error) {
        this.#complain(subscription, error)
      }
    }
  }

  /** Once for each listener: one that throws will mostly throw at every event. */
  #complain(subscription: Subscription, error: unknown): void {
    if (subscription.warned) return
    subscription.warned = true
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.emitWarning(`A listener of pool events threw; the pool goes on without heed. ${what}`, "HoldfastWarning")
  }
}
