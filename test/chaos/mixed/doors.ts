/**
 * A pool behind whichever door, as promises. What is the Effect door's own stays: a call is a fiber of its own, which
 * may be interrupted, and the pool lives in a Scope, which ends well or not.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  type BatchOptions,
  createPool,
  type Inputs,
  type JobOptions,
  type JobStatus,
  type JobSummary,
  type Outcome,
  Pool,
  type PoolDump,
  type PoolEvent,
  type PoolOptions,
  type PromisePool,
  type RunReport,
  type StoreOptions,
  type StreamOptions,
  type Task,
  type WorkerSnapshot
} from "holdfast"

/** What an interrupted call rejects with. */
export class Interrupted extends Error {}
/** What a call rejects with that has died: the Effect door must tell of failures in the error channel. */
export class Defect extends Error {}

export interface DoorHandle {
  result(): Promise<unknown>
  poll(): Promise<Outcome<unknown, unknown> | undefined>
  wait(ms: number): Promise<boolean>
  cancel(reason: unknown): void
  readonly status: JobStatus
  readonly job: JobSummary
}

type Any = Task.Task<unknown, unknown, unknown, never>

export interface OpenDoor {
  /** `stop` interrupts the fiber; the Promise door knows no such thing. */
  run(task: Any, input: unknown, options: JobOptions, stop: AbortSignal): Promise<unknown>
  submit(task: Any, input: unknown, options: JobOptions): Promise<DoorHandle>
  submitAll(task: Any, inputs: Iterable<unknown>, options: object): Promise<ReadonlyArray<DoorHandle>>
  many(
    kind: "map" | "settle" | "lift",
    task: Any,
    inputs: Inputs<unknown>,
    options: BatchOptions<unknown>,
    stop: AbortSignal
  ): Promise<ReadonlyArray<unknown>>
  read(
    kind: "stream" | "outcomes" | "via",
    task: Any,
    inputs: Inputs<unknown>,
    options: StreamOptions<unknown>,
    after: Any
  ): AsyncIterable<unknown>
  partials(task: Any, input: unknown, options: object): AsyncIterable<unknown>
  broadcast(task: Any, input?: unknown): Promise<ReadonlyArray<unknown>>
  push(record: Readonly<Record<string, unknown>>, options?: StoreOptions): Promise<void>
  pull(name: string): Promise<ReadonlyArray<unknown>>
  scatter(name: string, array: ReadonlyArray<unknown>, options?: StoreOptions): Promise<void>
  gather(name: string): Promise<unknown>
  readonly pool: PromisePool | Pool.Pool
  /** Where second stages run: the same one, or another. */
  readonly second: PromisePool | Pool.Pool
  readonly workers: ReadonlyArray<WorkerSnapshot>
  readonly events: AsyncIterable<PoolEvent>
  resize(workers: number): Promise<void>
  recycle(): Promise<void>
  dump(): Promise<PoolDump>
  report(): RunReport
  close(): Promise<void>
  terminate(): Promise<void>
}

const promiseDoor = async (options: PoolOptions, other?: PromisePool): Promise<OpenDoor> => {
  const pool = await createPool(options)
  const second = other ?? pool
  const handleOf = (handle: ReturnType<typeof pool.submit>): DoorHandle => ({
    result: () => handle.result(),
    poll: async () => handle.poll(),
    wait: (ms) => handle.wait(ms),
    cancel: (reason) => handle.cancel(reason),
    get status() {
      return handle.status
    },
    get job() {
      return handle.job
    }
  })
  return {
    run: (task, input, call) => pool.run(task, input, call),
    submit: async (task, input, call) => handleOf(pool.submit(task, input, call)),
    submitAll: async (task, inputs, call) => pool.submitAll(task, inputs, call).map(handleOf),
    many: (kind, task, inputs, call) =>
      kind === "lift" ? pool.lift(task, call)(inputs) : (pool[kind](task, inputs, call) as Promise<Array<unknown>>),
    read: (kind, task, inputs, call, after) =>
      kind === "via"
        ? second.via(after, { onFailure: "collect", ordered: call.ordered ?? true })(pool.via(task, call)(inputs))
        : pool[kind](task, inputs, call),
    partials: (task, input, call) => pool.partials(task as never, input, call),
    broadcast: (task, input) => pool.broadcast(task, input),
    push: (record, call) => pool.push(record, call),
    pull: (name) => pool.pull(name),
    scatter: (name, array, call) => pool.scatter(name, array, call),
    gather: (name) => pool.gather(name),
    pool,
    second,
    get workers() {
      return pool.workers
    },
    get events() {
      return pool.events
    },
    resize: (workers) => pool.resize(workers),
    recycle: () => pool.recycle(),
    dump: () => pool.dump({ within: 500 }),
    report: () => pool.report(),
    close: () => pool.close(),
    terminate: () => pool.terminate()
  }
}

/** The value, or the failure of the error channel as a rejection. */
const settled = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isSuccess(exit)) return exit.value
  const { reasons } = exit.cause
  for (const reason of reasons) {
    if (Cause.isFailReason(reason)) throw reason.error
    if (Cause.isDieReason(reason)) throw new Defect(`died of ${String(reason.defect)}`, { cause: reason.defect })
  }
  throw new Interrupted("the fiber was interrupted")
}

const promised = <A, E>(effect: Effect.Effect<A, E>, stop?: AbortSignal): Promise<A> => {
  const fiber = Effect.runFork(effect)
  const interrupt = (): void => fiber.interruptUnsafe()
  if (stop?.aborted === true) interrupt()
  else stop?.addEventListener("abort", interrupt, { once: true })
  return Effect.runPromise(Fiber.await(fiber)).then((exit) => {
    stop?.removeEventListener("abort", interrupt)
    return settled(exit)
  })
}

const effectDoor = async (options: PoolOptions, other?: PromisePool): Promise<OpenDoor> => {
  const scope = Scope.makeUnsafe()
  const pool = await promised(Scope.provide(Pool.make(options), scope))
  const second = other ?? pool
  type EffectHandle = Effect.Success<ReturnType<typeof pool.submit>>
  const handleOf = (handle: EffectHandle): DoorHandle => ({
    result: () => promised(handle.await),
    poll: async () => Option.getOrUndefined(await promised(handle.poll)) as Outcome<unknown, unknown> | undefined,
    wait: (ms) => promised(handle.wait(ms)),
    cancel: (reason) => {
      Effect.runSync(handle.cancel(reason))
    },
    get status() {
      return handle.status
    },
    get job() {
      return handle.job
    }
  })
  const end = (exit: Exit.Exit<unknown, unknown>): Promise<void> => Effect.runPromise(Scope.close(scope, exit))
  return {
    run: (task, input, call, stop) => promised(pool.run(task, input, call), stop),
    submit: async (task, input, call) => handleOf(await promised(pool.submit(task, input, call))),
    submitAll: async (task, inputs, call) => (await promised(pool.submitAll(task, inputs, call))).map(handleOf),
    many: (kind, task, inputs, call, stop) =>
      promised(
        kind === "lift" ? pool.lift(task, call)(inputs) : (pool[kind] as typeof pool.map)(task, inputs, call),
        stop
      ),
    read: (kind, task, inputs, call, after) =>
      Stream.toAsyncIterable(
        (kind === "via"
          ? pool
              .stream(task, inputs, call)
              .pipe(pool.via(after, { onFailure: "collect", ordered: call.ordered ?? true }))
          : (pool[kind] as typeof pool.stream)(task, inputs, call)) as Stream.Stream<unknown, unknown>
      ),
    partials: (task, input, call) => Stream.toAsyncIterable(pool.partials(task as never, input, call)),
    broadcast: (task, input) => promised(pool.broadcast(task, input)),
    push: (record, call) => promised(pool.push(record, call)),
    pull: (name) => promised(pool.pull(name)),
    scatter: (name, array, call) => promised(pool.scatter(name, array, call)),
    gather: (name) => promised(pool.gather(name)),
    pool,
    second,
    get workers() {
      return pool.workers
    },
    events: Stream.toAsyncIterable(pool.events),
    resize: (workers) => promised(pool.resize(workers)),
    recycle: () => promised(pool.recycle),
    dump: () => promised(pool.dump({ within: 500 })),
    report: () => Effect.runSync(pool.report),
    close: () => end(Exit.void),
    terminate: () => promised(pool.terminate)
  }
}

export const openDoor = (door: "promise" | "effect", options: PoolOptions, second?: PromisePool): Promise<OpenDoor> =>
  door === "promise" ? promiseDoor(options, second) : effectDoor(options, second)
