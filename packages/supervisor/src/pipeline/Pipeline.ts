/**
 * Pipelines: named stages that values go through one after another, each with options of its own. A value that can be
 * run any number of times, behind both doors. What happens in a run is in `PipelineRun.ts`.
 */
import type { CallError, Inputs, OnFailure, StreamOptions, Task, TaskContext } from "@holdfast/core"
import type * as Stream from "effect/Stream"
import { CallSite } from "../failure/call-site.ts"
import type { PoolOptions } from "../options/resolve.ts"
import { hearErrors } from "../scheduler/node-streams.ts"
import type { DeadLetterSink } from "./DeadLetters.ts"
import { batchStage, checkName, functionStage, type StageDefinition, taskStage, unbatchStage } from "./definitions.ts"
import { streamOfRun } from "./effect-run.ts"
import { PipelineRun } from "./PipelineRun.ts"
import type { PipelineReport } from "./report.ts"
import { type PipelinePool, type RunOptions, resolveRun } from "./run-options.ts"

export type { DeadLetter, DeadLetterSink } from "./DeadLetters.ts"
export type { PipelineRun } from "./PipelineRun.ts"
export type { PipelineReport, PipelineState, StageReport } from "./report.ts"
export type { PipelinePool, RunOptions } from "./run-options.ts"
export type { StageKind } from "./StageTally.ts"

/** What every stage can be told of failures. */
export interface FailureOptions<I, E = never> {
  /**
   * `"failFast"` stops the pipeline at the first input that fails, `"collect"` leaves it out and goes on. The default is
   * the pool's, or `"collect"` where there is a dead-letter sink.
   */
  readonly onFailure?: OnFailure
  /** Where inputs go that have failed here, with their failure. */
  readonly deadLetter?: DeadLetterSink<I, E>
}

/** Options of a stage that runs a task: those of `pool.stream`, and where it runs. */
export interface StageOptions<I, E = never, Ctx = never>
  extends Omit<StreamOptions<I>, "signal" | "progress" | "onProgress" | "onFailure">,
    FailureOptions<I, E> {
  /** A pool, or the options of one of its own, which lives as long as the run. The default is the pipeline's. */
  readonly pool?: PipelinePool<Ctx> | PoolOptions<Ctx>
  /** Gives it a pool of its own, of so many workers. */
  readonly workers?: number
}

/** What a value that is iterable gives. */
export type Element<A> = A extends Iterable<infer B> | AsyncIterable<infer B> ? B : never

/** Named stages from inputs `I` to values `A`; `E` is what its tasks can fail with. */
export interface Pipeline<I, A, E = never> {
  readonly name: string
  /**
   * Runs a task on each value.
   *
   * @example
   * Pipeline.make("words").stage("read", read, { workers: 2, retry: 2, deadLetter: failed })
   */
  stage<B, E2 = never, Ctx = never>(
    name: string,
    task: Task.Task<A, B, E2, NoInfer<Ctx> | TaskContext>,
    options?: StageOptions<A, NoInfer<E2>, Ctx>
  ): Pipeline<I, B, E | E2>
  /** Calls a plain function on each value, in the program itself. It may be async; one value at a time. */
  map<B>(name: string, f: (value: A) => B, options?: FailureOptions<A>): Pipeline<I, Awaited<B>, E>
  /** Keeps the values that a plain function answers with true, or a promise of it. */
  filter<B extends A>(name: string, keep: (value: A) => value is B, options?: FailureOptions<A>): Pipeline<I, B, E>
  filter(name: string, keep: (value: A) => boolean | Promise<boolean>, options?: FailureOptions<A>): Pipeline<I, A, E>
  /** Shows each value to a plain function, which is waited for, and hands it on as it is. */
  tap(name: string, look: (value: A) => unknown, options?: FailureOptions<A>): Pipeline<I, A, E>
  /** Groups values into arrays of `size`; the last may be shorter. */
  batch(name: string, size: number): Pipeline<I, Array<A>, E>
  /** Takes each value apart into what it iterates over. */
  unbatch(
    name: A extends Iterable<unknown> | AsyncIterable<unknown> ? string : never,
    options?: FailureOptions<A>
  ): Pipeline<I, Element<A>, E>
  /**
   * Runs it: the values that come out, in the order of the inputs unless a stage says `ordered: false`. Nothing starts
   * before the first is asked for; `break` gives up all that is under way.
   *
   * @example
   * for await (const top of words.stream(paths)) console.log(top)
   */
  stream(inputs: Inputs<I>, options?: RunOptions): PipelineRun<A>
  /**
   * Runs it to its end: all that has come out, or with `collect: false` how many. Rejects with the first failure.
   *
   * @example
   * const tops = await words.run(paths)
   */
  run(inputs: Inputs<I>, options?: RunOptions & { readonly collect?: true }): Promise<Array<A>>
  run(inputs: Inputs<I>, options: RunOptions & { readonly collect: false }): Promise<number>
  /** Runs it, behind the Effect door. An interruption gives up all that is under way. */
  toStream(inputs: Inputs<I>, options?: RunOptions): Stream.Stream<A, E | CallError>
  toStream<E2, R2>(inputs: Stream.Stream<I, E2, R2>, options?: RunOptions): Stream.Stream<A, E | E2 | CallError, R2>
  /** How its latest run stands, or has ended: each stage's counts and pace, and the bottleneck. */
  report(): PipelineReport
}

/** A pipeline without stages: the first one says what its inputs are. */
export interface PipelineStart {
  stage<A, B, E = never, Ctx = never>(
    name: string,
    task: Task.Task<A, B, E, NoInfer<Ctx> | TaskContext>,
    options?: StageOptions<NoInfer<A>, NoInfer<E>, Ctx>
  ): Pipeline<A, B, E>
  map<A, B>(name: string, f: (value: A) => B, options?: FailureOptions<NoInfer<A>>): Pipeline<A, Awaited<B>>
  filter<A, B extends A>(
    name: string,
    keep: (value: A) => value is B,
    options?: FailureOptions<NoInfer<A>>
  ): Pipeline<A, B>
  filter<A>(
    name: string,
    keep: (value: A) => boolean | Promise<boolean>,
    options?: FailureOptions<NoInfer<A>>
  ): Pipeline<A, A>
  tap<A>(name: string, look: (value: A) => unknown, options?: FailureOptions<NoInfer<A>>): Pipeline<A, A>
}

class StagedPipeline {
  readonly name: string
  readonly #stages: ReadonlyArray<StageDefinition>
  #latest: PipelineRun<unknown> | undefined

  constructor(name: string, stages: ReadonlyArray<StageDefinition>) {
    this.name = name
    this.#stages = stages
  }

  #add(method: string, name: unknown, define: (name: string) => StageDefinition): StagedPipeline {
    const checked = checkName(`pipeline ${JSON.stringify(this.name)}.${method}`, name, this.#stages)
    return new StagedPipeline(this.name, [...this.#stages, define(checked)])
  }

  stage(name: string, task: unknown, options?: unknown): StagedPipeline {
    return this.#add("stage", name, (checked) => taskStage(this.name, checked, task, options))
  }

  map(name: string, f: unknown, options?: unknown): StagedPipeline {
    return this.#add("map", name, (checked) => functionStage(this.name, checked, "map", f, options))
  }

  filter(name: string, keep: unknown, options?: unknown): StagedPipeline {
    return this.#add("filter", name, (checked) => functionStage(this.name, checked, "filter", keep, options))
  }

  tap(name: string, look: unknown, options?: unknown): StagedPipeline {
    return this.#add("tap", name, (checked) => functionStage(this.name, checked, "tap", look, options))
  }

  batch(name: string, size: unknown): StagedPipeline {
    return this.#add("batch", name, (checked) => batchStage(this.name, checked, size))
  }

  unbatch(name: string, options?: unknown): StagedPipeline {
    return this.#add("unbatch", name, (checked) => unbatchStage(this.name, checked, options))
  }

  #run(inputs: Inputs<unknown>, options: unknown, callSite: CallSite): PipelineRun<unknown> {
    const where = `pipeline ${JSON.stringify(this.name)}`
    hearErrors(inputs)
    if (this.#stages.length === 0) throw new TypeError(`${where} has no stages; add one with .stage(name, task)`)
    const run = new PipelineRun({
      pipeline: this.name,
      definitions: this.#stages,
      inputs,
      options: () => resolveRun(options, where),
      callSite
    })
    this.#latest = run
    return run
  }

  stream(inputs: Inputs<unknown>, options?: unknown): PipelineRun<unknown> {
    return this.#run(inputs, options, new CallSite(this.stream))
  }

  async run(inputs: Inputs<unknown>, options?: { readonly collect?: boolean }): Promise<Array<unknown> | number> {
    const run = this.#run(inputs, options, new CallSite(this.run))
    const values: Array<unknown> = []
    for await (const value of run) if (options?.collect !== false) values.push(value)
    return options?.collect === false ? run.report().out : values
  }

  toStream(inputs: unknown, options?: unknown): Stream.Stream<unknown, unknown, unknown> {
    const callSite = new CallSite(this.toStream)
    return streamOfRun(inputs, (readable) => this.#run(readable, options, callSite))
  }

  report(): PipelineReport {
    const nothing = (): PipelineRun<unknown> => this.#run([], undefined, new CallSite(this.report))
    return (this.#latest ?? nothing()).report()
  }
}

/**
 * A pipeline of this name, to which stages are added. Each method gives a new one. What its inputs are is said by the
 * first stage, or by `make<I>`.
 *
 * @example
 * const words = Pipeline.make("words")
 *   .stage("read", readFile, { concurrency: 4 })
 *   .filter("not empty", (text) => text.length > 0)
 *   .stage("count", countWords, { workers: 4, deadLetter: failed })
 * const counts = await words.run(paths)
 * console.log(words.report())
 */
export const make: {
  (name: string): PipelineStart
  <I>(name: string): Pipeline<I, I>
} = (name: string) =>
  new StagedPipeline(checkName("Pipeline.make", name, []), []) as unknown as PipelineStart & Pipeline<never, never>
