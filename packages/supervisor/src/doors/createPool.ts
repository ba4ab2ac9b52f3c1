/**
 * The Promise door: a pool for whoever doesn't know Effect. Its methods never throw synchronously; their
 * promises reject with the failure itself.
 */
import type {
  AnyTask,
  BatchOptions,
  DumpOptions,
  Inputs,
  JobOptions,
  Outcome,
  PoolDump,
  PoolEvent,
  PromiseExecutor,
  PromiseHandle,
  StreamOptions,
  SubmitAllOptions,
  Task,
  WorkerSnapshot
} from "@holdfast/core"
import type * as Duration from "effect/Duration"
import { type JobKind, PendingJob } from "../collect/PendingJob.ts"
import { dumpPool } from "../dump/dump.ts"
import { CallSite, CallSites } from "../failure/call-site.ts"
import {
  type CallKind,
  type Contexts,
  type PoolOptionsWith,
  type Provided,
  resolvePoolOption
} from "../options/resolve.ts"
import type { Engine } from "../pool/Engine.ts"
import { type OpenPool, openPool } from "../pool/open.ts"
import type { Terminator } from "../pool/Terminator.ts"
import { hearErrors } from "../scheduler/node-streams.ts"
import { type RunReport, reportOf } from "../timeline/RunReport.ts"
import { type Call, startAll, startAnother, startArray, startSingle, startStream } from "./calls.ts"
import { JobHandle } from "./JobHandle.ts"
import { remember } from "./opened.ts"
import { recycleAll, resizeTo } from "./resizing.ts"
import { ValueIterator } from "./ValueIterator.ts"
import { type WorkerCalls, WorkerCallsOf } from "./WorkerCalls.ts"

/** How to close a pool. */
export interface CloseOptions {
  /** How long work that is in may take to finish; default the pool's `drainTimeout`. */
  readonly drainTimeout?: Duration.Input
}

/** A pool behind the Promise door. */
export interface PromisePool<Ctx = never> extends PromiseExecutor<Ctx>, WorkerCalls<Ctx>, AsyncDisposable {
  /** The workers as they stand now. */
  readonly workers: ReadonlyArray<WorkerSnapshot>
  /** What happens in the pool, from now on. A slow reader loses the oldest events, and is told. */
  readonly events: AsyncIterable<PoolEvent>
  /**
   * Changes the number of workers, 1 or more: grows at once, shrinks as workers finish what they run. Resolves once
   * those that are too many have gone; new ones may be starting still. Rejects with `InvalidOptions` or `PoolClosed`.
   *
   * @example
   * await pool.resize(8)
   */
  resize(workers: number): Promise<void>
  /**
   * Replaces every worker by a fresh one, one after another: each finishes what it runs, and no job is lost. Resolves
   * once all are replaced. Rejects with `PoolClosed`.
   */
  recycle(): Promise<void>
  /**
   * What every worker is doing just now, and for which job: where it is blocked, what it waits on, what it used; and the
   * queue. Stops and disturbs nothing, and may be called again and again. Plain data that prints itself readably.
   * Rejects with `InvalidOptions` alone.
   *
   * @example
   * console.log(await pool.dump())
   */
  dump(options?: DumpOptions): Promise<PoolDump>
  /**
   * What the pool has done so far: each worker's attempts, deaths and restarts, the slowest jobs, failures by cause, as
   * plain data that can be written as an HTML page, an SVG or JSON. To be had at any time, also after `close`.
   *
   * @example
   * await pool.report().write("run.html")
   */
  report(): RunReport
  /** Stops intake, lets the work that is in finish, ends the workers. */
  close(options?: CloseOptions): Promise<void>
  /** Ends everything at once; what is left fails with `PoolClosed`. */
  terminate(): Promise<void>
}

/** Closes with the options of a close, checked. Rejects with `InvalidOptions`. */
export const closeWith = async (terminator: Terminator, options: CloseOptions | undefined): Promise<void> => {
  const drainTimeout = options?.drainTimeout
  await terminator.close(
    drainTimeout === undefined ? undefined : (resolvePoolOption("drainTimeout", drainTimeout, "pool.close") as number)
  )
}

class Pool extends WorkerCallsOf implements PromisePool<unknown> {
  readonly #open: OpenPool
  readonly #callSites = new CallSites()

  constructor(open: OpenPool) {
    super()
    this.#open = open
    remember(this, open)
  }

  protected override get engine(): Engine {
    return this.#open.engine
  }

  run<I, A, E>(task: Task.Task<I, A, E, unknown>, input?: I, options?: JobOptions): Promise<A> {
    const callSite = this.#callSites.of(this.run, task, options)
    return PendingJob.resultOf(this.#single("run", task, input, options, callSite, PendingJob)) as Promise<A>
  }

  submit<I, A, E>(task: Task.Task<I, A, E, unknown>, input?: I, options?: JobOptions): PromiseHandle<A, E> {
    const callSite = this.#callSites.of(this.submit, task, options)
    return this.#single("submit", task, input, options, callSite, JobHandle) as PromiseHandle<A, E>
  }

  #single<J extends PendingJob>(
    where: CallKind,
    task: AnyTask,
    input: unknown,
    options: unknown,
    callSite: CallSite,
    Kind: JobKind<J>
  ): J {
    const { engine } = this.#open
    const another = startAnother(engine, task, input, options, callSite, Kind)
    return another ?? startSingle(engine, { where, task, options, callSite }, input, Kind)
  }

  submitAll<I, A, E>(
    task: Task.Task<I, A, E, unknown>,
    inputs: Iterable<I>,
    options?: SubmitAllOptions<I>
  ): Array<PromiseHandle<A, E>> {
    const call: Call = { where: "submitAll", task, options, callSite: new CallSite(this.submitAll) }
    return startAll(this.#open.engine, call, inputs, JobHandle) as Array<PromiseHandle<A, E>>
  }

  map<I, A, E>(task: Task.Task<I, A, E, unknown>, inputs: Inputs<I>, options?: BatchOptions<I>): Promise<Array<A>> {
    return this.#array({ where: "map", task, options, callSite: new CallSite(this.map) }, inputs)
  }

  settle<I, A, E>(
    task: Task.Task<I, A, E, unknown>,
    inputs: Inputs<I>,
    options?: BatchOptions<I>
  ): Promise<Array<Outcome<A, E>>> {
    return this.#array({ where: "settle", task, options, callSite: new CallSite(this.settle) }, inputs)
  }

  #array<A>(call: Call, inputs: Inputs<unknown>): Promise<Array<A>> {
    hearErrors(inputs)
    return new Promise((resolve, reject) => {
      startArray(this.#open.engine, call, inputs, { resolve, reject })
    })
  }

  stream<I, A, E>(task: Task.Task<I, A, E, unknown>, inputs: Inputs<I>, options?: StreamOptions<I>): AsyncIterable<A> {
    return this.#stream({ where: "stream", task, options, callSite: new CallSite(this.stream) }, inputs)
  }

  outcomes<I, A, E>(
    task: Task.Task<I, A, E, unknown>,
    inputs: Inputs<I>,
    options?: StreamOptions<I>
  ): AsyncIterable<Outcome<A, E>> {
    return this.#stream({ where: "outcomes", task, options, callSite: new CallSite(this.outcomes) }, inputs)
  }

  via<I, A, E>(task: Task.Task<I, A, E, unknown>, options?: StreamOptions<I>): (inputs: Inputs<I>) => AsyncIterable<A> {
    const call: Call = { where: "via", task, options, callSite: new CallSite(this.via) }
    return (inputs) => this.#stream(call, inputs)
  }

  lift<I, A, E>(
    task: Task.Task<I, A, E, unknown>,
    options?: BatchOptions<I>
  ): (inputs: Inputs<I>) => Promise<Array<A>> {
    const call: Call = { where: "lift", task, options, callSite: new CallSite(this.lift) }
    return (inputs) => this.#array(call, inputs)
  }

  #stream<A>(call: Call, inputs: Inputs<unknown>): AsyncIterable<A> {
    const { engine } = this.#open
    hearErrors(inputs)
    return { [Symbol.asyncIterator]: () => new ValueIterator(() => startStream(engine, call, inputs).sink) }
  }

  get workers(): ReadonlyArray<WorkerSnapshot> {
    return this.#open.engine.workers
  }

  get events(): AsyncIterable<PoolEvent> {
    return this.#open.engine.bus.iterate()
  }

  resize(workers: number): Promise<void> {
    return resizeTo(this.#open.engine, workers, new CallSite(this.resize))
  }

  recycle(): Promise<void> {
    return recycleAll(this.#open.engine, new CallSite(this.recycle))
  }

  dump(options?: DumpOptions): Promise<PoolDump> {
    return dumpPool(this.#open.engine, options)
  }

  report(): RunReport {
    return reportOf(this.#open.timeline)
  }

  close(options?: CloseOptions): Promise<void> {
    return closeWith(this.#open.terminator, options)
  }

  terminate(): Promise<void> {
    return this.#open.terminator.terminate()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/**
 * Makes a pool. Its workers start at once; this does not wait for them. Where a single job is all there is to do, the
 * first one starts alone, and the others behind its result, after 150 ms at the latest.
 *
 * Rejects with `InvalidOptions`, naming each wrong option, and with an `Error` inside of a worker.
 *
 * @example
 * await using pool = await createPool({ workers: 2 })
 * console.log(await pool.map(square, [1, 2, 3]))   // [1, 4, 9]
 */
export const createPool = async <const C extends Contexts = readonly []>(
  options: PoolOptionsWith<C> = {}
): Promise<PromisePool<Provided<C>>> => new Pool(openPool(options, "createPool")) as PromisePool<Provided<C>>
