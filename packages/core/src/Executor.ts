/**
 * The port: everything that can run jobs, behind the Effect door (`Executor`) and behind the Promise door
 * (`PromiseExecutor`). User code compiles against these alone, so the same program runs inline, on threads
 * and on processes. The implementations are in `@holdfast/supervisor`.
 */

import type { Input as DurationInput } from "effect/Duration"
import type { Effect } from "effect/Effect"
import type { Option } from "effect/Option"
import type { Stream } from "effect/Stream"
import type { BatchOptions, JobOptions, StreamOptions } from "./CallOptions.ts"
import type { JobStatus, JobSummary, Outcome } from "./Job.ts"
import type { JobError } from "./JobError.ts"
import { serviceKey } from "./ServiceKey.ts"
import type { Task } from "./Task.ts"
import type { TaskContext } from "./TaskContext.ts"

/** What can be read input by input, synchronously or not. All but arrays are read lazily. */
export type Inputs<I> = Iterable<I> | AsyncIterable<I>

/** A submitted job (Python's `AsyncResult`), on the Effect door. */
export interface Handle<A, E = never> {
  /** Waits for the job's value. */
  readonly await: Effect<A, E | JobError>
  /** The outcome if the job has settled. */
  readonly poll: Effect<Option<Outcome<A, E>>>
  readonly status: JobStatus
  /** Waits at most so long; true when the job has settled by then. */
  wait(duration: DurationInput): Effect<boolean>
  cancel(reason?: unknown): Effect<void>
  readonly job: JobSummary
}

/** Runs jobs; the Effect door. `Ctx` is what its workers provide to tasks. */
export interface Executor<Ctx = never> {
  /** One job: its value. */
  run<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, input: I, options?: JobOptions): Effect<A, E | JobError>
  /** One job: a handle at once. */
  submit<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, input: I, options?: JobOptions): Effect<Handle<A, E>>
  /** Many jobs: their values in input order. Fails with the first failure. */
  map<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: BatchOptions<I>
  ): Effect<Array<A>, E | JobError>
  map<I, A, E, E2, R2>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Stream<I, E2, R2>,
    options?: BatchOptions<I>
  ): Effect<Array<A>, E | E2 | JobError, R2>
  /** Many jobs: their outcomes in input order. Never fails for a job. */
  settle<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: BatchOptions<I>
  ): Effect<Array<Outcome<A, E>>>
  settle<I, A, E, E2, R2>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Stream<I, E2, R2>,
    options?: BatchOptions<I>
  ): Effect<Array<Outcome<A, E>>, E2, R2>
  /** Many jobs: a stream of values, in input order unless `ordered: false`. */
  stream<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: StreamOptions<I>
  ): Stream<A, E | JobError>
  stream<I, A, E, E2, R2>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Stream<I, E2, R2>,
    options?: StreamOptions<I>
  ): Stream<A, E | E2 | JobError, R2>
  /** A stream of inputs to a stream of values, for pipelines. */
  via<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    options?: StreamOptions<I>
  ): <E2, R2>(inputs: Stream<I, E2, R2>) => Stream<A, E | E2 | JobError, R2>
}

/** The {@link Executor} as an Effect service; `Pool.layer` provides it. */
export const Executor = serviceKey<Executor<unknown>, Executor<unknown>>("@holdfast/core/Executor")

/** A submitted job, on the Promise door. Not thenable; one that nobody awaits rejects nowhere. */
export interface PromiseHandle<A, E = never> {
  /** Waits for the job's value; rejects with its failure. */
  result(): Promise<A>
  /** The outcome if the job has settled. */
  poll(): Outcome<A, E> | undefined
  readonly status: JobStatus
  /** Waits at most so long; true when the job has settled by then. */
  wait(duration: DurationInput): Promise<boolean>
  cancel(reason?: unknown): void
  readonly job: JobSummary
}

/** Runs jobs; the Promise door. */
export interface PromiseExecutor<Ctx = never> {
  run<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, input: I, options?: JobOptions): Promise<A>
  submit<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, input: I, options?: JobOptions): PromiseHandle<A, E>
  map<I, A, E>(task: Task<I, A, E, Ctx | TaskContext>, inputs: Inputs<I>, options?: BatchOptions<I>): Promise<Array<A>>
  settle<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: BatchOptions<I>
  ): Promise<Array<Outcome<A, E>>>
  /** Each use of the iterable runs the batch anew; `break` cancels what is left. */
  stream<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    inputs: Inputs<I>,
    options?: StreamOptions<I>
  ): AsyncIterable<A>
  via<I, A, E>(
    task: Task<I, A, E, Ctx | TaskContext>,
    options?: StreamOptions<I>
  ): (inputs: Inputs<I>) => AsyncIterable<A>
}
