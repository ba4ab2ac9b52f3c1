/**
 * Keeps the time of running jobs: tells when one has passed its limit, by the mark its worker set when it
 * started it, so that the limit is exact within a chunk too. A worker that is frozen before it could start a
 * job is noticed by the parent's own clock.
 */
import { monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Slot } from "./Slot.ts"

/** Beyond the limit, a worker that has not even started its job is taken for frozen. */
const FROZEN_MS = 1000
/** The debugger is armed so long before the deadline, for the stack to be had at once also under load. */
const ARM_AHEAD_MS = 500
const armAhead = (limit: number): number => Math.min(ARM_AHEAD_MS, limit / 2)

export interface ClockOwner {
  /** The job at `offset` of `chunk` has passed its limit. */
  expired(slot: Slot, chunk: Chunk, offset: number, limitMs: number): void
}

export class JobClock {
  readonly #owner: ClockOwner
  readonly #timers = new Map<Slot, NodeJS.Timeout>()

  constructor(owner: ClockOwner) {
    this.#owner = owner
  }

  /** Starts to watch what the slot runs, if that has a limit. Called when a chunk was sent or has ended. */
  watch(slot: Slot): void {
    const chunk = slot.head
    const limit = chunk?.lane.call.timeoutMs
    if (limit === undefined || chunk === undefined) return
    if (!this.#timers.has(slot)) this.#lookIn(slot, limit - armAhead(limit))
  }

  #lookIn(slot: Slot, ms: number): void {
    clearTimeout(this.#timers.get(slot))
    this.#timers.set(
      slot,
      setTimeout(() => this.#look(slot), ms)
    )
  }

  #look(slot: Slot): void {
    this.#timers.delete(slot)
    const chunk = slot.head
    const limit = chunk?.lane.call.timeoutMs
    if (chunk === undefined || limit === undefined || chunk.forsaken.has(chunk.next)) return
    const now = monotonicNow()
    const mark = slot.link?.mark()
    const marked = mark !== undefined && mark.chunkId === chunk.id && mark.offset === chunk.next
    const loading = marked && mark.startedAt === Number.POSITIVE_INFINITY
    const left = marked ? (loading ? limit : mark.startedAt + limit - now) : chunk.since + limit + FROZEN_MS - now
    if (left <= 0.5) {
      this.#owner.expired(slot, chunk, chunk.next, limit)
      return
    }
    const ahead = armAhead(limit)
    if (marked && !loading && left <= ahead) {
      slot.arm()
      this.#lookIn(slot, left)
    } else this.#lookIn(slot, Math.max(1, left > ahead ? left - ahead : left))
  }

  /** Stops watching a slot. */
  forget(slot: Slot): void {
    clearTimeout(this.#timers.get(slot))
    this.#timers.delete(slot)
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }
}
