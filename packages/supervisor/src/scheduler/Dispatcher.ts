/**
 * Brings lanes and slots together: whenever a slot has room and a lane has work, encodes the next chunk and
 * sends it. Jobs whose input can't be sent fail here, before anything crosses.
 */

import { MAX_BODY_BYTES } from "../protocol/frames.ts"
import { monotonicNow } from "../protocol/page.ts"
import { partOf, type ValueList } from "../protocol/value-list.ts"
import { encodeLent, type Unserializable } from "../protocol/values.ts"
import type { Slot } from "../slot/Slot.ts"
import { Chunk } from "./Chunk.ts"
import { mayPrefetch, nextChunkSize } from "./chunk-size.ts"
import type { Lane } from "./Lane.ts"
import type { LaneQueue } from "./LaneQueue.ts"
import type { Piece } from "./Piece.ts"
import type { KnownTask } from "./TaskBook.ts"
import { Mismatch } from "./TaskBook.ts"

/** Whoever settles what can't be sent. */
export interface DispatchOwner {
  readonly slots: ReadonlyArray<Slot>
  /** How many more jobs a slot's worker may be given. */
  roomIn(slot: Slot): number
  /** Whether it is being given what a new worker must have before it runs anything. */
  isRestoring(slot: Slot): boolean
  /** Whether what it runs takes far longer than was thought. */
  isStalled(slot: Slot): boolean
  known(lane: Lane): KnownTask
  keys(lane: Lane, piece: Piece): ReadonlyArray<string> | undefined
  refused(lane: Lane, index: number, input: unknown, why: Mismatch | Unserializable): void
  /** The lane's iterable threw. */
  inputFailed(lane: Lane): void
  /** The lane may have come to its end without sending anything. */
  checkEnd(lane: Lane): void
  sent(slot: Slot, chunk: Chunk): void
}

const lessBusy = (slot: Slot, other: Slot | undefined): Slot =>
  other === undefined || slot.load < other.load ? slot : other

/** Whether a lane's job may run beside those that the slot's worker runs. */
const roomyFor = (concurrency: number, { load }: Slot): boolean => concurrency > load

/** Room for a message's head beside its payload. */
const LARGEST_PAYLOAD = MAX_BODY_BYTES - 1024

export class Dispatcher {
  readonly #owner: DispatchOwner
  readonly #lanes: LaneQueue
  /** How many jobs each slot had been given when it was last idle. */
  readonly #givenWhenIdle = new WeakMap<Slot, number>()
  #chunks = 0
  #pumping = false
  #again = false

  constructor(owner: DispatchOwner, lanes: LaneQueue) {
    this.#owner = owner
    this.#lanes = lanes
  }

  /** Sends whatever can be sent now. */
  pump(): void {
    // A lane's iterator or a sink may call back in here: one loop is enough, and it looks again.
    if (this.#pumping) {
      this.#again = true
      return
    }
    this.#pumping = true
    try {
      do {
        this.#again = false
        while (this.#step()) {}
      } while (this.#again)
    } finally {
      this.#pumping = false
    }
  }

  /** Sends one chunk; false when no slot or no lane is left that wants one. */
  #step(): boolean {
    if (this.#lanes.hasDirected && this.#stepDirected()) return true
    if (this.#lanes.hasDealt) return this.#stepEach()
    let least: Slot | undefined
    let roomy: Slot | undefined
    let sated: Slot | undefined
    for (const slot of this.#owner.slots) {
      if (!this.#isOpen(slot)) continue
      if (slot.state._tag === "idle") return this.#feedIdle(slot)
      if (slot.state._tag !== "busy" || this.#owner.isStalled(slot)) continue
      if (slot.load < slot.width) {
        if (this.#hadItsShare(slot)) sated = lessBusy(slot, sated)
        else roomy = lessBusy(slot, roomy)
      }
      least = lessBusy(slot, least)
    }
    // Beside those that run, only jobs of a lane that allows so many.
    if (roomy !== undefined && this.#feedBeside(roomy)) return true
    if (sated !== undefined && this.#feedBeside(sated, 1)) return true
    return least !== undefined && this.#feedAhead(least)
  }

  /** Whether it may be given what is for any worker: not ahead of what is for it alone, which would never find it free. */
  #isOpen(slot: Slot): boolean {
    const { slots } = this.#owner
    if (this.#lanes.hasDirected && this.#lanes.nextFor(slot.id, slots.length) !== undefined) return false
    return this.#owner.roomIn(slot) > 0 && !this.#owner.isRestoring(slot)
  }

  #feedIdle(slot: Slot): boolean {
    this.#givenWhenIdle.set(slot, slot.jobsGiven)
    return this.#feed(slot, () => true)
  }

  /**
   * Whether a worker that runs jobs side by side has had so many since it was idle that others, who need it to
   * themselves, may have it next. Until then it is kept full.
   */
  #hadItsShare(slot: Slot): boolean {
    return slot.jobsGiven - (this.#givenWhenIdle.get(slot) ?? 0) >= 2 * slot.width
  }

  /** Sends one chunk to run beside those that do: only jobs of a lane that allows so many. */
  #feedBeside(slot: Slot, most?: number): boolean {
    return this.#feed(slot, ({ call }) => roomyFor(call.concurrency, slot), most)
  }

  /**
   * Sends one chunk for later: of the lane whose turn it is, or none. If others could go ahead of one that must not be
   * sent ahead, no worker would ever be idle, which that one needs. Jobs that run side by side begin whenever their
   * worker comes to them: one that is failed where it waits too long may have begun, so it waits here.
   */
  #feedAhead(slot: Slot): boolean {
    return this.#feed(
      slot,
      (lane) =>
        (lane.call.concurrency === 1 || lane.call.queueTimeoutMs === undefined) &&
        mayPrefetch({
          load: slot.load - Math.min(slot.width, lane.call.concurrency) + 1,
          queuedMs: slot.queuedMs,
          meanMs: lane.meanMs,
          size: this.#sizeFor(lane)
        }),
      1
    )
  }

  /** Where each worker has jobs of its own, each is asked: the idle ones first. */
  #stepEach(): boolean {
    const open = this.#owner.slots.filter((slot) => this.#isOpen(slot))
    for (const slot of open) if (slot.state._tag === "idle" && this.#feedIdle(slot)) return true
    for (const slot of open) {
      if (slot.state._tag !== "busy" || this.#owner.isStalled(slot)) continue
      if (slot.load < slot.width && this.#feedBeside(slot, this.#hadItsShare(slot) ? 1 : undefined)) return true
      if (this.#feedAhead(slot)) return true
    }
    return false
  }

  /** What is for one worker alone goes first, and never ahead of time: nobody else could take it over. */
  #stepDirected(): boolean {
    const { slots } = this.#owner
    for (const slot of slots) {
      if (this.#owner.roomIn(slot) <= 0) continue
      const most = this.#owner.isRestoring(slot) ? 1 : slot.width
      if (slot.state._tag !== "idle" && (slot.state._tag !== "busy" || slot.load >= most)) continue
      const lane = this.#lanes.nextFor(slot.id, slots.length)
      if (lane !== undefined && (slot.load === 0 || lane.call.concurrency > slot.load)) {
        this.#hand(slot, lane, 1)
        return true
      }
    }
    return false
  }

  #sizeFor(lane: Lane): number {
    const { total } = lane.source
    return nextChunkSize({
      configured: lane.call.chunkSize,
      autoSize: lane.autoSize,
      // Where chunks are dealt, they say whose a job is.
      meanMs: lane.deal === undefined ? lane.meanMs : undefined,
      // What was dealt is each worker's own: there is nothing to share out at the end.
      left: total === undefined || lane.deal !== undefined ? undefined : total - lane.read,
      workers: this.#owner.slots.length
    })
  }

  /**
   * Sends the next chunk of a lane to `slot`; of the first `most` that have work, where that is given. True when
   * something changed, so that it is worth another look.
   */
  #feed(slot: Slot, allows: (lane: Lane) => boolean, most?: number): boolean {
    const workers = this.#owner.slots.length
    const lane = this.#lanes.next(workers, allows, this.#placeOf(slot), most)
    if (lane === undefined) return false
    this.#hand(slot, lane, lane.call.concurrency > 1 ? 1 : this.#sizeFor(lane))
    return true
  }

  /** Which of the slots it is; asked only where that matters. */
  #placeOf(slot: Slot): number {
    return this.#lanes.hasDealt ? this.#owner.slots.indexOf(slot) : 0
  }

  /** Sends at most `size` jobs of a lane. */
  #hand(slot: Slot, lane: Lane, size: number): void {
    const most = Math.min(this.#owner.roomIn(slot), size)
    const piece = lane.take(most, this.#owner.slots.length, this.#placeOf(slot))
    if (lane.inputFailure !== undefined) this.#owner.inputFailed(lane)
    if (piece === undefined || lane.stopped) this.#owner.checkEnd(lane)
    else this.#send(slot, lane, piece)
  }

  #send(slot: Slot, lane: Lane, piece: Piece): void {
    const known = this.#owner.known(lane)
    const wire = this.#encodeInputs(known, piece)
    const { kind, bytes, count, refused } = encodeLent(wire.values)
    const sendable = bytes.length <= LARGEST_PAYLOAD
    if (count > 0 && sendable) {
      const inputs = count === piece.inputs.length ? piece.inputs : partOf(piece.inputs, 0, count)
      const chunk = new Chunk({
        id: ++this.#chunks,
        lane,
        base: piece.base,
        inputs,
        attempt: piece.attempt,
        seat: piece.seat,
        since: monotonicNow()
      })
      const keys = this.#owner.keys(lane, { ...piece, inputs })
      const resumed = piece.attempt > 1 ? lane.history.get(piece.base)?.checkpoint : undefined
      const { partials } = lane
      const { concurrency } = lane.call
      const detail =
        keys === undefined && resumed === undefined && partials === undefined && concurrency === 1
          ? undefined
          : {
              ...(concurrency === 1 ? {} : { concurrency }),
              ...(keys === undefined ? {} : { keys }),
              ...(resumed === undefined ? {} : { resumed }),
              ...(partials === undefined ? {} : { partials })
            }
      slot.run(
        chunk,
        {
          _tag: "Run",
          chunkId: chunk.id,
          taskId: known.id,
          base: piece.base,
          count,
          attempt: piece.attempt,
          single: !lane.numbered,
          awake: slot.link?.awake ?? false,
          timed: lane.call.timeoutMs !== undefined || lane.call.heartbeatTimeoutMs !== undefined,
          kind,
          payload: bytes,
          detail
        },
        known.define
      )
      this.#owner.sent(slot, chunk)
    }
    const done = sendable ? count : 0
    if (!sendable && count > 1) {
      // Too large together: apart they may pass.
      for (let at = count - 1; at >= 0; at--)
        lane.giveBack({ ...piece, base: piece.base + at, inputs: [piece.inputs[at]] })
      return
    }
    const why = sendable
      ? (refused ?? wire.refused)
      : ({ path: "", message: `is larger than 1 GiB (${bytes.length} bytes)` } as Unserializable)
    if (why === undefined) return
    lane.giveBack({ ...piece, base: piece.base + done + 1, inputs: partOf(piece.inputs, done + 1) })
    this.#owner.refused(lane, piece.base + done, piece.inputs[done], why)
  }

  /** Inputs as the task's schema writes them, up to the first that does not fit. */
  #encodeInputs(
    known: KnownTask,
    { inputs }: Piece
  ): { readonly values: ValueList; readonly refused: Mismatch | undefined } {
    const encode = known.codec?.encodeInput
    if (encode === undefined) return { values: inputs, refused: undefined }
    const values: Array<unknown> = []
    for (const input of inputs) {
      try {
        values.push(encode(input))
      } catch (thrown) {
        if (!(thrown instanceof Mismatch)) throw thrown
        return { values, refused: thrown }
      }
    }
    return { values, refused: undefined }
  }
}
