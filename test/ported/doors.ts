/**
 * Both doors of a pool behind one interface, for scenarios that are written once, with every kind of inputs that each of
 * them takes. Unlike that of the conformance rows it has handles, resizing and recycling, and tells a failure by what it
 * is, whether it came as a typed one or as a defect.
 */
import { Readable } from "node:stream"
import type { BatchOptions, Inputs, JobOptions, Outcome, StreamOptions, Task, WorkerSnapshot } from "@holdfast/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createPool, Pool, type PoolOptions } from "holdfast"

type AnyTask<I, A, E> = Task.Task<I, A, E>

/** A job that was submitted, on either door. */
export interface Submitted<A> {
  result(): Promise<A>
  cancel(): void
}

export interface OpenPool {
  run<I, A, E>(task: AnyTask<I, A, E>, input: I, options?: JobOptions): Promise<A>
  submit<I, A, E>(task: AnyTask<I, A, E>, input: I, options?: JobOptions): Promise<Submitted<A>>
  map<I, A, E>(task: AnyTask<I, A, E>, inputs: unknown, options?: BatchOptions<I>): Promise<Array<A>>
  settle<I, A, E>(task: AnyTask<I, A, E>, inputs: unknown, options?: BatchOptions<I>): Promise<Array<Outcome<A, E>>>
  stream<I, A, E>(task: AnyTask<I, A, E>, inputs: unknown, options?: StreamOptions<I>): AsyncIterable<A>
  outcomes<I, A, E>(task: AnyTask<I, A, E>, inputs: unknown, options?: StreamOptions<I>): AsyncIterable<Outcome<A, E>>
  resize(workers: number): Promise<void>
  recycle(): Promise<void>
  close(): Promise<void>
  readonly workers: ReadonlyArray<WorkerSnapshot>
}

/** Makes inputs of some kind, of so many numbers from 0; those that fail do so where the next would come. */
export type InputsOf = (count: number, failing?: Error) => unknown

function* generator(count: number, failing?: Error): Generator<number> {
  for (let n = 0; n < count; n++) yield n
  if (failing !== undefined) throw failing
}

async function* asyncGenerator(count: number, failing?: Error): AsyncGenerator<number> {
  for (const n of generator(count, failing)) {
    await new Promise((resolve) => setImmediate(resolve))
    yield n
  }
}

const common: Record<string, InputsOf> = {
  "a generator": generator,
  "an async generator": asyncGenerator,
  "a Node readable": (count, failing) => Readable.from(asyncGenerator(count, failing))
}

const streams: Record<string, InputsOf> = {
  "a Stream that fails, typed": (count, failing) =>
    Stream.concat(Stream.range(0, count - 1), failing === undefined ? Stream.empty : Stream.fail(failing)),
  "a Stream of single values": (count, failing) => Stream.fromIterable(generator(count, failing), { chunkSize: 1 }),
  "a Stream that dies": (count, failing) =>
    Stream.concat(Stream.range(0, count - 1), failing === undefined ? Stream.empty : Stream.die(failing))
}

/** The value, or what the call failed with or died of. */
const settled = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isSuccess(exit)) return exit.value
  const [reason] = exit.cause.reasons
  if (reason !== undefined && Cause.isFailReason(reason)) throw reason.error
  if (reason !== undefined && Cause.isDieReason(reason)) throw reason.defect
  throw new Error("interrupted")
}

const promised = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromiseExit(effect).then(settled)

const throughPromises = async (options: PoolOptions): Promise<OpenPool> => {
  const pool = await createPool(options)
  return {
    run: (task, input, call) => pool.run(task, input, call),
    submit: async (task, input, call) => pool.submit(task, input, call),
    map: (task, inputs, call) => pool.map(task, inputs as Inputs<never>, call as object),
    settle: (task, inputs, call) => pool.settle(task, inputs as Inputs<never>, call as object),
    stream: (task, inputs, call) => pool.stream(task, inputs as Inputs<never>, call as object),
    outcomes: (task, inputs, call) => pool.outcomes(task, inputs as Inputs<never>, call as object),
    resize: (workers) => pool.resize(workers),
    recycle: () => pool.recycle(),
    close: () => pool.close(),
    get workers() {
      return pool.workers
    }
  }
}

const throughEffects = async (options: PoolOptions): Promise<OpenPool> => {
  const scope = Scope.makeUnsafe()
  const pool = await promised(Scope.provide(Pool.make(options), scope))
  return {
    run: (task, input, call) => promised(pool.run(task, input, call)),
    submit: async (task, input, call) => {
      const handle = await promised(pool.submit(task, input, call))
      return { result: () => promised(handle.await), cancel: () => Effect.runFork(handle.cancel()) }
    },
    map: (task, inputs, call) => promised(pool.map(task, inputs as Inputs<never>, call as object)),
    settle: (task, inputs, call) => promised(pool.settle(task, inputs as Inputs<never>, call as object)),
    stream: (task, inputs, call) => Stream.toAsyncIterable(pool.stream(task, inputs as Inputs<never>, call as object)),
    outcomes: (task, inputs, call) =>
      Stream.toAsyncIterable(pool.outcomes(task, inputs as Inputs<never>, call as object)),
    resize: (workers) => promised(pool.resize(workers)),
    recycle: () => promised(pool.recycle),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
    get workers() {
      return pool.workers
    }
  }
}

export interface Door {
  readonly door: "promise" | "effect"
  readonly open: (options: PoolOptions) => Promise<OpenPool>
  readonly kinds: Readonly<Record<string, InputsOf>>
}

export const doors: ReadonlyArray<Door> = [
  { door: "promise", open: throughPromises, kinds: common },
  { door: "effect", open: throughEffects, kinds: { ...common, ...streams } }
]
