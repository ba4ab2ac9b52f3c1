/**
 * The Effect door: a pool as a scoped resource with typed failures, and as a Layer that provides `Executor`.
 */
import {
  type DumpOptions,
  Executor,
  type InvalidOptions,
  type PoolBroken,
  type PoolClosed,
  type PoolDump,
  type PoolEvent,
  type WorkerFailedToStart,
  type WorkerSnapshot
} from "@holdfast/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { PendingJob } from "../collect/PendingJob.ts"
import { dumpPool } from "../dump/dump.ts"
import { CallSite, CallSites } from "../failure/call-site.ts"
import type { Contexts, PoolOptionsWith, Provided } from "../options/resolve.ts"
import { openPool } from "../pool/open.ts"
import { type RunReport, reportOf } from "../timeline/RunReport.ts"
import { placedAt } from "./admission.ts"
import { type Call, cancelJob, startAll, startSingle } from "./calls.ts"
import { type CloseOptions, closeWith } from "./createPool.ts"
import { arrayOf, streamOf } from "./effect-batches.ts"
import { EffectHandle } from "./effect-handle.ts"
import { iteratedBy } from "./effect-pulled.ts"
import { resultOf } from "./effect-result.ts"
import { type EffectWorkerCalls, workerCallsOf } from "./effect-worker-calls.ts"
import { remember } from "./opened.ts"
import { recycleAll, resizeTo } from "./resizing.ts"

/** A pool behind the Effect door. */
export interface Pool<Ctx = never> extends Executor<Ctx>, EffectWorkerCalls<Ctx> {
  /** The workers as they stand now. */
  readonly workers: ReadonlyArray<WorkerSnapshot>
  /** What happens in the pool, from when it is run. A slow reader loses the oldest events, and is told. */
  readonly events: Stream.Stream<PoolEvent>
  /**
   * Changes the number of workers, 1 or more: grows at once, shrinks as workers finish what they run. Done once those
   * that are too many have gone; new ones may be starting still.
   */
  resize(workers: number): Effect.Effect<void, InvalidOptions | PoolClosed | PoolBroken | WorkerFailedToStart>
  /** Replaces every worker by a fresh one, one after another: each finishes what it runs, and no job is lost. */
  readonly recycle: Effect.Effect<void, PoolClosed | PoolBroken | WorkerFailedToStart>
  /**
   * What every worker is doing just now, and for which job: where it is blocked, what it waits on, what it used; and the
   * queue. Stops and disturbs nothing, and may be run again and again. Plain data that prints itself readably.
   *
   * @example
   * yield* Effect.log(String(yield* pool.dump()))
   */
  dump(): Effect.Effect<PoolDump>
  dump(options: DumpOptions): Effect.Effect<PoolDump, InvalidOptions>
  /**
   * What the pool has done so far, as plain data that can be written as an HTML page, an SVG or JSON. To be had at any
   * time, also after `close`.
   *
   * @example
   * const report = yield* pool.report
   * yield* Effect.promise(() => report.write("run.html"))
   */
  readonly report: Effect.Effect<RunReport>
  /** Stops intake, lets the work that is in finish, ends the workers. */
  close(): Effect.Effect<void>
  close(options: CloseOptions): Effect.Effect<void, InvalidOptions>
  /** Ends everything at once; what is left fails with `PoolClosed`. */
  readonly terminate: Effect.Effect<void>
}

const poolOf = (open: ReturnType<typeof openPool>): Pool<unknown> => {
  const { engine, terminator, timeline } = open
  const callSites = new CallSites()
  const pool: Pool<unknown> = {
    ...workerCallsOf(engine),
    run: (task: Call["task"], input: unknown, options?: unknown) => {
      const call: Call = { where: "run", task, options, callSite: callSites.of(pool.run, task, options) }
      // Begun and waited for in one step: between two, a fiber may be interrupted, and leave a job that nobody cancels.
      return resultOf(
        () => startSingle(engine, call, input, PendingJob),
        (job) => cancelJob(job, new Error("the calling fiber was interrupted"))
      )
    },
    submit: (task: Call["task"], input: unknown, options?: unknown) => {
      const call: Call = { where: "submit", task, options, callSite: callSites.of(pool.submit, task, options) }
      return Effect.sync(() => startSingle(engine, call, input, EffectHandle))
    },
    submitAll: (task: Call["task"], inputs: unknown, options?: unknown) => {
      const call: Call = { where: "submitAll", task, options, callSite: new CallSite(pool.submitAll) }
      return Effect.sync(() => startAll(engine, call, inputs, EffectHandle))
    },
    map: (task: Call["task"], inputs: unknown, options?: unknown) =>
      arrayOf(engine, { where: "map", task, options, callSite: new CallSite(pool.map) }, inputs),
    settle: (task: Call["task"], inputs: unknown, options?: unknown) =>
      arrayOf(engine, { where: "settle", task, options, callSite: new CallSite(pool.settle) }, inputs),
    stream: (task: Call["task"], inputs: unknown, options?: unknown) =>
      streamOf(engine, { where: "stream", task, options, callSite: new CallSite(pool.stream) }, inputs),
    outcomes: (task: Call["task"], inputs: unknown, options?: unknown) =>
      streamOf(engine, { where: "outcomes", task, options, callSite: new CallSite(pool.outcomes) }, inputs),
    via: (task: Call["task"], options?: unknown) => {
      const call: Call = { where: "via", task, options, callSite: new CallSite(pool.via) }
      return (inputs: unknown) => streamOf(engine, call, inputs)
    },
    lift: (task: Call["task"], options?: unknown) => {
      const call: Call = { where: "lift", task, options, callSite: new CallSite(pool.lift) }
      return (inputs: unknown) => arrayOf(engine, call, inputs)
    },
    get workers() {
      return engine.workers
    },
    events: iteratedBy(() => engine.bus.iterate(), Effect.die),
    resize: (workers: number) => {
      const callSite = new CallSite(pool.resize)
      return Effect.tryPromise({
        try: () => resizeTo(engine, workers, callSite),
        catch: (error) => placedAt(callSite, error)
      })
    },
    recycle: Effect.tryPromise({
      try: () => recycleAll(engine, new CallSite(poolOf)),
      catch: (error) => error
    }),
    dump: (options?: DumpOptions) => {
      const callSite = new CallSite(pool.dump)
      return Effect.tryPromise({ try: () => dumpPool(engine, options), catch: (error) => placedAt(callSite, error) })
    },
    report: Effect.sync(() => reportOf(timeline)),
    close: (options?: CloseOptions) => {
      const callSite = new CallSite(pool.close)
      return Effect.tryPromise({
        try: () => closeWith(terminator, options),
        catch: (error) => placedAt(callSite, error)
      })
    },
    terminate: Effect.promise(() => terminator.terminate())
  } as unknown as Pool<unknown>
  remember(pool, open)
  return pool
}

const made = (
  where: string,
  options: PoolOptionsWith<Contexts>,
  callSite: CallSite
): Effect.Effect<Pool<unknown>, InvalidOptions, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      try {
        return Effect.succeed(openPool(options, where))
      } catch (error) {
        return error instanceof Error && "_tag" in error && error._tag === "InvalidOptions"
          ? Effect.fail(placedAt(callSite, error) as InvalidOptions)
          : Effect.die(error)
      }
    }),
    ({ terminator }, exit) => Effect.promise(() => (Exit.isSuccess(exit) ? terminator.close() : terminator.terminate()))
  ).pipe(Effect.map(poolOf))

/**
 * Makes a pool that lives as long as its Scope: closed (drained) when the scope ends well, terminated when it
 * fails or is interrupted. Fails with `InvalidOptions`, naming each wrong option.
 *
 * @example
 * const program = Effect.gen(function*() {
 *   const pool = yield* Pool.make({ workers: 2 })
 *   return yield* pool.map(square, [1, 2, 3])   // [1, 4, 9]
 * }).pipe(Effect.scoped)
 */
export const make = <const C extends Contexts = readonly []>(
  options: PoolOptionsWith<C> = {}
): Effect.Effect<Pool<Provided<C>>, InvalidOptions, Scope.Scope> =>
  made("Pool.make", options, new CallSite(make)) as Effect.Effect<Pool<Provided<C>>, InvalidOptions, Scope.Scope>

/**
 * Provides {@link Executor} from a pool, for programs written against the port.
 *
 * @example
 * const program = Effect.gen(function*() {
 *   const executor = yield* Executor
 *   return yield* executor.map(square, [1, 2, 3])
 * })
 * Effect.runPromise(program.pipe(Effect.provide(Pool.layer({ workers: 2 }))))
 */
export const layer = <const C extends Contexts = readonly []>(
  options: PoolOptionsWith<C> = {}
): Layer.Layer<Executor<unknown>, InvalidOptions> =>
  Layer.effectContext(
    Effect.map(made("Pool.layer", options, new CallSite(layer)), (pool) =>
      Context.make(Executor, pool as unknown as Executor<unknown>)
    )
  ) as Layer.Layer<Executor<unknown>, InvalidOptions>
