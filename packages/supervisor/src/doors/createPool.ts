/**
 * The Promise door: a pool for whoever doesn't know Effect. Its methods never throw synchronously; their
 * promises reject with the failure itself.
 */
import type {
  BatchOptions,
  Inputs,
  JobOptions,
  JobStatus,
  JobSummary,
  Outcome,
  PoolEvent,
  PromiseExecutor,
  PromiseHandle,
  StreamOptions,
  Task,
  WorkerSnapshot
} from "@holdfast/core"
import * as Duration from "effect/Duration"
import { CallSite } from "../failure/call-site.ts"
import { type Contexts, type PoolOptionsWith, type Provided, resolvePoolOption } from "../options/resolve.ts"
import { type OpenPool, openPool } from "../pool/open.ts"
import type { Terminator } from "../pool/Terminator.ts"
import { type Call, type Submitted, startArray, startSingle, startStream } from "./calls.ts"
import { ValueIterator } from "./ValueIterator.ts"

/** How to close a pool. */
export interface CloseOptions {
  /** How long work that is in may take to finish; default the pool's `drainTimeout`. */
  readonly drainTimeout?: Duration.Input
}

/** A pool behind the Promise door. */
export interface PromisePool<Ctx = never> extends PromiseExecutor<Ctx>, AsyncDisposable {
  /** The workers as they stand now. */
  readonly workers: ReadonlyArray<WorkerSnapshot>
  /** What happens in the pool, from now on. A slow reader loses the oldest events, and is told. */
  readonly events: AsyncIterable<PoolEvent>
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

class JobHandle implements PromiseHandle<unknown, unknown> {
  readonly #submitted: Submitted

  constructor(submitted: Submitted) {
    this.#submitted = submitted
  }

  result(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#submitted.job.onSettled((outcome) =>
        outcome._tag === "Succeeded" ? resolve(outcome.value) : reject(outcome.error)
      )
    })
  }

  poll(): Outcome<unknown, unknown> | undefined {
    return this.#submitted.job.outcome
  }

  get status(): JobStatus {
    return this.#submitted.status()
  }

  wait(duration: Duration.Input): Promise<boolean> {
    return new Promise((resolve) => {
      const ms = Duration.toMillis(Duration.fromInputUnsafe(duration))
      const giveUp = (): void => {
        stop()
        resolve(false)
      }
      // Node's timers go up to 24 days, and fire at once beyond.
      const timer = ms < 2 ** 31 ? setTimeout(giveUp, ms) : undefined
      const stop = this.#submitted.job.onSettled(() => {
        clearTimeout(timer)
        resolve(true)
      })
    })
  }

  cancel(reason?: unknown): void {
    this.#submitted.cancel(reason)
  }

  get job(): JobSummary {
    return this.#submitted.summary()
  }
}

class Pool implements PromisePool<unknown> {
  readonly #open: OpenPool

  constructor(open: OpenPool) {
    this.#open = open
  }

  run<I, A, E>(task: Task.Task<I, A, E, unknown>, input: I, options?: JobOptions): Promise<A> {
    const call: Call = { where: "run", task, options, callSite: new CallSite(this.run) }
    const { job } = startSingle(this.#open.engine, call, input)
    return new Promise((resolve, reject) => {
      job.onSettled((outcome) => (outcome._tag === "Succeeded" ? resolve(outcome.value as A) : reject(outcome.error)))
    })
  }

  submit<I, A, E>(task: Task.Task<I, A, E, unknown>, input: I, options?: JobOptions): PromiseHandle<A, E> {
    const call: Call = { where: "submit", task, options, callSite: new CallSite(this.submit) }
    return new JobHandle(startSingle(this.#open.engine, call, input)) as PromiseHandle<A, E>
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
    return new Promise((resolve, reject) => {
      startArray(this.#open.engine, call, inputs, { resolve, reject })
    })
  }

  stream<I, A, E>(task: Task.Task<I, A, E, unknown>, inputs: Inputs<I>, options?: StreamOptions<I>): AsyncIterable<A> {
    return this.#stream({ where: "stream", task, options, callSite: new CallSite(this.stream) }, inputs)
  }

  via<I, A, E>(task: Task.Task<I, A, E, unknown>, options?: StreamOptions<I>): (inputs: Inputs<I>) => AsyncIterable<A> {
    const call: Call = { where: "via", task, options, callSite: new CallSite(this.via) }
    return (inputs) => this.#stream(call, inputs)
  }

  #stream<A>(call: Call, inputs: Inputs<unknown>): AsyncIterable<A> {
    const { engine } = this.#open
    return { [Symbol.asyncIterator]: () => new ValueIterator(() => startStream(engine, call, inputs).sink) }
  }

  get workers(): ReadonlyArray<WorkerSnapshot> {
    return this.#open.engine.workers
  }

  get events(): AsyncIterable<PoolEvent> {
    return this.#open.engine.bus.iterate()
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
 * Makes a pool. Its workers start at once; this does not wait for them.
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
