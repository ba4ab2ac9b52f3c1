/**
 * What a worker says of its jobs, taken in by the ledger: results, failures, jobs given back, signs of life.
 * Each job is answered for once: what comes again, or too late, is passed over.
 */
import type { Failed, FromWorker, Returned, Signal, Values } from "../protocol/messages.ts"
import { type Leftovers, monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Ledger } from "./Ledger.ts"
import type { Slot } from "./Slot.ts"
import type { SlotOwner } from "./SlotOwner.ts"

/** What the slot does beside. */
export interface AnswerActs {
  /** So many more of its jobs have succeeded; or one has failed, with 0. */
  answered(jobs: number): void
  /** A chunk has nothing left. */
  finished(): void
}

export class Answers {
  readonly #slot: Slot
  readonly #ledger: Ledger
  readonly #owner: SlotOwner
  readonly #acts: AnswerActs

  constructor(slot: Slot, ledger: Ledger, owner: SlotOwner, acts: AnswerActs) {
    this.#slot = slot
    this.#ledger = ledger
    this.#owner = owner
    this.#acts = acts
  }

  receive(message: Extract<FromWorker, Values | Failed | Returned | Signal>): void {
    switch (message._tag) {
      case "Values":
        return this.#values(message)
      case "Failed":
        return this.#failed(message)
      case "Returned":
        return this.#returned(message)
      case "Signal":
        return this.#said(message)
      default:
        message satisfies never
    }
  }

  /** Results that were found in the worker's page. */
  takeKept(leftovers: Leftovers | undefined): void {
    if (leftovers === undefined) return
    const { bytes, ...rest } = leftovers
    this.#values({ ...rest, payload: bytes, busyMs: 0, sync: 0 })
  }

  #values({ chunkId, offset, count, kind, payload, busyMs, sync }: Omit<Values, "_tag">): void {
    const chunk = this.#ledger.find(chunkId)
    if (chunk === undefined) return
    // Those before `next` have been taken in, out of the page; those behind `count` were taken back.
    const skip = chunk.next - offset
    const taken = Math.min(offset + count, chunk.count) - chunk.next
    if (skip < 0 || taken <= 0) return
    const from = chunk.next
    this.#advance(chunk, from + taken, busyMs, taken)
    this.#owner.values(this.#slot, chunk, { from, taken, skip, count, kind, payload, sync })
    this.settle(chunk)
  }

  #failed(message: Failed): void {
    const chunk = this.#ledger.due(message.chunkId, message.offset)
    if (chunk === undefined) return
    this.#advance(chunk, message.offset + 1, message.busyMs, 0)
    this.#owner.failed(this.#slot, chunk, message)
    this.settle(chunk)
  }

  #returned({ chunkId, offset }: Returned): void {
    const chunk = this.#ledger.find(chunkId)
    if (chunk === undefined || offset >= chunk.count) return
    this.#owner.returned(this.#slot, chunk, offset)
    this.settle(chunk)
  }

  #said({ chunkId, offset, said }: Signal): void {
    const chunk = this.#ledger.find(chunkId)
    if (chunk === undefined) return
    if (said._tag === "Cancellable") chunk.cancellable = offset
    if (said._tag === "Started") chunk.startedAt = monotonicNow()
    this.#owner.said(this.#slot, chunk, offset, said)
  }

  #advance(chunk: Chunk, next: number, busyMs: number, jobs: number): void {
    chunk.next = next
    chunk.busyMs += busyMs
    chunk.answeredMs = busyMs
    chunk.since = monotonicNow()
    this.#acts.answered(jobs)
  }

  /** Lets go of a chunk that has nothing left. */
  settle(chunk: Chunk): void {
    if (this.#ledger.removeFinished(chunk)) this.#acts.finished()
  }
}
