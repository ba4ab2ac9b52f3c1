/**
 * Takes in what slots report and passes it on: values and failures to the Settlement, work given back to its
 * lane, deaths to whoever must pay for them. It answers to the Dispatcher, the JobClock and the Rebalancer as
 * well, since all of them act on slots.
 */
import { folded } from "../failure/folded-stacks.ts"
import { keyOf } from "../failure/summary.ts"
import type { Standing } from "../failure/whereabouts.ts"
import { restoreError } from "../protocol/error-description.ts"
import type { Escaped, Failed, SharedCall, SharedEnd, Signal } from "../protocol/messages.ts"
import { WorkerOutput } from "../reporting/WorkerOutput.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import { grownSize, smoothed } from "../scheduler/chunk-size.ts"
import type { DispatchOwner } from "../scheduler/Dispatcher.ts"
import type { Lane } from "../scheduler/Lane.ts"
import type { Piece } from "../scheduler/Piece.ts"
import type { KnownTask, Mismatch, Unserializable } from "../scheduler/TaskBook.ts"
import { SharedDesk } from "../shared/SharedDesk.ts"
import type { ClockOwner, Passed } from "../slot/JobClock.ts"
import type { RebalanceOwner } from "../slot/Rebalancer.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Passing, Results, SlotOwner } from "../slot/SlotOwner.ts"
import { Arrivals } from "./Arrivals.ts"
import { Departures } from "./Departures.ts"
import type { Engine } from "./Engine.ts"
import { investigate } from "./investigation.ts"
import { giveUpLoading } from "./never-loaded.ts"
import { restoreStore } from "./restoring.ts"
import { tellStall, timeOut } from "./time-out.ts"
import { takeWord } from "./words.ts"

export class WorkerDesk implements SlotOwner, DispatchOwner, ClockOwner, RebalanceOwner {
  readonly #engine: Engine
  readonly #arrivals: Arrivals
  readonly #departures: Departures
  readonly #shared = new SharedDesk(() => this.#engine.keepAliveWhileBusy())

  constructor(engine: Engine) {
    this.#engine = engine
    this.#arrivals = new Arrivals(engine)
    this.#departures = new Departures(engine)
  }

  get slots(): ReadonlyArray<Slot> {
    return this.#engine.slots
  }

  roomIn(slot: Slot): number {
    return (this.#engine.options.maxJobsPerWorker ?? Number.POSITIVE_INFINITY) - slot.jobsGiven
  }

  isRestoring({ id }: Slot): boolean {
    return this.#engine.stores.isRestoring(id)
  }

  isStalled(slot: Slot): boolean {
    return this.#engine.rebalancer.isStalled(slot)
  }

  wantsRoom(slot: Slot): boolean {
    const { lanes } = this.#engine
    if (this.slots.some((other) => this.#couldTakeOver(other, slot))) return true
    return lanes.some((lane) => (lane !== slot.head?.lane || this.slots.length > 1) && lane.hasWork(this.slots.length))
  }

  /** Whether it is idle, or has room beside what it runs for what waits in `from`. */
  #couldTakeOver(slot: Slot, from: Slot): boolean {
    const { load, state, width } = slot
    if (state._tag === "idle") return true
    if (slot === from || state._tag !== "busy" || load >= width) return false
    return from.chunks.some(({ lane, startedAt }) => startedAt === undefined && lane.call.concurrency > load)
  }

  // To the Dispatcher

  known(lane: Lane): KnownTask {
    return this.#engine.tasks.get(lane.task)
  }

  keys(lane: Lane, { base, inputs }: Piece): ReadonlyArray<string> | undefined {
    return lane.call.key === undefined ? undefined : Array.from(inputs, (input, at) => keyOf(lane, base + at, input))
  }

  refused(lane: Lane, index: number, input: unknown, why: Mismatch | Unserializable): void {
    this.#engine.settlement.refused(lane, index, input, why)
  }

  inputFailed(lane: Lane): void {
    const failure = lane.inputFailure
    lane.inputFailure = undefined
    if (failure !== undefined) lane.sink.inputFailed(failure.error)
  }

  checkEnd(lane: Lane): void {
    this.#engine.settlement.endIfComplete(lane)
  }

  sent(slot: Slot, chunk: Chunk): void {
    this.#engine.queueClock.sent(chunk)
    this.#engine.clock.watch(slot)
    this.#engine.rebalancer.watch()
  }

  // From the slots

  offer(): void {
    this.#engine.dispatcher.pump()
  }

  starting(slot: Slot): void {
    this.#engine.bus.publish({ _tag: "WorkerStarting", at: Date.now(), worker: slot.id, pid: slot.pid })
  }

  ready(slot: Slot): void {
    this.#engine.bus.publish({ _tag: "WorkerReady", at: Date.now(), worker: slot.id, pid: slot.pid })
    const { crew, tasks } = this.#engine
    if (!crew.isSpare(slot)) restoreStore(this.#engine, slot)
    // What steps in later need not load them first.
    else for (const { id, define } of tasks.proven) slot.known.prepare(id, define)
  }

  stateChanged(slot: Slot): void {
    this.#engine.crew.changed(slot)
    if (slot.state._tag === "gone") this.#engine.onQuiet?.()
  }

  lookInto(slot: Slot): Promise<Standing> | undefined {
    const { link } = slot
    // Inline nobody can look from outside, and what is open is the whole program's.
    if (link?.watchdog === undefined) return undefined
    return investigate({ link, inspect: (withinMs) => slot.inspect(withinMs) })
  }

  outputFor(slot: Slot, nonce: string): WorkerOutput {
    const { link } = slot
    const { bus, logs } = this.#engine
    return new WorkerOutput({
      bus,
      nonce,
      worker: slot.id,
      pid: link?.pid,
      stdout: link?.stdout,
      stderr: link?.stderr,
      describe: (chunkId, offset) => slot.tagOf(chunkId, offset),
      keep: ({ chunkId, offset }, stream, text) => {
        const chunk = slot.chunkOf(chunkId)
        if (chunk !== undefined) logs.add(logs.of(chunk, offset, slot), stream, text)
      },
      runningNow: () => {
        const head = slot.head
        return head === undefined ? undefined : { chunkId: head.id, offset: head.next }
      },
      marked: () => {
        for (const chunk of slot.chunks) {
          const offset = slot.runningIn(chunk)
          if (offset !== undefined) return { chunkId: chunk.id, offset }
        }
        return undefined
      }
    })
  }

  values(slot: Slot, chunk: Chunk, results: Results): void {
    this.#arrivals.values(slot, chunk, results)
    this.#learn(slot, chunk)
  }

  failed(slot: Slot, chunk: Chunk, failed: Failed): void {
    this.#learn(slot, chunk)
    this.#arrivals.failed(slot, chunk, failed)
    if (failed.fault._tag === "Exited") slot.handle({ _tag: "Retire" })
  }

  returned(slot: Slot, chunk: Chunk, offset: number): void {
    this.giveBack(chunk, slot.takeBack(chunk, offset))
    this.#learn(slot, chunk)
  }

  /** Returns jobs to their lane, but for those that were settled meanwhile. */
  giveBack(chunk: Chunk, piece: Piece): void {
    const { lane, forsaken } = chunk
    if (forsaken.size === 0) lane.giveBack(piece)
    else {
      for (let at = piece.inputs.length - 1; at >= 0; at--) {
        const index = piece.base + at
        if (!forsaken.has(index - chunk.base)) lane.giveBack({ ...piece, base: index, inputs: [piece.inputs[at]] })
      }
    }
    this.#engine.pumpSoon()
  }

  #learn(slot: Slot, chunk: Chunk): void {
    this.#engine.clock.watch(slot)
    // It may take no more: once it has done what it has, it is replaced.
    if (this.roomIn(slot) <= 0) slot.handle({ _tag: "Retire" })
    if (!chunk.finished) return
    if (chunk.count === 0) return
    const { lane } = chunk
    const mean = chunk.busyMs / chunk.count
    lane.meanMs = smoothed(lane.meanMs, mean)
    lane.autoSize = grownSize(lane.autoSize, lane.meanMs, lane.mostAuto)
    if (!lane.single) this.known(lane).meanMs = lane.meanMs
  }

  escaped(slot: Slot, { chunkId, offset, running, error }: Escaped): void {
    // One that runs has its failure right behind this.
    if (!running || !slot.chunks.some(({ id }) => id === chunkId)) {
      const tag = chunkId === undefined || offset === undefined ? undefined : slot.tagOf(chunkId, offset)
      this.#engine.bus.publish({
        _tag: "LateError",
        at: Date.now(),
        worker: slot.id,
        pid: slot.pid,
        task: tag?.task,
        index: tag?.index,
        error: folded(restoreError(error))
      })
    }
    slot.handle({ _tag: "Retire" })
  }

  said(slot: Slot, chunk: Chunk, offset: number, said: Signal["said"]): void {
    takeWord(this.#engine, slot, chunk, offset, said)
  }

  shared(slot: Slot, message: SharedCall | SharedEnd): void {
    if (message._tag === "SharedCall") this.#shared.call(slot, message)
    else this.#shared.ended(slot, message)
  }

  /** Whether some job that used shared objects may hold one still. */
  get sharing(): boolean {
    return this.#shared.serving
  }

  passed(slot: Slot, passing: Passing): number | undefined {
    this.#shared.died(slot)
    return this.#departures.passed(slot, passing)
  }

  expired(slot: Slot, chunk: Chunk, offset: number, passed: Passed): void {
    void timeOut(this.#engine, slot, chunk, offset, passed)
  }

  stalled(slot: Slot, chunk: Chunk, offset: number, runningMs: number): void {
    void tellStall(this.#engine, slot, chunk, offset, runningMs)
  }

  neverLoaded(slot: Slot, chunk: Chunk): void {
    void giveUpLoading(this.#engine, slot, chunk)
  }
}
