/**
 * Looks after what a slow job holds up: results of tiny jobs before it, which are taken out of the page, and
 * jobs behind it (later in its chunk, or sent ahead), which are taken back while another worker stands idle, or others
 * wait for this one. Nothing is asked of the busy worker, which may be blocked: a limit in its page forbids it to start
 * them, and a second look at its mark proves that it had not. It begins its chunks in their order, those too that run
 * side by side: what comes after the one that its mark names has not begun.
 */

import type { Mark } from "../protocol/page.ts"
import { LIMIT_CHECK_MS, monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Piece } from "../scheduler/Piece.ts"
import type { Slot } from "./Slot.ts"

/** A job that runs so long is not one of the tiny ones that chunks are for. */
const SLOW_MS = LIMIT_CHECK_MS * 2

export interface RebalanceOwner {
  readonly slots: ReadonlyArray<Slot>
  /** Whether what waits in a slot's worker could begin in another's, or other jobs wait for one. */
  wantsRoom(slot: Slot): boolean
  /** Returns jobs to their lane, but for those that were settled meanwhile. */
  giveBack(chunk: Chunk, piece: Piece): void
  /** A slot may be given jobs again. */
  offer(): void
}

export class Rebalancer {
  readonly #owner: RebalanceOwner
  readonly #seen = new Map<Slot, string>()
  /** What runs there of which a job was seen to be slow, by slot. */
  readonly #stalled = new WeakMap<Slot, string>()
  #timer: NodeJS.Timeout | undefined

  constructor(owner: RebalanceOwner) {
    this.#owner = owner
  }

  /** Whether what it runs was seen to be slow: what was sent there now would have to be taken back. */
  isStalled(slot: Slot): boolean {
    const stalled = this.#stalled.get(slot)
    return stalled !== undefined && stalled === runningIn(slot)
  }

  /** Looks from time to time while some slot holds jobs that others could take. */
  watch(): void {
    if (this.#timer !== undefined || !this.#owner.slots.some((slot) => hoards(slot) || this.#isHeldOff(slot))) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#look()
      this.watch()
    }, SLOW_MS)
    this.#timer.unref()
  }

  #look(): void {
    for (const slot of this.#owner.slots) {
      const mark = hoards(slot) ? slot.link?.mark() : undefined
      if (mark === undefined || !isUpToDate(mark, slot)) {
        this.#seen.delete(slot)
        if (!this.isStalled(slot) || this.#isHeldOff(slot)) this.#goesOn(slot)
        continue
      }
      const now = nameOf(mark)
      if (this.#seen.get(slot) !== now) this.#goesOn(slot)
      else {
        this.#stalled.set(slot, runningIn(slot))
        // What tiny jobs before a slow one have left in the page need not wait for its end.
        slot.collectKept()
        if ((holdsShared(slot) && this.#owner.wantsRoom(slot)) || slot.emptying) this.#takeBack(slot, mark)
      }
      this.#seen.set(slot, now)
    }
  }

  /** What was held off from it meanwhile may be sent: of what it runs nothing need end. */
  #goesOn(slot: Slot): void {
    if (this.#stalled.delete(slot)) this.#owner.offer()
  }

  /** Whether it has room beside what it runs, and is given nothing, as it did not come to what it had: it was blocked. */
  #isHeldOff(slot: Slot): boolean {
    return slot.head?.beside === true && slot.load < slot.width && this.isStalled(slot)
  }

  /**
   * Takes back all that waits behind a slot's running job, so that none of it can start there any more. False where
   * that job has not run for long enough to be sure of it; it is then worth asking again.
   */
  empty(slot: Slot): boolean {
    const loading = loadingIn(slot)
    if (loading !== undefined) return this.#holdBack(slot, loading)
    if (!hoards(slot)) return !isBeginning(slot)
    const mark = slot.link?.mark()
    if (mark === undefined || !isUpToDate(mark, slot) || !this.#hasStood(slot, mark)) return false
    slot.collectKept()
    this.#takeBack(slot, mark)
    return !hoards(slot) && !isBeginning(slot)
  }

  /** Whether a mark is old enough for a limit. While a task is loaded, it does not say since when: two looks do. */
  #hasStood(slot: Slot, mark: Mark): boolean {
    if (Number.isFinite(mark.startedAt)) return monotonicNow() - mark.startedAt >= SLOW_MS
    return this.#stalled.has(slot) && this.#seen.get(slot) === nameOf(mark)
  }

  /**
   * Forbids its worker to begin this and what is behind it: it loads its task, or is blocked by what another has left.
   * Once it comes to that, it gives all of it back. False where it has begun, or may have before it looked.
   */
  #holdBack(slot: Slot, loading: Chunk): boolean {
    if (monotonicNow() - loading.since < SLOW_MS) return false
    slot.link?.limit({ chunkId: loading.id, offset: 0, upTo: slot.chunks.at(-1)?.id ?? loading.id })
    return !hasBegun(slot, loading)
  }

  #takeBack(slot: Slot, { chunkId, offset }: Mark): void {
    const { link } = slot
    const last = slot.chunks.at(-1)
    if (link === undefined || last === undefined) return
    const marked = slot.chunks.find(({ id }) => id === chunkId)
    const rest = marked !== undefined && offset + 1 < marked.count ? marked : undefined
    // Nothing left to take: a limit that names less would lift the one that still holds.
    if (last.id <= chunkId && rest === undefined) return
    link.limit({ chunkId, offset: offset + 1, upTo: Math.max(last.id, chunkId) })
    const mark = link.mark()
    // It has moved on meanwhile: what it does then is said in its own messages.
    if (mark?.chunkId !== chunkId || mark.offset !== offset) return
    const later = slot.chunks.filter((chunk) => chunk.id > chunkId)
    for (const chunk of later.reverse()) this.#owner.giveBack(chunk, slot.takeBack(chunk, chunk.next))
    if (rest !== undefined) this.#owner.giveBack(rest, slot.takeBack(rest, offset + 1))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

const nameOf = ({ chunkId, offset }: Mark): string => `${chunkId}:${offset}`

/** Whether a slot's worker has begun this chunk, or come further. While it loads the task, it has not. */
const hasBegun = ({ link }: Slot, chunk: Chunk): boolean => {
  const mark = link?.mark()
  if (mark === undefined || mark.chunkId < chunk.id) return false
  return mark.chunkId > chunk.id || Number.isFinite(mark.startedAt)
}

/** The chunk whose task a slot's worker is to load before it can begin that, or what is behind it; undefined for none. */
const loadingIn = (slot: Slot): Chunk | undefined => {
  const { chunks, head, link } = slot
  if (head?.beside !== true) return head?.next === 0 && !hasBegun(slot, head) ? head : undefined
  const mark = link?.mark()
  if (mark === undefined || Number.isFinite(mark.startedAt)) return undefined
  // One that was loaded as others came begins without a look at any limit.
  const isOvertaken = chunks.some(({ id, startedAt }) => startedAt === undefined && id < mark.chunkId)
  return isOvertaken ? undefined : chunks.find(({ id }) => id === mark.chunkId)
}

/** True for a slot with jobs behind what it runs, or loads. */
const hoards = ({ chunks, link }: Slot): boolean => {
  const [head] = chunks
  if (head?.beside === true) {
    const newest = link?.mark()?.chunkId ?? 0
    return chunks.some(({ id, startedAt }) => startedAt === undefined && id > newest)
  }
  return head !== undefined && (chunks.length > 1 || head.count - head.next > 1)
}

/** True for a slot with jobs side by side, one of which loads its task, or has begun and has not said so yet. */
const isBeginning = ({ chunks, head }: Slot): boolean =>
  head?.beside === true && chunks.some(({ startedAt }) => startedAt === undefined)

/** Whether something waits there that others may run: what was dealt to its worker is for no other. */
const holdsShared = ({ chunks }: Slot): boolean =>
  chunks.some(({ count, lane, next }, at) => lane.deal === undefined && (at > 0 || count - next > 1))

/** Whether a mark tells of what the slot's worker runs now. Where jobs run side by side it is of the last to begin. */
const isUpToDate = ({ chunkId }: Mark, { head }: Slot): boolean =>
  head !== undefined && (head.beside ? chunkId >= head.id : chunkId === head.id)

/** Which chunks run there: another text once one of them has come to its end. */
const runningIn = ({ chunks, head }: Slot): string => {
  if (head?.beside !== true) return String(head?.id)
  return chunks.flatMap(({ id, startedAt }) => (startedAt === undefined ? [] : [id])).join()
}
