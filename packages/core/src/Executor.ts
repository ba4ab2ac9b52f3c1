/**
 * The port: everything that can run jobs, behind the Effect door (`Executor`) and behind the Promise door
 * (`PromiseExecutor`). User code compiles against these alone, so the same program runs inline, on threads
 * and on processes. The implementations are in `@holdfast/supervisor`.
 */

import type { Effect } from "effect/Effect"
import type { Stream } from "effect/Stream"
import type { BatchOptions, JobOptions, StreamOptions, SubmitAllOptions } from "./CallOptions.ts"
import type { Handle, PromiseHandle } from "./Handle.ts"
import type { Outcome } from "./Job.ts"
import type { InvalidOptions, JobError } from "./JobError.ts"
import { serviceKey } from "./ServiceKey.ts"
import type { Task } from "./Task.ts"
import type { TaskContext } from "./TaskContext.ts"

/** What can be read input by input, synchronously or not. All but arrays are read lazily. */
export type Inputs<I> = Iterable<I> | AsyncIterable<I>

/**
 * What a call can fail with besides the task's own errors: what becomes of its jobs, or options that are wrong, the
 * call's or the task's.
 */
export type CallError = JobError | InvalidOptions

/** Runs jobs; the Effect door. `Ctx` is what its workers provide to tasks. */
export interface Executor<Ctx = never> {
  /** One job: its value. A task that takes no input, or may do without, is run without one. */
  run<A, E>(task: Task<undefined, A, E, Ctx | TaskContext>): Effect<A, E | CallError>
  run<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, input: I, options?: JobOptions): Effect<A, E | CallError>
  /** One job: a handle at once. */
  submit<A, E>(task: Task<undefined, A, E, Ctx | TaskContext>): Effect<Handle<A, E>>
  submit<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, input: I, options?: JobOptions): Effect<Handle<A, E>>
  /** Many jobs: their handles at once, in input order. The inputs are finite, and read at the call. */
  submitAll<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Iterable<I>,
    options?: SubmitAllOptions<I>
  ): Effect<Array<Handle<A, E>>>
  /** Many jobs: their values in input order. Fails with the first failure. */
  map<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: BatchOptions<I>
  ): Effect<Array<A>, E | CallError>
  map<I, A, E, E2, R2>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Stream<I, E2, R2>,
    options?: BatchOptions<I>
  ): Effect<Array<A>, E | E2 | CallError, R2>
  /** Many jobs: their outcomes in input order. Never fails for a job. */
  settle<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: BatchOptions<I>
  ): Effect<Array<Outcome<A, E>>, CallError>
  settle<I, A, E, E2, R2>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Stream<I, E2, R2>,
    options?: BatchOptions<I>
  ): Effect<Array<Outcome<A, E>>, E2 | CallError, R2>
  /**
   * Many jobs: how each settled, in input order or, with `ordered: false`, as they do. A `settle` that is streamed:
   * never fails for a job.
   */
  outcomes<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: StreamOptions<I>
  ): Stream<Outcome<A, E>, CallError>
  outcomes<I, A, E, E2, R2>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Stream<I, E2, R2>,
    options?: StreamOptions<I>
  ): Stream<Outcome<A, E>, E2 | CallError, R2>
  /** Many jobs: a stream of values, in input order unless `ordered: false`. */
  stream<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: StreamOptions<I>
  ): Stream<A, E | CallError>
  stream<I, A, E, E2, R2>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Stream<I, E2, R2>,
    options?: StreamOptions<I>
  ): Stream<A, E | E2 | CallError, R2>
  /** A stream of inputs to a stream of values, for pipelines. */
  via<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    options?: StreamOptions<I>
  ): <E2, R2>(inputs: Stream<I, E2, R2>) => Stream<A, E | E2 | CallError, R2>
  /** The parallel version of a task: what `map` does, as a function of the inputs. */
  lift<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, options?: BatchOptions<I>): Lifted<I, A, E>
}

/** What `lift` gives on the Effect door. */
export interface Lifted<in I, out A, out E = never> {
  (inputs: Inputs<I>): Effect<Array<A>, E | CallError>
  <E2, R2>(inputs: Stream<I, E2, R2>): Effect<Array<A>, E | E2 | CallError, R2>
}

/** The {@link Executor} as an Effect service; `Pool.layer` provides it. */
export const Executor = serviceKey<Executor<unknown>, Executor<unknown>>("@holdfast/core/Executor")

/** Runs jobs; the Promise door. */
export interface PromiseExecutor<Ctx = never> {
  /**
   * One job: its value, or rejects with its failure. A task that takes no input, or may do without, is run without one;
   * `undefined` stands for it before options.
   *
   * @example
   * await pool.run(square, 3)
   * await pool.run(warmUp)
   * await pool.run(warmUp, undefined, { timeout: "5 seconds" })
   */
  run<A, E>(task: Task<undefined, A, E, Ctx | TaskContext>): Promise<A>
  run<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, input: I, options?: JobOptions): Promise<A>
  /** One job: a handle at once. */
  submit<A, E>(task: Task<undefined, A, E, Ctx | TaskContext>): PromiseHandle<A, E>
  submit<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, input: I, options?: JobOptions): PromiseHandle<A, E>
  /**
   * Many jobs: their handles at once, in input order. The inputs are finite, and read at the call. Inputs that can't
   * be read give one handle, which has failed.
   */
  submitAll<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Iterable<I>,
    options?: SubmitAllOptions<I>
  ): Array<PromiseHandle<A, E>>
  /** Many jobs: their values in input order. Rejects with the first failure. */
  map<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, inputs: Inputs<I>, options?: BatchOptions<I>): Promise<Array<A>>
  /** Many jobs: their outcomes in input order. Never rejects for a job. */
  settle<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: BatchOptions<I>
  ): Promise<Array<Outcome<A, E>>>
  /**
   * Many jobs: how each settled, in input order or, with `ordered: false`, as they do. A `settle` that is streamed:
   * never fails for a job.
   */
  outcomes<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: StreamOptions<I>
  ): AsyncIterable<Outcome<A, E>>
  /**
   * Many jobs: their values, in input order unless `ordered: false`. Each use of the iterable runs the batch anew;
   * `break` cancels what is left, and closes the inputs, which is waited for unless they are being waited for
   * themselves; what they fail to close with is thrown from the loop.
   */
  stream<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: StreamOptions<I>
  ): AsyncIterable<A>
  /** A stream of inputs to a stream of values, for pipelines. */
  via<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    options?: StreamOptions<I>
  ): (inputs: Inputs<I>) => AsyncIterable<A>
  /** The parallel version of a task: what `map` does, as a function of the inputs. */
  lift<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    options?: BatchOptions<I>
  ): (inputs: Inputs<I>) => Promise<Array<A>>
}
