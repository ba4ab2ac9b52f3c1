/**
 * The calls about a pool's own workers (`WorkerCalls.ts`) behind the Effect door.
 */
import type { CallError, JobOptions, NotInStore, Task, TaskContext } from "@holdfast/core"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { PendingJob } from "../collect/PendingJob.ts"
import { PARTIALS_AHEAD, PartialsIterator } from "../collect/partials.ts"
import { CallSite } from "../failure/call-site.ts"
import type { Engine } from "../pool/Engine.ts"
import type { Call } from "./admission.ts"
import {
  type Answer,
  type GiveUp,
  startBroadcast,
  startGather,
  startPull,
  startPush,
  startScatter
} from "./directed.ts"
import { iteratedBy } from "./effect-pulled.ts"
import { failureOf } from "./effect-result.ts"
import type { Divisible } from "./parts.ts"
import { cancelJob, startSingle } from "./singles.ts"
import type { PartialsOptions, StoreOptions } from "./WorkerCalls.ts"

/** Calls about the workers of a pool. What each does is said at the Promise door's `WorkerCalls`. */
export interface EffectWorkerCalls<Ctx = never> {
  /** What a generator task yields, as it comes; its return value is not part of the stream. */
  partials<A, E, Y>(task: Task.Task<undefined, A, E, Ctx | TaskContext, Y>): Stream.Stream<Y, E | CallError>
  partials<I, A, E, Y>(
    task: Task.Task<I, A, E, Ctx | TaskContext, Y>,
    input: I,
    options?: PartialsOptions
  ): Stream.Stream<Y, E | CallError>
  /** Runs a task once on every worker: the values by worker. */
  broadcast<A, E>(task: Task.Task<undefined, A, E, Ctx | TaskContext>): Effect.Effect<Array<A>, E | CallError>
  broadcast<I, A, E>(
    task: Task.Task<I, A, E, Ctx | TaskContext>,
    input: I,
    options?: JobOptions
  ): Effect.Effect<Array<A>, E | CallError>
  /** Puts values into the store of every worker, also of those that come later. */
  push(record: Readonly<Record<string, unknown>>, options?: StoreOptions): Effect.Effect<void, CallError>
  /** Reads a value from the store of every worker: by worker. */
  pull<A = unknown>(name: string, options?: StoreOptions): Effect.Effect<Array<A>, CallError | NotInStore>
  /** Puts a part of an array into the store of each worker. */
  scatter(name: string, array: Divisible, options?: StoreOptions): Effect.Effect<void, CallError>
  /** Reads the parts back, in order, as one array. */
  gather<A extends Divisible = Array<unknown>>(
    name: string,
    options?: StoreOptions
  ): Effect.Effect<A, CallError | NotInStore>
}

const answered = (start: (answer: Answer<never>) => GiveUp): Effect.Effect<never, CallError> =>
  Effect.callback((resume) => {
    try {
      const giveUp = start({
        resolve: (value) => resume(Effect.succeed(value)),
        reject: (error) => resume(failureOf(error))
      })
      return Effect.sync(() => giveUp(new Error("the calling fiber was interrupted")))
    } catch (error) {
      resume(failureOf(error))
      return undefined
    }
  })

export const workerCallsOf = (engine: Engine): EffectWorkerCalls<unknown> => {
  const calls = {
    partials: (task: Call["task"], input: unknown, options?: unknown) => {
      const call: Call = { where: "partials", task, options, callSite: new CallSite(calls.partials) }
      const begin = (): PartialsIterator => {
        const special = { target: undefined, partials: PARTIALS_AHEAD }
        const job = startSingle(engine, call, input, PendingJob, special)
        return new PartialsIterator(job, (reason) => cancelJob(job, reason))
      }
      return iteratedBy(begin, failureOf)
    },
    broadcast: (task: Call["task"], input: unknown, options?: unknown) => {
      const call: Call = { where: "broadcast", task, options, callSite: new CallSite(calls.broadcast) }
      return answered((answer) => startBroadcast(engine, call, input, answer))
    },
    push: (record: unknown, options?: unknown) => {
      const call = { where: "push", options, callSite: new CallSite(calls.push) } as const
      return Effect.asVoid(answered((answer) => startPush(engine, call, record, answer)))
    },
    pull: (name: unknown, options?: unknown) => {
      const call = { where: "pull", options, callSite: new CallSite(calls.pull) } as const
      return answered((answer) => startPull(engine, call, name, answer))
    },
    scatter: (name: unknown, array: unknown, options?: unknown) => {
      const call = { where: "scatter", options, callSite: new CallSite(calls.scatter) } as const
      return Effect.asVoid(answered((answer) => startScatter(engine, call, name, array, answer)))
    },
    gather: (name: unknown, options?: unknown) => {
      const call = { where: "gather", options, callSite: new CallSite(calls.gather) } as const
      return answered((answer) => startGather(engine, call, name, answer))
    }
  }
  return calls as unknown as EffectWorkerCalls<unknown>
}
