/**
 * One task with one set of options and the jobs that wait for it: a `map`, a `stream`, or all single jobs of a
 * task. Hands out jobs in pieces of consecutive indices, takes back what was not run, remembers what failed
 * before. Runs nothing and settles nothing.
 */
import type { AnyTask } from "@holdfast/core"
import type { Sink } from "../collect/Sink.ts"
import type { CallSite } from "../failure/call-site.ts"
import type { ResolvedCall } from "../options/resolve.ts"
import type { ValueList } from "../protocol/value-list.ts"
import type { Mask } from "../watchdog/mask.cts"
import { firstSize, MAX_AUTO_OF_READER } from "./chunk-size.ts"
import type { Deal } from "./Deal.ts"
import { JobHistory } from "./JobHistory.ts"
import { contains, headOf, type Piece, restOf } from "./Piece.ts"
import { InputFailed, type Source } from "./Source.ts"
import { SubmittedSource } from "./SubmittedSource.ts"

/** A job of an earlier run. */
export interface Again {
  readonly index: number
  readonly attempt: number
}

/** Never more jobs ahead of their reader, unless `lookAhead` asks for it. */
const MAX_WINDOW = 16_384

export class Lane {
  readonly id: number
  readonly task: AnyTask
  readonly call: ResolvedCall
  readonly #callSite: CallSite | undefined
  readonly source: Source
  readonly sink: Sink
  /** Whether `run` and `submit` share it: it never ends, and its indices are nobody's batch. */
  readonly single: boolean
  /** Whether its indices are what its caller knows its jobs by: of a batch, or of one `submitAll`. */
  readonly numbered: boolean
  /** The one worker that may run it; undefined for any. */
  readonly target: number | undefined
  /** How many values that its job yields may be on their way to whoever takes them; undefined where nobody does. */
  readonly partials: number | undefined
  /** Whose values its jobs' previews hide. */
  readonly mask: Mask | undefined
  /** Which worker each of its jobs is for; undefined where any may run them. */
  readonly deal: Deal | undefined
  readonly history = new Map<number, JobHistory>()
  /** Jobs that were answered for and wait for what they had printed; calling it settles them at once. */
  readonly settling = new Map<number, () => void>()
  /** Jobs read from the source; the next job's index. */
  read = 0
  succeeded = 0
  failed = 0
  /** Jobs read and not yet settled. */
  outstanding = 0
  /** Jobs read and not yet handed on to whoever collects them. */
  undelivered = 0
  /** Mean time of a job, smoothed; undefined before the first result. */
  meanMs: number | undefined
  /** What `chunkSize: "auto"` has grown to. */
  autoSize = 1
  /** What it may grow to; undefined for the usual bound. */
  mostAuto: number | undefined
  /** False while it has nothing to do, and is not looked at. */
  inLine = true
  /** True once everything left is cancelled. */
  stopped = false
  /** True once its sink was told that it has ended. */
  ended = false
  /** True while all that it has left is gathered: nothing of it is given to a worker. */
  held = false
  /** False while the task's schemas are being loaded. */
  prepared = true
  inputFailure: { readonly error: unknown } | undefined
  readonly #firstAttempt: number
  readonly #pieces: Array<Piece> = []
  readonly #atEnd: Array<() => void> = []
  /** Jobs that were settled while they waited. */
  readonly #dropped = new Set<number>()

  constructor(
    fields: Pick<Lane, "id" | "task" | "call" | "source" | "sink" | "single"> & {
      readonly callSite?: CallSite
      readonly target?: number | undefined
      readonly partials?: number | undefined
      readonly numbered?: boolean
      readonly mask?: Mask | undefined
      readonly deal?: Deal | undefined
      readonly again?: Again
    }
  ) {
    this.id = fields.id
    this.task = fields.task
    this.call = fields.call
    this.#callSite = fields.callSite
    this.source = fields.source
    this.sink = fields.sink
    this.mostAuto = fields.sink.bounded ? MAX_AUTO_OF_READER : undefined
    this.single = fields.single
    this.numbered = fields.numbered ?? !fields.single
    this.target = fields.target
    this.partials = fields.partials
    this.mask = fields.mask
    this.deal = fields.deal
    this.read = fields.again?.index ?? 0
    this.#firstAttempt = fields.again?.attempt ?? 1
  }

  /** How many jobs may be ahead of their reader: enough that none of those that can run at once waits for it. */
  window(workers: number): number {
    if (!this.sink.bounded) return Number.POSITIVE_INFINITY
    const size = this.call.chunkSize === "auto" ? this.autoSize : this.call.chunkSize
    if (this.call.lookAhead !== undefined) return Math.max(1, this.call.lookAhead * size)
    const places = workers * this.call.concurrency
    return Math.max(places, Math.min(MAX_WINDOW, 2 * places * size))
  }

  /** How many jobs may be read now. */
  #room(workers: number): number {
    const room = this.window(workers) - this.undelivered
    // A reader who is at the first of many values leaves room for one job: sent alone, it costs as much as all.
    const isSliver = this.call.chunkSize === "auto" && this.undelivered > 0 && room < this.autoSize / 4
    return isSliver ? 0 : room
  }

  /** Whether there is something for the worker at `place` of so many. */
  hasWork(workers: number, place = 0): boolean {
    if (this.stopped || this.held || !this.prepared) return false
    if (this.#pieces.length > 0 || this.deal?.has(place, workers) === true) return true
    const room = this.#room(workers)
    if (room <= 0) return false
    this.source.want(Math.min(room, MAX_WINDOW))
    return this.source.ready
  }

  /** The next jobs, at most `max`; undefined when none is at hand. Sets `inputFailure` where the iterable threw. */
  take(max: number, workers: number, place = 0): Piece | undefined {
    for (;;) {
      const piece =
        this.#takeReturned(max) ??
        (this.deal === undefined ? this.#takeRead(max, workers) : this.#takeDealt(this.deal, max, workers, place))
      if (piece === undefined || this.#dropped.size === 0) return piece
      const kept = this.#withoutDropped(piece)
      if (kept !== undefined) return kept
    }
  }

  #takeReturned(max: number): Piece | undefined {
    const piece = this.#pieces.shift()
    if (piece === undefined || piece.inputs.length <= max) return piece
    this.giveBack(restOf(piece, max))
    return headOf(piece, max)
  }

  /** The next that was dealt to whoever is at `place`; deals on until there is some, or the window is full. */
  #takeDealt(deal: Deal, max: number, workers: number, place: number): Piece | undefined {
    for (;;) {
      const piece = deal.take(place, workers)
      if (piece !== undefined) {
        if (piece.inputs.length <= max) return piece
        deal.giveBack(restOf(piece, max))
        return headOf(piece, max)
      }
      const { total } = this.source
      const read = this.#takeRead(deal.portion(max, total === undefined ? undefined : total - this.read), workers)
      if (read === undefined) return undefined
      deal.add(read)
    }
  }

  #takeRead(max: number, workers: number): Piece | undefined {
    const room = Math.min(max, this.#room(workers))
    if (room <= 0 || !this.source.ready) return undefined
    let inputs: ValueList
    try {
      inputs = this.source.take(room)
    } catch (thrown) {
      const failure = thrown instanceof InputFailed ? thrown : new InputFailed(thrown, [])
      this.inputFailure = { error: failure.error }
      inputs = failure.taken
    }
    if (inputs.length === 0) return undefined
    const base = this.read
    this.read += inputs.length
    this.outstanding += inputs.length
    this.undelivered += inputs.length
    return { base, inputs, attempt: this.#firstAttempt }
  }

  /** The piece up to the first dropped job; what comes after it waits again. */
  #withoutDropped(piece: Piece): Piece | undefined {
    const { base, inputs } = piece
    const first = inputs.findIndex((_, offset) => this.#dropped.has(base + offset))
    if (first === -1) return piece
    this.#dropped.delete(base + first)
    if (first + 1 < inputs.length) this.giveBack(restOf(piece, first + 1))
    return first === 0 ? undefined : headOf(piece, first)
  }

  /** Jobs that were handed out and not started: they go first. */
  giveBack(piece: Piece): void {
    if (this.stopped || piece.inputs.length === 0) return
    if (piece.seat !== undefined && this.deal !== undefined) this.deal.giveBack(piece)
    else this.#pieces.unshift(piece)
  }

  /** A job to be tried once more. */
  again(index: number, input: unknown, attempt: number): void {
    if (!this.stopped) this.#pieces.push({ base: index, inputs: [input], attempt })
  }

  /** A waiting job was settled: it will not be handed out. */
  drop(index: number): void {
    if (index >= this.read && this.source instanceof SubmittedSource) this.source.settled(index - this.read)
    // One that waits for the time of its next attempt is not in line, and would be remembered for ever.
    const isInLine = index >= this.read || this.#waiting.some((piece) => contains(piece, index))
    if (isInLine) this.#dropped.add(index)
  }

  get #waiting(): ReadonlyArray<Piece> {
    return this.deal === undefined ? this.#pieces : [...this.#pieces, ...this.deal.waiting]
  }

  /** Those of `count` jobs from `from` on that were handed out before, or tried, and wait again. */
  waitingAgain(
    from: number,
    count: number,
    attempt: number
  ): Array<{ readonly index: number; readonly input: unknown }> {
    const waiting: Array<{ readonly index: number; readonly input: unknown }> = []
    for (const { base, inputs, attempt: nth } of this.#waiting) {
      if (nth !== attempt) continue
      for (let index = Math.max(from, base); index < Math.min(from + count, base + inputs.length); index++)
        if (!this.#dropped.has(index)) waiting.push({ index, input: inputs[index - base] })
    }
    return waiting
  }

  /**
   * Begins with chunks as the jobs of its task have allowed before. But a worker gets no second one on the word of that,
   * and none of several where a job must not wait for long: these may take a thousand times as long.
   */
  expect(meanMs: number | undefined): void {
    if (meanMs === undefined || this.single || this.sink.bounded || this.call.queueTimeoutMs !== undefined) return
    this.autoSize = firstSize(meanMs)
  }

  /** Where a job was asked for: with its batch, or by itself. */
  callSiteOf(index: number): CallSite | undefined {
    return this.#callSite ?? this.sink.callSiteOf?.(index)
  }

  /** True for a job that was settled while it waited. */
  isDropped(index: number): boolean {
    return this.#dropped.has(index)
  }

  /** A job's history, made when it is first needed. */
  historyOf(index: number, input: unknown): JobHistory {
    let history = this.history.get(index)
    if (history === undefined) {
      history = new JobHistory(input)
      this.history.set(index, history)
    }
    return history
  }

  /** Waiting jobs, taken out: for settling them all. */
  drain(): Array<Piece> {
    const pieces = [...this.#pieces.splice(0), ...(this.deal?.drain() ?? [])]
    if (this.source.total !== undefined || this.single) {
      while (this.source.ready) {
        const inputs = this.source.take(MAX_WINDOW)
        pieces.push({ base: this.read, inputs, attempt: 1 })
        this.read += inputs.length
        this.outstanding += inputs.length
      }
    }
    return pieces
  }

  /** Has `act` called when the lane ends. */
  atEnd(act: () => void): void {
    this.#atEnd.push(act)
  }

  /** Marks the end. */
  end(): void {
    this.ended = true
    for (const act of this.#atEnd.splice(0)) act()
  }

  /** True when nothing waits, runs or is still to come. */
  get complete(): boolean {
    return !this.single && (this.stopped || (this.outstanding === 0 && this.source.exhausted))
  }
}
