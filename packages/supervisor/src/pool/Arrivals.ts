/**
 * What comes back from the workers: values are read and decoded, failures are made explainable, and each goes to the
 * Settlement as its job's own. Not what follows for the worker (`WorkerDesk`), nor how one goes (`Departures`).
 */
import type { LastLogs } from "@holdfast/core"
import { explainFault } from "../failure/explain.ts"
import { NO_LOGS } from "../failure/summary.ts"
import { describeError } from "../protocol/error-description.ts"
import type { Failed } from "../protocol/messages.ts"
import { unpacked, type ValueList } from "../protocol/value-list.ts"
import { BatchReader } from "../protocol/values.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import { type Mismatch, readTagged } from "../scheduler/TaskBook.ts"
import { afterOutput } from "../settling/after-output.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Results } from "../slot/SlotOwner.ts"
import type { Engine } from "./Engine.ts"
import { failedRun } from "./failed-run.ts"

/** Why something can't be read. */
const errorOf = (problem: unknown): Error => (problem instanceof Error ? problem : (problem as Mismatch).error)

export class Arrivals {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  values(slot: Slot, chunk: Chunk, { from: offset, taken, skip, count, kind, payload, sync }: Results): void {
    const { lane } = chunk
    const known = this.#engine.tasks.get(lane.task)
    if (!known.proven && this.#engine.tasks.prove(known)) this.#engine.crew.teach(known)
    const decode = known.codec?.decodeOutput
    const reader = new BatchReader(kind, payload, count)
    for (let seen = 0; seen < skip; seen++) reader.next()
    let values: Array<unknown> = []
    let from = chunk.base + offset
    const done = (run: ValueList): void => {
      const ran = { chunk, worker: slot.id, pid: slot.pid }
      const ms = (chunk.answeredMs * run.length) / taken
      this.#engine.settlement.succeeded(lane, from, run, ran, ms, { output: slot.output, sync })
    }
    const flush = (): void => {
      if (values.length > 0) done(values)
      values = []
    }
    const numbers = decode === undefined && chunk.forsaken.size === 0 ? reader.numbers(taken) : undefined
    if (numbers !== undefined) {
      done(lane.sink.takesPacked === true ? numbers : unpacked(numbers))
      return
    }
    for (let at = 0; at < taken; at++) {
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
  }

  /** A result that its worker sent and this side can't read. */
  #unreadable(slot: Slot, chunk: Chunk, offset: number, problem: unknown): void {
    if (chunk.forsaken.has(offset)) return
    const error = errorOf(problem)
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
      ...failedRun(this.#engine, slot, chunk, offset, lastLogs, durationMs),
      crash: fault._tag === "Exited",
      explain: (job) =>
        explainFault(fault, job, lane.callSiteOf(chunk.base + offset), (encoded) => {
          const decode = this.#engine.tasks.get(lane.task).codec?.decodeError
          try {
            const value = readTagged(encoded)
            return decode === undefined ? value : decode(value)
          } catch (problem) {
            throw errorOf(problem)
          }
        })
    })
  }

  failed(slot: Slot, chunk: Chunk, { offset, fault, sync, busyMs }: Failed): void {
    if (chunk.forsaken.has(offset)) return
    const { output, pid } = slot
    // The failure waits for what the job had printed: both come over channels of their own.
    afterOutput({ chunk, from: chunk.base + offset, count: 1, output, sync }, () => {
      const lastLogs = output?.lastLogs({ chunkId: chunk.id, offset }) ?? NO_LOGS
      this.#attemptFailed({ id: slot.id, pid }, chunk, offset, lastLogs, fault, busyMs)
      output?.forget(chunk.id, offset)
    })
  }
}
