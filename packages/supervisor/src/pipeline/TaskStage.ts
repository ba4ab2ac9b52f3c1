/**
 * A stage that runs a task on a pool: one lane, read as far ahead as its window allows. Counts what becomes of each
 * input, and leaves to its run what a failure means for the other stages.
 */
import { JobCancelled, type JobSummary } from "@holdfast/core"
import type { BatchControl, Ran, Sink } from "../collect/Sink.ts"
import { StreamSink } from "../collect/stream.ts"
import { type Call, type Running, startStage } from "../doors/calls.ts"
import { ValueIterator } from "../doors/ValueIterator.ts"
import type { Engine } from "../pool/Engine.ts"
import { monotonicNow } from "../protocol/page.ts"
import type { Lane } from "../scheduler/Lane.ts"
import { DONE, type RunningStage, type StageIterator } from "./StageIterator.ts"
import type { StageTally } from "./StageTally.ts"

/** What a stage tells its run. */
export interface StageEvents {
  /** An input has failed in it. */
  inputFailed(input: unknown, error: unknown, job: JobSummary): void
  /** The stage itself can't go on. */
  broke(error: unknown): void
}

/** How a stage calls its pool. */
export const callOfStage = (
  caller: string,
  { call, task }: Pick<Call, "task"> & { readonly call: object | undefined },
  onFailure: "collect" | "failFast",
  callSite: Call["callSite"]
): Call => ({ where: "via", caller, task, options: { ...call, onFailure }, callSite })

/** Collects values as a stream that leaves failures out, which it tells of instead. */
class StageSink implements Sink {
  readonly bounded = true
  readonly stream: StreamSink
  readonly #onFailed: (input: unknown, error: unknown, job: JobSummary) => void
  readonly #onCut: (error: unknown) => void

  constructor(
    setup: { readonly ordered: boolean; readonly control: BatchControl },
    onFailed: (input: unknown, error: unknown, job: JobSummary) => void,
    onCut: (error: unknown) => void
  ) {
    this.stream = new StreamSink({ ...setup, failFast: false })
    this.#onFailed = onFailed
    this.#onCut = onCut
  }

  get done(): boolean {
    return this.stream.done
  }

  values(from: number, values: ReadonlyArray<unknown>, ran: Ran): void {
    this.stream.values(from, values, ran)
  }

  failed(index: number, error: unknown, job: JobSummary, input: unknown): void {
    this.stream.failed(index, error, job)
    this.#onFailed(input, error, job)
  }

  /** What a stage reads never throws. */
  inputFailed(): void {}

  cut(error: unknown): void {
    this.#onCut(error)
  }

  ended(): void {
    this.stream.ended()
  }
}

export class TaskStage implements RunningStage {
  readonly #engine: Engine
  readonly #call: Call
  readonly #upstream: StageIterator
  readonly #tally: StageTally
  readonly #events: StageEvents
  #values: ValueIterator<unknown> | undefined
  #lane: Lane | undefined
  #running: Running | undefined
  #cancelling = false
  #over = false
  /** Time of jobs that have ended. */
  #busyMs = 0

  /** `upstream` counts what is read of it. */
  constructor(engine: Engine, call: Call, upstream: StageIterator, tally: StageTally, events: StageEvents) {
    this.#engine = engine
    this.#call = call
    this.#upstream = upstream
    this.#tally = tally
    this.#events = events
    tally.busyMs = () => this.#busyMs + this.#runningMs()
    tally.capacity = () => engine.crew.members.length * (this.#lane?.call.concurrency ?? 1)
  }

  /** How long the jobs have run that run now. */
  #runningMs(): number {
    const now = monotonicNow()
    let ms = 0
    for (const { chunks, head } of this.#engine.slots)
      for (const chunk of chunks) {
        if (chunk.lane !== this.#lane) continue
        const since = chunk.beside ? chunk.startedAt : chunk === head ? chunk.since : undefined
        if (since !== undefined) ms += now - since
      }
    return ms
  }

  #open(): ValueIterator<unknown> {
    const { bus } = this.#engine
    let sink: StageSink | undefined
    const { lane, ...running } = startStage(this.#engine, this.#call, this.#upstream, ({ ordered }, control) => {
      sink = new StageSink(
        { ordered, control },
        (input, error, job) => this.#failed(input, error, job),
        (error) => {
          if (!this.#cancelling) this.#events.broke(error)
        }
      )
      return sink
    })
    this.#lane = lane
    this.#running = running
    const stop = bus.subscribe(
      (event) => {
        if (event._tag === "JobsSucceeded" && event.batch === lane.id) this.#busyMs += event.durationMs
      },
      { logs: false }
    )
    lane.atEnd(stop)
    return new ValueIterator(() => (sink as StageSink).stream)
  }

  #failed(input: unknown, error: unknown, job: JobSummary): void {
    if (this.#cancelling && error instanceof JobCancelled) {
      this.#tally.cancelled++
      return
    }
    this.#tally.failed++
    this.#tally.moved()
    this.#busyMs += job.attempts.at(-1)?.durationMs ?? 0
    this.#events.inputFailed(input, error, job)
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#values === undefined) {
      if (this.#over) return DONE
      try {
        this.#values = this.#open()
      } catch (error) {
        this.#over = true
        this.#events.broke(error)
        return DONE
      }
    }
    const next = await this.#values.next()
    if (next.done === true) return DONE
    this.#tally.through++
    this.#tally.out++
    this.#tally.moved()
    return next
  }

  cancel(reason: Error): void {
    this.#over = true
    if (this.#cancelling) return
    this.#cancelling = true
    this.#running?.cancel(reason)
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.cancel(new Error("nobody reads what comes of it"))
    await this.#values?.return()
    await this.#upstream.return()
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
