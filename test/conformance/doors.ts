/**
 * The two doors of a pool behind one interface, so that a row is written once. Through the Effect door, each call is
 * a fiber of its own and the pool lives in a Scope; a failure outside of the error channel is told as such, and fails
 * the row. Where the doors differ by nature, cancelling and closing, each does it in its own way.
 */
import type { Outcome, Task } from "@holdfast/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createPool, Pool, type PoolOptions, type PromisePool } from "holdfast"
import type { Door } from "./Row.ts"

/** A call whose end may be asked for. */
export interface Cancellable<A> {
  readonly result: Promise<A>
  /** By the signal of the call, or by interrupting its fiber: there the reason is lost, as it should be. */
  readonly cancel: (reason: Error) => void
}

type Calls = Pick<PromisePool, "run" | "map" | "settle" | "stream" | "outcomes" | "workers" | "events" | "close">

/** A pool behind whichever door. */
export interface OpenDoor extends Calls {
  startRun<I, A, E>(task: Task.Task<I, A, E>, input: I): Cancellable<A>
  startMap<I, A, E>(
    task: Task.Task<I, A, E>,
    inputs: Iterable<I>,
    options?: { chunkSize: number }
  ): Cancellable<Array<A>>
  /** Ends everything at once: `terminate`, or the failure of the Scope. */
  terminate(): Promise<void>
}

/** What a cancelled call rejects with on the Effect door, where an interrupted fiber has no failure. */
export class Interrupted extends Error {}

/** What a call rejects with there that died of something; its cause is what. */
export class Defect extends Error {}

const promiseDoor = async (options: PoolOptions): Promise<OpenDoor> => {
  const pool = await createPool(options)
  const start = <A>(call: (signal: AbortSignal) => Promise<A>): Cancellable<A> => {
    const controller = new AbortController()
    return { result: call(controller.signal), cancel: (reason) => controller.abort(reason) }
  }
  // Not a copy: `workers` and `events` are read anew each time.
  return Object.assign(pool, {
    startRun: ((task, input) => start((signal) => pool.run(task, input, { signal }))) as OpenDoor["startRun"],
    startMap: ((task, inputs, call) =>
      start((signal) => pool.map(task, inputs, { ...call, signal }))) as OpenDoor["startMap"]
  })
}

/** The value, or the failure of the error channel as a rejection. */
const settled = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isSuccess(exit)) return exit.value
  const [reason] = exit.cause.reasons
  if (reason !== undefined && Cause.isFailReason(reason)) throw reason.error
  if (reason !== undefined && Cause.isDieReason(reason))
    throw new Defect("came as a defect, not in the error channel", { cause: reason.defect })
  throw new Interrupted("the fiber was interrupted")
}

const promised = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromiseExit(effect).then(settled)

const started = <A, E>(effect: Effect.Effect<A, E>): Cancellable<A> => {
  const fiber = Effect.runFork(effect)
  const result = Effect.runPromise(Fiber.await(fiber)).then(settled)
  return { result, cancel: () => fiber.interruptUnsafe() }
}

const effectDoor = async (options: PoolOptions): Promise<OpenDoor> => {
  const scope = Scope.makeUnsafe()
  const pool = await promised(Scope.provide(Pool.make(options), scope))
  const end = (exit: Exit.Exit<unknown, unknown>): Promise<void> => Effect.runPromise(Scope.close(scope, exit))
  return {
    run: (task, input, call) => promised(pool.run(task, input, call)),
    map: (task, inputs, call) => promised(pool.map(task, inputs, call)),
    settle: <I, A, E>(task: Task.Task<I, A, E>, inputs: Iterable<I>, call: object) =>
      promised(pool.settle(task, inputs, call)) as Promise<Array<Outcome<A, E>>>,
    stream: (task, inputs, call) => Stream.toAsyncIterable(pool.stream(task, inputs, call)),
    outcomes: (task, inputs, call) => Stream.toAsyncIterable(pool.outcomes(task, inputs, call)),
    startRun: (task, input) => started(pool.run(task, input)),
    startMap: (task, inputs, call) => started(pool.map(task, inputs, call)),
    get workers() {
      return pool.workers
    },
    events: Stream.toAsyncIterable(pool.events),
    close: (call) => (call === undefined ? end(Exit.void) : promised(pool.close(call))),
    terminate: () => end(Exit.fail("the program's own"))
  } as OpenDoor
}

export const openDoor = (door: Door, options: PoolOptions): Promise<OpenDoor> =>
  door === "promise" ? promiseDoor(options) : effectDoor(options)
