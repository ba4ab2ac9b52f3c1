/**
 * Takes in what slots report and passes it on: values and failures to the Settlement, work given back to its
 * lane, deaths to whoever must pay for them. It answers to the Dispatcher, the JobClock and the Rebalancer as
 * well, since all of them act on slots.
 */
import type { LastLogs } from "@holdfast/core"
import { explainFault } from "../failure/explain.ts"
import { folded } from "../failure/folded-stacks.ts"
import { attemptOf, keyOf, NO_LOGS } from "../failure/summary.ts"
import { describeError, restoreError } from "../protocol/error-description.ts"
import type { Escaped, Failed, SharedCall, SharedEnd, Signal } from "../protocol/messages.ts"
import { BatchReader } from "../protocol/values.ts"
import { WorkerOutput } from "../reporting/WorkerOutput.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import { grownSize, smoothed } from "../scheduler/chunk-size.ts"
import type { DispatchOwner } from "../scheduler/Dispatcher.ts"
import type { Lane, Piece } from "../scheduler/Lane.ts"
import { type KnownTask, type Mismatch, readTagged, type Unserializable } from "../scheduler/TaskBook.ts"
import { afterOutput } from "../settling/after-output.ts"
import { SharedDesk } from "../shared/SharedDesk.ts"
import type { ClockOwner, Passed } from "../slot/JobClock.ts"
import type { RebalanceOwner } from "../slot/Rebalancer.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Passing, Results, SlotOwner } from "../slot/SlotOwner.ts"
import { Departures } from "./Departures.ts"
import type { Engine } from "./Engine.ts"
import { giveUpLoading } from "./never-loaded.ts"
import { restoreStore } from "./restoring.ts"
import { tellStall, timeOut } from "./time-out.ts"
import { takeWord } from "./words.ts"

export class WorkerDesk implements SlotOwner, DispatchOwner, ClockOwner, RebalanceOwner {
  readonly #engine: Engine
  readonly #departures: Departures
  readonly #shared = new SharedDesk()

  constructor(engine: Engine) {
    this.#engine = engine
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

  get hungry(): boolean {
    return this.slots.some(({ state }) => state._tag === "idle")
  }

  // To the Dispatcher

  known(lane: Lane): KnownTask {
    return this.#engine.tasks.get(lane.task)
  }

  keys(lane: Lane, { base, inputs }: Piece): ReadonlyArray<string> | undefined {
    return lane.call.key === undefined ? undefined : inputs.map((input, at) => keyOf(lane, base + at, input))
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
    else for (const { id, define } of tasks.proven) slot.learn(id, define)
  }

  stateChanged(slot: Slot): void {
    this.#engine.crew.changed(slot)
    if (slot.state._tag === "gone") this.#engine.onQuiet?.()
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
      }
    })
  }

  values(slot: Slot, chunk: Chunk, { from: offset, taken, skip, count, kind, payload, sync }: Results): void {
    const { lane } = chunk
    const known = this.known(lane)
    if (!known.proven) {
      known.proven = true
      this.#engine.crew.teach(known)
    }
    const decode = known.codec?.decodeOutput
    const reader = new BatchReader(kind, payload, count)
    for (let seen = 0; seen < skip; seen++) reader.next()
    let values: Array<unknown> = []
    let from = chunk.base + offset
    const flush = (): void => {
      if (values.length > 0) {
        const ran = { chunk, worker: slot.id, pid: slot.pid }
        const ms = (chunk.answeredMs * values.length) / taken
        this.#engine.settlement.succeeded(lane, from, values, ran, ms, { output: slot.output, sync })
      }
      values = []
    }
    const numbers = decode === undefined && chunk.forsaken.size === 0 ? reader.numbers(taken) : undefined
    if (numbers !== undefined) values = numbers
    for (let at = values.length; at < taken; at++) {
      const index = chunk.base + offset + at
      let value: unknown
      let problem: unknown
      let ok = true
      try {
        value = reader.next()
        if (decode !== undefined) value = decode(value)
      } catch (error) {
        ok = false
        problem = error
      }
      if (ok && !(chunk.forsaken.size > 0 && chunk.forsaken.has(offset + at))) {
        if (values.length === 0) from = index
        values.push(value)
        continue
      }
      flush()
      if (!ok) this.#unreadable(slot, chunk, offset + at, problem)
    }
    flush()
    this.#learn(slot, chunk)
  }

  /** A result that its worker sent and this side can't read. */
  #unreadable(slot: Slot, chunk: Chunk, offset: number, problem: unknown): void {
    if (chunk.forsaken.has(offset)) return
    const error = problem instanceof Error ? problem : (problem as Mismatch).error
    this.#attemptFailed(slot, chunk, offset, NO_LOGS, {
      _tag: "InvalidOutput",
      message: error.message,
      error: describeError(error)
    })
  }

  #attemptFailed(
    slot: { readonly id: number; readonly pid: number | undefined },
    chunk: Chunk,
    offset: number,
    lastLogs: LastLogs,
    fault: Failed["fault"],
    durationMs?: number
  ): void {
    const { lane } = chunk
    this.#engine.settlement.attemptFailed(lane, {
      index: chunk.base + offset,
      input: chunk.inputs[offset],
      attempt: attemptOf(slot.id, slot.pid, chunk, durationMs),
      lastLogs,
      logs: this.#engine.logs.of(chunk, offset, slot),
      crash: false,
      explain: (job) =>
        explainFault(fault, job, lane.callSiteOf(chunk.base + offset), (encoded) => {
          const value = readTagged(encoded)
          const decode = this.known(lane).codec?.decodeError
          return decode === undefined ? value : decode(value)
        })
    })
  }

  failed(slot: Slot, chunk: Chunk, { offset, fault, sync, busyMs }: Failed): void {
    this.#learn(slot, chunk)
    if (chunk.forsaken.has(offset)) return
    const { output, pid } = slot
    // The failure waits for what the job had printed: both come over channels of their own.
    afterOutput({ chunk, from: chunk.base + offset, count: 1, output, sync }, () => {
      const lastLogs = output?.lastLogs({ chunkId: chunk.id, offset }) ?? NO_LOGS
      this.#attemptFailed({ id: slot.id, pid }, chunk, offset, lastLogs, fault, busyMs)
      output?.forget(chunk.id, offset)
    })
  }

  returned(slot: Slot, chunk: Chunk, offset: number): void {
    this.giveBack(chunk, chunk.cut(offset))
    this.#learn(slot, chunk)
  }

  tookBack(lane: Lane, piece: Piece): void {
    lane.giveBack(piece)
    this.#engine.pumpSoon()
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
