/**
 * One run of a pipeline: connects its stages, so that each reads the one before it, and ends them. A failure or a stop
 * ends the intake first; what is under way then comes to its end, or is given up, and all of it is accounted for. Read
 * value by value, it holds no more than its stages' windows.
 */
import type { Inputs, JobSummary } from "@holdfast/core"
import type { CallSite } from "../failure/call-site.ts"
import type { Engine } from "../pool/Engine.ts"
import { obeySignals } from "../pool/Signals.ts"
import { returnsAtOnce } from "../scheduler/Closing.ts"
import { ownOf } from "../scheduler/untold.ts"
import { counted } from "./counted.ts"
import { DeadLetters, sinkFailure } from "./DeadLetters.ts"
import type { StageDefinition } from "./definitions.ts"
import { FunctionStage } from "./FunctionStage.ts"
import { Intake } from "./Intake.ts"
import { showPipeline } from "./progress.ts"
import { type PipelineReport, type PipelineState, reportOf } from "./report.ts"
import type { ResolvedRun } from "./run-options.ts"
import { DONE, type RunningStage, type StageIterator } from "./StageIterator.ts"
import { StagePools } from "./StagePools.ts"
import { StageTally } from "./StageTally.ts"
import { callOfStage, TaskStage } from "./TaskStage.ts"

const now = (): number => performance.now()

export interface RunSetup {
  readonly pipeline: string
  readonly definitions: ReadonlyArray<StageDefinition>
  readonly inputs: Inputs<unknown>
  /** Checks the options: when the run starts, so that nothing is thrown before. */
  readonly options: () => ResolvedRun
  readonly callSite: CallSite
}

/** What a run says of a failure. */
interface Failure {
  readonly stage: string
  readonly error: unknown
}

/**
 * A pipeline that runs: its values, to be read once, and how it stands. Starts when the first value is asked for;
 * `break` gives up all that is under way.
 */
export class PipelineRun<A> implements AsyncIterableIterator<A, undefined> {
  readonly #setup: RunSetup
  readonly #tallies: ReadonlyArray<StageTally>
  readonly #stages: Array<RunningStage> = []
  readonly #letters: Array<DeadLetters> = []
  readonly #atEnd: Array<() => void> = []
  #pools: StagePools | undefined
  #intake: Intake | undefined
  #onStop: ResolvedRun["onStop"] = "drain"
  #state: PipelineState = "notStarted"
  #failure: Failure | undefined
  #out = 0
  #startedAt: number | undefined
  #endedAt: number | undefined
  #readerMs = 0
  #handedAt: number | undefined
  /** Nothing more is handed on. */
  #abandoned = false
  #finished: Promise<void> | undefined
  #told = false
  #opened = false
  #pending: Promise<unknown> = Promise.resolve()
  readonly [returnsAtOnce] = true

  constructor(setup: RunSetup) {
    this.#setup = setup
    this.#tallies = setup.definitions.map(({ name, kind }) => new StageTally(name, kind, now))
  }

  /** The next value that comes out of the last stage. Rejects with what the pipeline failed with, once all is over. */
  next(): Promise<IteratorResult<A, undefined>> {
    const read = (): Promise<IteratorResult<A, undefined>> => this.#read()
    const pending = this.#pending.then(read, read)
    this.#pending = pending
    return pending
  }

  async #read(): Promise<IteratorResult<A, undefined>> {
    if (this.#handedAt !== undefined) this.#readerMs += now() - this.#handedAt
    this.#handedAt = undefined
    if (this.#startedAt === undefined && !this.#abandoned) this.#start()
    const next = this.#abandoned ? undefined : await this.#stages.at(-1)?.next()
    // Handed on also where all was given up since it came: it is in the books as one that did.
    if (next !== undefined && next.done !== true) {
      this.#out++
      this.#handedAt = now()
      return next as IteratorResult<A, undefined>
    }
    await this.#finish()
    if (this.#failure === undefined || this.#told) return DONE
    this.#told = true
    throw this.#failure.error
  }

  /** What is wrong with the options or the inputs is what the run fails with. */
  #start(): void {
    this.#startedAt = now()
    if (this.#state === "notStarted") this.#state = "running"
    try {
      const options = this.#setup.options()
      this.#onStop = options.onStop
      this.#connect(options)
      this.#obey(options)
      if (this.#state === "stopping") this.#intake?.stop()
    } catch (error) {
      this.#failure ??= { stage: "the start", error }
      this.#cancelAll()
    }
  }

  #connect(options: ResolvedRun): void {
    const { callSite, definitions, inputs, pipeline } = this.#setup
    const where = `pipeline ${JSON.stringify(pipeline)}`
    const intake = new Intake(inputs, where, (error) => this.#fail(-1, error), now, options.signal)
    this.#intake = intake
    const pools = new StagePools(options.pool, where)
    this.#pools = pools
    const engines = definitions.map(({ work }) => (work._tag === "Task" ? pools.engineOf(work.pool) : undefined))
    let upstream: StageIterator = intake
    for (const [at, definition] of definitions.entries()) {
      upstream = this.#connectStage(at, definition, engines[at], upstream, callSite)
      this.#stages.push(upstream as RunningStage)
    }
    if (options.progress !== undefined) {
      const label = options.progress === true ? pipeline : options.progress
      this.#atEnd.push(showPipeline({ label, tallies: this.#tallies, expected: () => intake.expected, now }))
    }
  }

  #connectStage(
    at: number,
    { name, work, onFailure, deadLetter }: StageDefinition,
    engine: Engine | undefined,
    before: StageIterator,
    callSite: CallSite
  ): RunningStage {
    const tally = this.#tallies[at] as StageTally
    const { pipeline } = this.#setup
    const letters =
      deadLetter === undefined
        ? undefined
        : new DeadLetters(deadLetter, tally, (error) => this.#fail(at, sinkFailure(tally.name, error)))
    if (letters !== undefined) this.#letters.push(letters)
    const policy = onFailure ?? (deadLetter === undefined ? (engine?.options.onFailure ?? "failFast") : "collect")
    const events = {
      inputFailed: (input: unknown, error: unknown, job: JobSummary) => {
        letters?.put({ pipeline, stage: name, input, error: error as never, job })
        if (policy === "failFast") this.#fail(at, error)
      },
      broke: (error: unknown) => this.#fail(at, error)
    }
    const upstream = counted(before, tally, letters)
    if (work._tag === "Function" || engine === undefined)
      return new FunctionStage((work as Extract<typeof work, { _tag: "Function" }>).step, upstream, tally, events, now)
    const caller = `stage ${JSON.stringify(name)} of pipeline ${JSON.stringify(pipeline)}`
    const call = callOfStage(caller, work, policy, callSite)
    return new TaskStage(engine, call, upstream, tally, events)
  }

  #obey({ signal, signals }: ResolvedRun): void {
    if (signal !== undefined) {
      const abort = (): void => {
        this.#failure ??= { stage: "its signal", error: signal.reason }
        if (this.#onStop === "cancel") this.#cancelAll()
        else this.stop()
      }
      if (signal.aborted) abort()
      else {
        signal.addEventListener("abort", abort, { once: true })
        this.#atEnd.push(() => signal.removeEventListener("abort", abort))
      }
    }
    if (signals === "off") return
    let over: () => void = () => undefined
    const ended = new Promise<void>((resolve) => {
      over = resolve
    })
    const drains = signals === "drain"
    const { pipeline } = this.#setup
    const forget = obeySignals({
      drains,
      announce: (name) => {
        if (!drains) return
        process.stderr.write(`holdfast: ${name}: pipeline ${pipeline} reads no more; once more ends at once\n`)
      },
      end: async (atOnce) => {
        if (atOnce || !drains) void this.#giveUp()
        else this.stop()
        await ended
        return this.#tallies.reduce((sum, { cancelled }) => sum + cancelled, 0)
      },
      report: (name, left) => {
        if (left === 0) return
        const what = `${left} ${left === 1 ? "input" : "inputs"}`
        process.stderr.write(`holdfast: ${name}: pipeline ${pipeline} has ended, and gave up ${what}\n`)
      }
    })
    this.#atEnd.push(forget, over)
  }

  /** A stage has failed, or the inputs have (-1). */
  #fail(at: number, error: unknown): void {
    if (this.#finished !== undefined && this.#abandoned) return
    this.#failure ??= { stage: this.#tallies[at]?.name ?? "its inputs", error }
    if (this.#onStop === "cancel") return this.#cancelAll()
    if (this.#state === "running") this.#state = "stopping"
    this.#cancelUpTo(at)
  }

  #cancelUpTo(at: number): void {
    const { pipeline } = this.#setup
    const { stage } = this.#failure ?? { stage: "its reader" }
    this.#intake?.stop()
    for (const each of this.#stages.slice(0, at + 1)) each.cancel(new Error(`${pipeline} was stopped by ${stage}`))
  }

  #cancelAll(): void {
    if (this.#abandoned) return
    this.#abandoned = true
    if (this.#state === "running") this.#state = "stopping"
    this.#cancelUpTo(this.#stages.length)
    for (const letters of this.#letters) letters.abandon()
  }

  /** Ends the intake, also before the start; what has been read goes on to its end, and comes as it would have. */
  stop(): void {
    if (this.#state === "notStarted" || this.#state === "running") this.#state = "stopping"
    this.#intake?.stop()
  }

  #finish(): Promise<void> {
    this.#finished ??= this.#end()
    return this.#finished
  }

  async #end(): Promise<void> {
    await Promise.all(this.#letters.map((letters) => letters.flushed()))
    // The last stage is closed, and closes what it reads.
    if (this.#abandoned) await this.#stages.at(-1)?.return()
    await this.#pools?.end(this.#abandoned)
    for (const tally of this.#tallies) tally.end()
    this.#endedAt = now()
    this.#state = this.#failure === undefined ? "ended" : "failed"
    for (const act of this.#atEnd.splice(0)) act()
  }

  #giveUp(): Promise<void> {
    if (this.#state === "notStarted") this.#state = "ended"
    this.#cancelAll()
    this.#told = true
    return this.#finish()
  }

  /**
   * Gives up all that is under way. Resolves once nothing is left of it, inputs that are being waited for excepted.
   * Rejects with what the inputs failed to close with.
   */
  async return(): Promise<IteratorResult<A, undefined>> {
    const isRead = !this.#told
    const finished = this.#giveUp()
    const [closed] = await Promise.allSettled([isRead ? this.#intake?.closed() : undefined, finished])
    await finished
    if (closed.status === "rejected") throw closed.reason
    return DONE
  }

  /** How it stands: each stage's counts and pace, and which of them holds up the others. */
  report(): PipelineReport {
    const until = this.#endedAt ?? now()
    return reportOf({
      pipeline: this.#setup.pipeline,
      state: this.#state,
      read: this.#intake?.read ?? 0,
      out: this.#out,
      elapsedMs: until - (this.#startedAt ?? until),
      failure: this.#failure && { stage: this.#failure.stage, error: ownOf(this.#failure.error) },
      tallies: this.#tallies,
      inputsMs: this.#intake?.waitedMs ?? 0,
      readerMs: this.#readerMs + (this.#handedAt === undefined ? 0 : Math.max(0, until - this.#handedAt))
    })
  }

  /** Once: what has been read is gone. */
  [Symbol.asyncIterator](): this {
    if (this.#opened)
      throw new TypeError("this run of the pipeline is being read already; pipeline.stream(inputs) starts another")
    this.#opened = true
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
