/**
 * Looks after what a slow job holds up: results of tiny jobs before it, which are taken out of the page, and
 * jobs behind it (later in its chunk, or sent ahead), which are taken back while another worker stands idle, or others
 * wait for this one. Nothing is asked of the busy worker, which may be blocked: a limit in its page forbids it to start
 * them, and a second look at its mark proves that it had not.
 */
import { LIMIT_CHECK_MS, monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Lane } from "../scheduler/Lane.ts"
import type { Piece } from "../scheduler/Piece.ts"
import type { Slot } from "./Slot.ts"

/** A job that runs so long is not one of the tiny ones that chunks are for. */
const SLOW_MS = LIMIT_CHECK_MS * 2

export interface RebalanceOwner {
  readonly slots: ReadonlyArray<Slot>
  /** Whether a slot stands idle with nothing left to give it, or jobs of another lane wait for one. */
  wantsRoom(lane: Lane): boolean
  /** Returns jobs to their lane, but for those that were settled meanwhile. */
  giveBack(chunk: Chunk, piece: Piece): void
}

export class Rebalancer {
  readonly #owner: RebalanceOwner
  readonly #seen = new Map<Slot, string>()
  /** Chunks of whose jobs one was seen to be slow, by slot. */
  readonly #stalled = new WeakMap<Slot, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(owner: RebalanceOwner) {
    this.#owner = owner
  }

  /** Whether the job that it runs was seen to be slow: what was sent there now would have to be taken back. */
  isStalled(slot: Slot): boolean {
    const chunk = this.#stalled.get(slot)
    return chunk !== undefined && slot.head?.id === chunk
  }

  /** Looks from time to time while some slot holds jobs that others could take. */
  watch(): void {
    if (this.#timer !== undefined || !this.#owner.slots.some(hoards)) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#look()
      this.watch()
    }, SLOW_MS)
    this.#timer.unref()
  }

  #look(): void {
    for (const slot of this.#owner.slots) {
      const head = slot.head
      const mark = hoards(slot) ? slot.link?.mark() : undefined
      if (head === undefined || mark === undefined || mark.chunkId !== head.id) {
        this.#seen.delete(slot)
        continue
      }
      const now = `${mark.chunkId}:${mark.offset}`
      if (this.#seen.get(slot) !== now) this.#stalled.delete(slot)
      else {
        this.#stalled.set(slot, head.id)
        // What tiny jobs before a slow one have left in the page need not wait for its end.
        slot.collectKept()
        // What was dealt to this worker is for no other.
        const shared = slot.chunks.every(({ lane }) => lane.deal === undefined)
        if ((shared && this.#owner.wantsRoom(head.lane)) || slot.emptying) this.#takeBack(slot, mark.offset)
      }
      this.#seen.set(slot, now)
    }
  }

  /**
   * Takes back all that waits behind a slot's running job, so that none of it can start there any more. False where
   * that job has not run for long enough to be sure of it; it is then worth asking again.
   */
  empty(slot: Slot): boolean {
    const { head } = slot
    if (head !== undefined && !head.beside && head.next === 0 && !hasBegun(slot, head))
      return this.#holdBack(slot, head)
    if (!hoards(slot)) return true
    const mark = slot.link?.mark()
    if (head === undefined || mark?.chunkId !== head.id || !(monotonicNow() - mark.startedAt >= SLOW_MS)) return false
    slot.collectKept()
    this.#takeBack(slot, mark.offset)
    return !hoards(slot)
  }

  /**
   * Forbids its worker to begin what it has: it loads the task of the first job, or is blocked by what another has left.
   * Once it comes to that, it gives all of it back. False where it has begun, or may have before it looked.
   */
  #holdBack(slot: Slot, head: Chunk): boolean {
    if (monotonicNow() - head.since < SLOW_MS) return false
    slot.link?.limit({ chunkId: head.id, offset: 0, upTo: slot.chunks.at(-1)?.id ?? head.id })
    return !hasBegun(slot, head)
  }

  #takeBack(slot: Slot, running: number): void {
    const [head, ...later] = slot.chunks
    const last = later.at(-1) ?? head
    if (head === undefined || last === undefined || slot.link === undefined) return
    // Nothing left to take: a limit that names less would lift the one that still holds.
    if (later.length === 0 && running + 1 >= head.count) return
    slot.link.limit({ chunkId: head.id, offset: running + 1, upTo: last.id })
    const mark = slot.link.mark()
    // It has moved on meanwhile: what it does then is said in its own messages.
    if (mark?.chunkId !== head.id || mark.offset !== running) return
    for (const chunk of later.reverse()) this.#owner.giveBack(chunk, slot.takeBack(chunk, chunk.next))
    if (running + 1 < head.count) this.#owner.giveBack(head, slot.takeBack(head, running + 1))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

/** Whether a slot's worker has begun its first chunk, or come further. While it loads the task, it has not. */
const hasBegun = ({ link }: Slot, head: Chunk): boolean => {
  const mark = link?.mark()
  if (mark === undefined || mark.chunkId < head.id) return false
  return mark.chunkId > head.id || Number.isFinite(mark.startedAt)
}

/** True for a slot with jobs behind the one it runs. */
const hoards = ({ chunks }: Slot): boolean => {
  const head = chunks[0]
  // Where several run at once, no mark tells which have started.
  if (chunks.some(({ lane }) => lane.call.concurrency > 1)) return false
  return head !== undefined && (chunks.length > 1 || head.count - head.next > 1)
}
