/**
 * Keeps the time of jobs that wait where there is a `queueTimeout`: one timer, to the job that is due next. A single
 * job waits from when it was submitted, a batch's from when it was read; one that is tried again, from when it may
 * start again. Behind another one in a worker it waits still. Not the time of jobs that run (`slot/JobClock.ts`).
 */
import { JobTimedOut } from "@holdfast/core"
import type { SingleSink } from "../collect/single.ts"
import { describeError } from "../protocol/error-description.ts"
import { monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import { Fifo } from "../scheduler/Fifo.ts"
import type { Lane } from "../scheduler/Lane.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Engine } from "./Engine.ts"
import { timeoutReason } from "./timeout-reason.ts"

/** Consecutive jobs that began to wait at one time. */
interface Entry {
  readonly lane: Lane
  readonly from: number
  readonly count: number
  readonly attempt: number
  readonly since: number
}

/** A job that waits still, and where. */
interface Late {
  readonly index: number
  readonly input: unknown
  readonly place: { readonly slot: Slot; readonly chunk: Chunk } | undefined
}

const isOver = ({ lane, from }: Entry): boolean =>
  lane.ended || lane.stopped || (lane.single && !(lane.sink as SingleSink).has(from))

/** When to look again at jobs that may be about to start. */
const AGAIN_MS = 20

/** Busy workers that a message names. */
const MOST_NAMED = 4

export class QueueClock {
  readonly #engine: Engine
  /** By limit, in milliseconds: of those with one and the same, what is in front is due first. */
  readonly #lines = new Map<number, Fifo<Entry>>()
  /** The first index of a batch that has not been seen. */
  readonly #seen = new WeakMap<Lane, number>()
  #timer: NodeJS.Timeout | undefined
  #due = Number.POSITIVE_INFINITY

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Jobs begin to wait. */
  entered(lane: Lane, from: number, count = 1, attempt = 1): void {
    const limit = lane.call.queueTimeoutMs
    if (limit === undefined) return
    const line = this.#lines.get(limit) ?? new Fifo<Entry>()
    this.#lines.set(limit, line)
    // What has settled goes as others come, so that a long limit does not remember every job there ever was.
    for (let gone = 0; gone < 2 && line.first !== undefined && isOver(line.first); gone++) line.shift()
    const since = monotonicNow()
    line.push({ lane, from, count, attempt, since })
    this.#lookAt(since + limit)
  }

  /** A batch's jobs have been read, and sent to a worker, where they may wait. */
  sent({ lane, base, count }: Chunk): void {
    if (lane.single || lane.call.queueTimeoutMs === undefined) return
    // What was dealt out is not sent in its order.
    const from = lane.deal === undefined ? Math.max(base, this.#seen.get(lane) ?? 0) : base
    if (from >= base + count) return
    this.#seen.set(lane, base + count)
    this.entered(lane, from, base + count - from)
  }

  #lookAt(due: number): void {
    if (due >= this.#due) return
    clearTimeout(this.#timer)
    this.#due = due
    const ms = Math.min(Math.max(1, Math.ceil(due - monotonicNow())), 2 ** 31 - 1)
    this.#timer = setTimeout(() => this.#look(), ms)
    // Jobs that wait hold the program by the workers they wait for.
    this.#timer.unref()
  }

  #look(): void {
    this.#due = Number.POSITIVE_INFINITY
    const now = monotonicNow()
    let next = Number.POSITIVE_INFINITY
    let busy: string | undefined
    for (const [limit, line] of this.#lines) {
      const unsure: Array<Entry> = []
      for (let entry = line.first; entry !== undefined; entry = line.first) {
        if (entry.since + limit - now > 0.5) break
        line.shift()
        if (isOver(entry)) continue
        const moving = this.#takeBack(entry)
        if (moving.size > 0) unsure.push(entry)
        const late = this.#lateOf(entry, moving)
        if (late.length > 0) busy ??= this.#whatWorkersDo()
        for (const each of late) this.#expire(entry, each, limit, now - entry.since, busy ?? "")
      }
      const upcoming = line.first
      // What could not be told for certain is looked at again.
      for (const entry of unsure.reverse()) line.unshift(entry)
      if (line.first === undefined) this.#lines.delete(limit)
      if (upcoming !== undefined) next = Math.min(next, upcoming.since + limit)
      if (unsure.length > 0) next = Math.min(next, now + AGAIN_MS)
    }
    if (next < this.#due) this.#lookAt(next)
  }

  /**
   * Takes those that wait in a worker out of it, so that they can't start there after they were told not to have.
   * Gives the slots where some may be about to: their worker goes through what it has, and they are looked at again.
   */
  #takeBack({ lane, attempt }: Entry): ReadonlySet<Slot> {
    const moving = new Set<Slot>()
    for (const slot of this.#engine.slots) {
      const holds = slot.chunks.some((chunk) => chunk.lane === lane && chunk.attempt === attempt)
      if (holds && !this.#engine.rebalancer.empty(slot)) moving.add(slot)
    }
    return moving
  }

  /** Which of an entry's jobs wait still. */
  #lateOf({ lane, from, count, attempt }: Entry, moving: ReadonlySet<Slot>): Array<Late> {
    if (lane.single && attempt === 1 && from >= lane.read)
      return [{ index: from, input: (lane.sink as SingleSink).inputOf(from), place: undefined }]
    const late: Array<Late> = []
    for (const slot of this.#engine.slots) {
      for (const [position, chunk] of slot.chunks.entries()) {
        if (chunk.lane !== lane || chunk.attempt !== attempt || moving.has(slot) || isMoving(slot)) continue
        const first = Math.max(from - chunk.base, firstWaiting(slot, chunk, position))
        for (let offset = first; offset < Math.min(chunk.count, from + count - chunk.base); offset++) {
          if (chunk.forsaken.has(offset)) continue
          late.push({ index: chunk.base + offset, input: chunk.inputs[offset], place: { slot, chunk } })
        }
      }
    }
    for (const each of lane.waitingAgain(from, count, attempt)) late.push({ ...each, place: undefined })
    return late
  }

  #expire({ lane }: Entry, { index, input, place }: Late, limit: number, waitedMs: number, busy: string): void {
    // The one before may have ended the batch.
    if (lane.stopped) return
    const error = timeoutReason(`the job waited longer than its queueTimeout of ${limit} ms`)
    if (place === undefined) lane.drop(index)
    else this.#engine.releases.forsake(place.slot, place.chunk, index - place.chunk.base, describeError(error))
    this.#engine.settlement.neverStarted(lane, index, input, (job) => {
      const of = `task ${JSON.stringify(job.task)} (job ${job.key}, input ${job.inputPreview})`
      const message = `${of} did not start within its queueTimeout of ${limit} ms: it waited ${Math.round(waitedMs)} ms, while ${busy}`
      return new JobTimedOut(message, job, { limit, which: "queueTimeout" })
    })
  }

  #whatWorkersDo(): string {
    const { slots } = this.#engine
    const now = monotonicNow()
    const told = slots.slice(0, MOST_NAMED).map(({ id, link, state, head }) => {
      if (head === undefined) return `worker ${id} was ${state._tag}`
      const mark = link?.mark()
      const hasBegun = head.next > 0 || (mark?.chunkId === head.id && Number.isFinite(mark.startedAt))
      const doing = head.loads && !hasBegun ? "loading" : "busy with"
      return `worker ${id} was ${doing} task ${JSON.stringify(head.lane.task.name)} for ${Math.round(now - head.since)} ms`
    })
    const others = slots.length - told.length
    return `${told.join(", ")}${others > 0 ? `, and ${others} more` : ""}`
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#lines.clear()
  }
}

/** Whether its worker goes from job to job, so that any that it has may start at any time. */
const isMoving = ({ link, chunks: [head] }: Slot): boolean => {
  const mark = link?.mark()
  return head !== undefined && !head.beside && mark?.chunkId === head.id && Number.isFinite(mark.startedAt)
}

/** The offset of the first job of a chunk that has not started, by its worker's mark. */
const firstWaiting = (slot: Slot, chunk: Chunk, position: number): number => {
  const mark = slot.link?.mark()
  // Where several run at once, each is a chunk of its own. From the one that is loaded last on, none may begin.
  if (chunk.beside) {
    const isHeld = mark !== undefined && !Number.isFinite(mark.startedAt) && chunk.id >= mark.chunkId
    return chunk.startedAt !== undefined || (position < slot.width && !isHeld) ? chunk.count : chunk.next
  }
  if (mark?.chunkId !== chunk.id) return chunk.next
  // Its task is being loaded: it has not started.
  return Number.isFinite(mark.startedAt) ? Math.max(chunk.next, mark.offset + 1) : chunk.next
}
