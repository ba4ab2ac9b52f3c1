/**
 * The Effect door: a pool as a scoped resource with typed failures, and as a Layer that provides `Executor`.
 */
import {
  Executor,
  type Handle,
  type InvalidOptions,
  type JobError,
  jobOf,
  type Outcome,
  type PoolEvent,
  type WorkerSnapshot
} from "@holdfast/core"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CallSite } from "../failure/call-site.ts"
import type { Contexts, PoolOptionsWith, Provided } from "../options/resolve.ts"
import type { Engine } from "../pool/Engine.ts"
import { openPool } from "../pool/open.ts"
import { type Call, type Submitted, startArray, startSingle, startStream } from "./calls.ts"
import { closeWith } from "./createPool.ts"
import { InputCause, readable } from "./effect-inputs.ts"

/** A pool behind the Effect door. */
export interface Pool<Ctx = never> extends Executor<Ctx> {
  /** The workers as they stand now. */
  readonly workers: ReadonlyArray<WorkerSnapshot>
  /** What happens in the pool, from when it is run. A slow reader loses the oldest events, and is told. */
  readonly events: Stream.Stream<PoolEvent>
  /** Stops intake, lets the work that is in finish, ends the workers. */
  close(options?: { readonly drainTimeout?: Duration.Input }): Effect.Effect<void>
  /** Ends everything at once; what is left fails with `PoolClosed`. */
  readonly terminate: Effect.Effect<void>
}

type Failing = Effect.Effect<never, JobError>

/** A call's failure, as an Effect: misuse and an iterable's own throw are defects, a Stream's own failure stays what it was. */
const failureOf = (error: unknown): Failing =>
  error instanceof InputCause
    ? (Effect.failCause(error.inputCause) as Failing)
    : error instanceof TypeError && jobOf(error) === undefined
      ? Effect.die(error)
      : Effect.fail(error as JobError)

const resultOf = (submitted: Submitted): Effect.Effect<unknown, JobError> =>
  Effect.callback((resume) => {
    const stop = submitted.job.onSettled((outcome) =>
      resume(outcome._tag === "Succeeded" ? Effect.succeed(outcome.value) : failureOf(outcome.error))
    )
    return Effect.sync(stop)
  })

const handleOf = (submitted: Submitted): Handle<unknown, unknown> => ({
  await: resultOf(submitted),
  poll: Effect.sync(() => Option.fromNullishOr(submitted.job.outcome) as Option.Option<Outcome<unknown, unknown>>),
  get status() {
    return submitted.status()
  },
  wait: (duration) =>
    Effect.callback<void>((resume) => {
      const stop = submitted.job.onSettled(() => resume(Effect.void))
      return Effect.sync(stop)
    }).pipe(Effect.timeoutOption(duration), Effect.map(Option.isSome)),
  cancel: (reason) => Effect.sync(() => submitted.cancel(reason)),
  get job() {
    return submitted.summary()
  }
})

const arrayOf = (engine: Engine, call: Call, inputs: unknown): Effect.Effect<Array<never>, JobError> =>
  Effect.flatMap(Effect.context<never>(), (context) =>
    Effect.callback((resume) => {
      try {
        const running = startArray(engine, call, readable(inputs, context), {
          resolve: (values) => resume(Effect.succeed(values)),
          reject: (error) => resume(failureOf(error))
        })
        return Effect.sync(running.abandon)
      } catch (error) {
        resume(failureOf(error))
        return undefined
      }
    })
  )

const streamOf = (engine: Engine, call: Call, inputs: unknown): Stream.Stream<never, JobError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      const started = yield* Effect.acquireRelease(
        Effect.suspend(() => {
          try {
            return Effect.succeed(startStream(engine, call, readable(inputs, context)))
          } catch (error) {
            return failureOf(error)
          }
        }),
        ({ sink }) => Effect.sync(() => sink.close())
      )
      const pull = Effect.callback<ReadonlyArray<never> & readonly [never, ...Array<never>], JobError | Cause.Done>(
        (resume) => {
          started.sink.next().then(
            (values) =>
              resume(values === undefined ? Cause.done() : Effect.succeed(values as unknown as readonly [never])),
            (error: unknown) => resume(failureOf(error))
          )
        }
      )
      return Stream.fromPull(Effect.succeed(pull))
    })
  ) as Stream.Stream<never, JobError>

const poolOf = (open: ReturnType<typeof openPool>): Pool<unknown> => {
  const { engine, terminator } = open
  const single = (call: Call, input: unknown): Submitted => startSingle(engine, call, input)
  const pool: Pool<unknown> = {
    run: (task: Call["task"], input: unknown, options?: unknown) => {
      const call: Call = { where: "run", task, options, callSite: new CallSite(pool.run) }
      return Effect.suspend(() => {
        const submitted = single(call, input)
        return Effect.onInterrupt(resultOf(submitted), () =>
          Effect.sync(() => submitted.cancel(new Error("the calling fiber was interrupted")))
        )
      })
    },
    submit: (task: Call["task"], input: unknown, options?: unknown) => {
      const call: Call = { where: "submit", task, options, callSite: new CallSite(pool.submit) }
      return Effect.sync(() => handleOf(single(call, input)))
    },
    map: (task: Call["task"], inputs: unknown, options?: unknown) =>
      arrayOf(engine, { where: "map", task, options, callSite: new CallSite(pool.map) }, inputs),
    settle: (task: Call["task"], inputs: unknown, options?: unknown) =>
      arrayOf(engine, { where: "settle", task, options, callSite: new CallSite(pool.settle) }, inputs),
    stream: (task: Call["task"], inputs: unknown, options?: unknown) =>
      streamOf(engine, { where: "stream", task, options, callSite: new CallSite(pool.stream) }, inputs),
    via: (task: Call["task"], options?: unknown) => {
      const call: Call = { where: "via", task, options, callSite: new CallSite(pool.via) }
      return (inputs: unknown) => streamOf(engine, call, inputs)
    },
    get workers() {
      return engine.workers
    },
    events: Stream.suspend(() => Stream.fromAsyncIterable(engine.bus.iterate(), (error) => error as never)),
    close: (options?: { readonly drainTimeout?: Duration.Input }) =>
      Effect.promise(() => closeWith(terminator, options)),
    terminate: Effect.promise(() => terminator.terminate())
  } as unknown as Pool<unknown>
  return pool
}

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
  Effect.acquireRelease(
    Effect.suspend(() => {
      try {
        return Effect.succeed(openPool(options, "Pool.make"))
      } catch (error) {
        return error instanceof Error && "_tag" in error && error._tag === "InvalidOptions"
          ? Effect.fail(error as InvalidOptions)
          : Effect.die(error)
      }
    }),
    ({ terminator }, exit) => Effect.promise(() => (Exit.isSuccess(exit) ? terminator.close() : terminator.terminate()))
  ).pipe(Effect.map((open) => poolOf(open) as Pool<Provided<C>>))

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
    Effect.map(make(options), (pool) => Context.make(Executor, pool as unknown as Executor<unknown>))
  ) as Layer.Layer<Executor<unknown>, InvalidOptions>
