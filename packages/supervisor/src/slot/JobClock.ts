/**
 * Keeps the time of running jobs: tells when one has passed a limit, or has run so long that somebody should
 * hear of it, by the mark its worker set when it started it. So limits are exact within a chunk too. A worker
 * that is frozen before it could start a job is noticed by the parent's own clock.
 */
import { monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Slot } from "./Slot.ts"

/** Beyond the limit, a worker that has not even started its job is taken for frozen. */
const FROZEN_MS = 1000
/**
 * The debugger is armed so long before the deadline, for the stack to be had at once also under load: to connect to a
 * thread takes 10 to 60 ms of its time, of which a machine with five jobs for each core gives it 10 % and less.
 */
const ARM_AHEAD_MS = 1000
/** What comes so much before its time is on time. */
const EARLY_MS = 0.5
const armAhead = (limit: number): number => Math.min(ARM_AHEAD_MS, limit / 2)
/** A job of a long limit is looked at in the middle of it too: what it does then may be all that is ever seen of it. */
const GLANCE_FROM_MS = 2000
const firstLookAhead = (limit: number): number =>
  limit < GLANCE_FROM_MS || limit === Number.POSITIVE_INFINITY ? armAhead(limit) : limit / 2

/** Which limit a job has passed. */
export interface Passed {
  readonly which: "timeout" | "heartbeatTimeout"
  readonly limitMs: number
}

export interface ClockOwner {
  /** The job at `offset` of `chunk` has passed a limit. */
  expired(slot: Slot, chunk: Chunk, offset: number, passed: Passed): void
  /** It has run for so long without a limit. */
  stalled(slot: Slot, chunk: Chunk, offset: number, runningMs: number): void
  /** Its worker has not finished loading the chunk's task. */
  neverLoaded(slot: Slot, chunk: Chunk): void
}

interface Watch {
  readonly timer: NodeJS.Timeout
  readonly due: number
}

/** What is due for a running job, by the monotonic clock. */
interface Due extends Passed {
  readonly at: number
}

export class JobClock {
  readonly #owner: ClockOwner
  readonly #stallMs: number
  readonly #loadMs: number
  readonly #watches = new Map<Slot, Watch>()
  /** Which job was last told of as stalled, and when it is to be told of again. */
  readonly #told = new WeakMap<Chunk, { readonly offset: number; readonly again: number }>()

  constructor(owner: ClockOwner, limits: { readonly stallMs: number | undefined; readonly loadMs: number }) {
    this.#owner = owner
    this.#stallMs = limits.stallMs ?? Number.POSITIVE_INFINITY
    // A worker that can, tells it by itself.
    this.#loadMs = limits.loadMs + FROZEN_MS
  }

  /** Watches what the slot runs. Called when a chunk was sent, and when an answer has come. */
  watch(slot: Slot): void {
    for (const chunk of watched(slot)) this.#watchChunk(slot, chunk)
  }

  #watchChunk(slot: Slot, chunk: Chunk): void {
    if (isBehind(slot, chunk)) return this.#lookIn(slot, FROZEN_MS)
    const { timeoutMs = Number.POSITIVE_INFINITY, heartbeatTimeoutMs = Number.POSITIVE_INFINITY } = chunk.lane.call
    const limit = Math.min(timeoutMs, heartbeatTimeoutMs)
    const loadMs = chunk.loads ? this.#loadMs - ARM_AHEAD_MS : Number.POSITIVE_INFINITY
    const ms = Math.min(limit - firstLookAhead(limit), this.#stallMs, loadMs)
    this.#lookIn(slot, ms)
  }

  /** Looks in `ms`, unless it will look earlier anyway. */
  #lookIn(slot: Slot, ms: number): void {
    if (ms === Number.POSITIVE_INFINITY) return
    const due = monotonicNow() + ms
    const watch = this.#watches.get(slot)
    if (watch !== undefined && watch.due <= due) return
    clearTimeout(watch?.timer)
    const timer = setTimeout(() => {
      this.#watches.delete(slot)
      this.#look(slot)
    }, ms)
    // A job holds the program by its worker's link.
    timer.unref()
    this.#watches.set(slot, { timer, due })
  }

  #look(slot: Slot): void {
    for (const chunk of watched(slot)) this.#lookAt(slot, chunk)
  }

  #lookAt(slot: Slot, chunk: Chunk): void {
    const now = monotonicNow()
    if (isBehind(slot, chunk)) {
      // The time in which its task is to be loaded begins once its worker comes to it.
      chunk.since = now
      return this.#watchChunk(slot, chunk)
    }
    const { offset, marked, startedAt } = standOf(slot, chunk)
    // Whoever has ended keeps no job from its end: that is told once its last output is read.
    if (chunk.forsaken.has(offset) || slot.link?.hasEnded === true) return
    // Also unmarked: a module that blocks its thread may do so before the worker has read what to run.
    const loading = chunk.loads && (marked ? startedAt === Number.POSITIVE_INFINITY : chunk.next === 0)
    if (loading) {
      const left = chunk.since + this.#loadMs - now
      if (left <= EARLY_MS) return this.#owner.neverLoaded(slot, chunk)
      if (left <= ARM_AHEAD_MS) slot.ahead.begin(left)
      this.#lookIn(slot, left > ARM_AHEAD_MS ? left - ARM_AHEAD_MS : left)
    }
    // While its module loads, a job's clock stands still; a worker that is stopped loads nothing.
    if (loading ? marked || slot.link?.stopped?.() !== true : startedAt === Number.POSITIVE_INFINITY)
      return this.#watchChunk(slot, chunk)
    const due = dueOf(chunk, offset, startedAt)
    if (due !== undefined && due.at - now <= EARLY_MS) return this.#owner.expired(slot, chunk, offset, due)
    if (due !== undefined) this.#prepare(slot, due, now, marked)
    this.#tellStall(slot, chunk, offset, now - startedAt)
  }

  #prepare(slot: Slot, due: Due, now: number, marked: boolean): void {
    const left = due.at - now
    const ahead = armAhead(due.limitMs)
    const firstAhead = firstLookAhead(due.limitMs)
    // A timer set when the chunk was sent comes a little early for a job that began a little later: that counts, or it
    // would not be looked at again before its deadline.
    if (marked && left <= ahead + EARLY_MS) slot.ahead.begin(left)
    else if (marked && left <= firstAhead + EARLY_MS) void slot.ahead.glance()
    const next = [firstAhead, ahead, 0].find((each) => left > each + EARLY_MS) ?? 0
    this.#lookIn(slot, Math.max(1, left - next))
  }

  #tellStall(slot: Slot, chunk: Chunk, offset: number, runningMs: number): void {
    const told = this.#told.get(chunk)
    const at = told?.offset === offset ? told.again : this.#stallMs
    if (runningMs >= at - EARLY_MS && at !== Number.POSITIVE_INFINITY) {
      // Told again, ever more rarely: it may be honest work.
      const again = Math.max(at, runningMs) * 2
      this.#told.set(chunk, { offset, again })
      this.#owner.stalled(slot, chunk, offset, runningMs)
      this.#lookIn(slot, again - runningMs)
    } else this.#lookIn(slot, Math.max(1, at - runningMs))
  }

  /** Stops watching a slot. */
  forget(slot: Slot): void {
    clearTimeout(this.#watches.get(slot)?.timer)
    this.#watches.delete(slot)
  }

  stop(): void {
    for (const slot of [...this.#watches.keys()]) this.forget(slot)
  }
}

/** The chunks whose jobs may be running: the first, and those that run beside it, or have their task loaded there. */
const watched = ({ chunks }: Slot): ReadonlyArray<Chunk> => {
  // One that has ended stands there still while its last answer is taken in: the next is watched already.
  const from = chunks[0]?.finished === true ? 1 : 0
  return chunks.length < from + 2 || chunks[from]?.beside !== true
    ? chunks.slice(from, from + 1)
    : chunks.filter(
        (chunk, at) =>
          at === from || (!chunk.finished && (chunk.startedAt !== undefined || (chunk.beside && chunk.loads)))
      )
}

/** Whether its worker, by its mark, has yet to come to a chunk that it can begin beside others, and whose task it loads. */
const isBehind = ({ head, link }: Slot, chunk: Chunk): boolean =>
  chunk !== head &&
  chunk.beside &&
  chunk.loads &&
  chunk.startedAt === undefined &&
  (link?.mark()?.chunkId ?? 0) < chunk.id

/** Which of a chunk's jobs runs, and since when, as far as is known. */
const standOf = (
  { link }: Slot,
  chunk: Chunk
): { readonly offset: number; readonly marked: boolean; readonly startedAt: number } => {
  if (chunk.startedAt !== undefined) return { offset: chunk.next, marked: true, startedAt: chunk.startedAt }
  const mark = link?.mark()
  // What is before the mark is done, though its result may still be on its way.
  const marked = mark !== undefined && mark.chunkId === chunk.id && mark.offset >= chunk.next
  if (!marked) return { offset: chunk.next, marked, startedAt: chunk.since + FROZEN_MS }
  return { offset: mark.offset, marked, startedAt: mark.startedAt }
}

/** What a job's limits come to; undefined where it has none. */
const dueOf = (chunk: Chunk, offset: number, startedAt: number): Due | undefined => {
  const { timeoutMs, heartbeatTimeoutMs } = chunk.lane.call
  const timeout: Due | undefined =
    timeoutMs === undefined ? undefined : { at: startedAt + timeoutMs, which: "timeout", limitMs: timeoutMs }
  if (heartbeatTimeoutMs === undefined) return timeout
  const beatAt = chunk.beat?.offset === offset ? Math.max(startedAt, chunk.beat.at) : startedAt
  const heartbeat: Due = { at: beatAt + heartbeatTimeoutMs, which: "heartbeatTimeout", limitMs: heartbeatTimeoutMs }
  return timeout !== undefined && timeout.at <= heartbeat.at ? timeout : heartbeat
}
