/**
 * Calls that are not of the `Executor` port, since they are about a pool's own workers: partial results, work for
 * every worker, the workers' stores. Behind the Promise door; behind the Effect door they are `effect-worker-calls.ts`.
 */
import type { JobOptions, Task, TaskContext } from "@holdfast/core"
import { PendingJob } from "../collect/PendingJob.ts"
import { PARTIALS_AHEAD, PartialsIterator } from "../collect/partials.ts"
import { CallSite } from "../failure/call-site.ts"
import type { Engine } from "../pool/Engine.ts"
import type { Call } from "./admission.ts"
import { type Answer, startBroadcast, startGather, startPull, startPush, startScatter } from "./directed.ts"
import type { Divisible } from "./parts.ts"
import { cancelJob, startSingle } from "./singles.ts"

/** Options of a job that has one attempt. */
export type PartialsOptions = Omit<JobOptions, "retry">

/** Options of a call to the workers' stores. */
export type StoreOptions = Pick<JobOptions, "signal" | "timeout" | "queueTimeout">

/** What a job yields, one by one; the iterator's return value is the job's own. */
export interface Partials<Y, A> {
  [Symbol.asyncIterator](): AsyncIterator<Y, A, undefined>
}

/** Calls about the workers of a pool. */
export interface WorkerCalls<Ctx = never> {
  /**
   * What a generator task yields, as it comes, never further ahead of its reader than 64 values; `break` ends the
   * job. Waiting for the reader counts against the job's `timeout`. Such a job is not tried again.
   *
   * @example
   * for await (const page of pool.partials(pages, "book.pdf")) console.log(page)
   */
  partials<A, E, Y>(task: Task.Task<undefined, A, E, Ctx | TaskContext, Y>): Partials<Y, A>
  partials<I, A, E, Y>(
    task: Task.Task<I, A, E, Ctx | TaskContext, Y>,
    input: I,
    options?: PartialsOptions
  ): Partials<Y, A>
  /** Runs a task once on every worker, ahead of what waits for any of them: the values by worker. */
  broadcast<A, E>(task: Task.Task<undefined, A, E, Ctx | TaskContext>): Promise<Array<A>>
  broadcast<I, A, E>(task: Task.Task<I, A, E, Ctx | TaskContext>, input: I, options?: JobOptions): Promise<Array<A>>
  /**
   * Puts values into the store of every worker, which tasks see as `currentTask().local`. Workers that come later
   * get them too.
   *
   * @example
   * await pool.push({ limit: 10 })
   */
  push(record: Readonly<Record<string, unknown>>, options?: StoreOptions): Promise<void>
  /** Reads a value from the store of every worker: by worker. Rejects with `NotInStore` where one has none. */
  pull<A = unknown>(name: string, options?: StoreOptions): Promise<Array<A>>
  /**
   * Puts a part of an array, or of a typed array, into the store of each worker. A part that dies with its worker is
   * lost.
   *
   * @example
   * await pool.scatter("part", Array.from({ length: 95 }, (_, i) => i))
   * const means = await pool.broadcast(meanOf, "part")
   */
  scatter(name: string, array: Divisible, options?: StoreOptions): Promise<void>
  /** Reads the parts back, in order, as one array. Rejects with `NotInStore` where one was lost. */
  gather<A extends Divisible = Array<unknown>>(name: string, options?: StoreOptions): Promise<A>
}

const answered = <A>(start: (answer: Answer<never>) => unknown): Promise<A> =>
  new Promise((resolve, reject) => {
    start({ resolve: resolve as (value: unknown) => void, reject })
  })

export abstract class WorkerCallsOf implements WorkerCalls<unknown> {
  protected abstract readonly engine: Engine

  partials<I, A, E, Y>(task: Task.Task<I, A, E, unknown, Y>, input?: I, options?: PartialsOptions): Partials<Y, A> {
    const call: Call = { where: "partials", task, options, callSite: new CallSite(this.partials) }
    return {
      [Symbol.asyncIterator]: () => {
        const special = { target: undefined, partials: PARTIALS_AHEAD }
        const job = startSingle(this.engine, call, input, PendingJob, special)
        return new PartialsIterator(job, (reason) => cancelJob(job, reason)) as AsyncIterator<Y, A, undefined>
      }
    }
  }

  broadcast<I, A, E>(task: Task.Task<I, A, E, unknown>, input?: I, options?: JobOptions): Promise<Array<A>> {
    const call: Call = { where: "broadcast", task, options, callSite: new CallSite(this.broadcast) }
    return answered((answer) => startBroadcast(this.engine, call, input, answer))
  }

  async push(record: Readonly<Record<string, unknown>>, options?: StoreOptions): Promise<void> {
    const call = { where: "push", options, callSite: new CallSite(this.push) } as const
    await answered((answer) => startPush(this.engine, call, record, answer))
  }

  pull<A = unknown>(name: string, options?: StoreOptions): Promise<Array<A>> {
    const call = { where: "pull", options, callSite: new CallSite(this.pull) } as const
    return answered((answer) => startPull(this.engine, call, name, answer))
  }

  async scatter(name: string, array: Divisible, options?: StoreOptions): Promise<void> {
    const call = { where: "scatter", options, callSite: new CallSite(this.scatter) } as const
    await answered((answer) => startScatter(this.engine, call, name, array, answer))
  }

  gather<A extends Divisible = Array<unknown>>(name: string, options?: StoreOptions): Promise<A> {
    const call = { where: "gather", options, callSite: new CallSite(this.gather) } as const
    return answered((answer) => startGather(this.engine, call, name, answer))
  }
}
