/**
 * The other pools of Node, opened for what a measurement asks of them: one function each, with the settings found
 * best. Where values are to arrive as they were, their processes use v8's serialization ("advanced").
 */
import { fileURLToPath } from "node:url"
import { Worker } from "jest-worker"
import { Piscina } from "piscina"
import { FixedClusterPool, FixedThreadPool } from "poolifier"
import { Tinypool } from "tinypool"
import workerpool from "workerpool"

export interface OpenPool {
  readonly run: (job: string, input: unknown) => PromiseLike<unknown>
  /** The same, where what it is given may be handed over instead of copied. */
  readonly move?: (job: string, input: Float64Array) => PromiseLike<unknown>
  readonly close: () => PromiseLike<unknown>
}

type Open = (workers: number) => OpenPool

const urlOf = (name: string): URL => new URL(`../tasks/${name}.mjs`, import.meta.url)
const fileOf = (name: string): string => fileURLToPath(urlOf(name))
const serialization = "advanced"

const piscina: Open = (workers) => {
  const open = (file: string): Piscina =>
    new Piscina({
      filename: urlOf(file).href,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 64,
      atomics: "sync",
      recordTiming: false
    })
  const pool = open("work")
  let moving: Piscina | undefined
  return {
    run: (job, input) => pool.run(input, { name: job }),
    move: (job, input) => {
      moving ??= open("piscina-moved")
      // Its declared type of the list is that of another @types/node.
      return moving.run(input, { name: job, transferList: [input.buffer] as never })
    },
    close: () => Promise.all([pool.destroy(), moving?.destroy()])
  }
}

const tinypool =
  (runtime: "worker_threads" | "child_process"): Open =>
  (workers) => {
    const pool = new Tinypool({
      filename: urlOf("work").href,
      minThreads: workers,
      maxThreads: workers,
      runtime,
      ...(runtime === "child_process" ? { serialization } : { concurrentTasksPerWorker: 64 })
    })
    return { run: (job, input) => pool.run(input, { name: job }), close: () => pool.destroy() }
  }

const workerpoolOf =
  (workerType: "thread" | "process"): Open =>
  (workers) => {
    const forkOpts = { serialization } as const
    const pool = workerpool.pool(fileOf("workerpool"), {
      minWorkers: workers,
      maxWorkers: workers,
      workerType,
      forkOpts
    })
    return { run: async (job, input) => await pool.exec(job, [input]), close: async () => await pool.terminate(true) }
  }

const poolifier =
  (kind: "thread" | "cluster"): Open =>
  (workers) => {
    const common = {
      // What is sent waits at its worker: two to three times as fast as with the queue in the parent.
      enableTasksQueue: false,
      errorHandler: () => undefined
    }
    const file = fileOf(`poolifier-${kind}`)
    const pool =
      kind === "thread"
        ? new FixedThreadPool<unknown, unknown>(workers, file, common)
        : new FixedClusterPool<unknown, unknown>(workers, file, { ...common, settings: { serialization } })
    pool.emitter?.on("error", () => undefined)
    // A task given before its threads are up may be lost.
    const ready = pool.info.ready ? undefined : new Promise((resolve) => pool.emitter?.once("ready", resolve))
    const run: OpenPool["run"] = async (job, input) => {
      if (!pool.info.ready) await ready
      return await pool.execute(input, job)
    }
    return { run, close: () => pool.destroy() }
  }

const jestWorker =
  (enableWorkerThreads: boolean): Open =>
  (workers) => {
    const pool = new Worker(fileOf("work"), {
      exposedMethods: ["turn", "countInRange", "touchEnds", "touchShared", "pidOf", "wait"],
      numWorkers: workers,
      enableWorkerThreads,
      ...(enableWorkerThreads ? {} : { forkOptions: { serialization } })
    })
    const methods = pool as unknown as Readonly<Record<string, (input: unknown) => Promise<unknown>>>
    return {
      run: (job, input) => methods[job]?.(input) ?? Promise.reject(new Error(`${job} is not exposed`)),
      close: () => pool.end()
    }
  }

/** By the name that a measurement asks for. */
export const pools: Readonly<Record<string, Open>> = {
  piscina,
  "tinypool-threads": tinypool("worker_threads"),
  "tinypool-processes": tinypool("child_process"),
  "workerpool-threads": workerpoolOf("thread"),
  "workerpool-processes": workerpoolOf("process"),
  "poolifier-threads": poolifier("thread"),
  "poolifier-cluster": poolifier("cluster"),
  "jest-worker-threads": jestWorker(true),
  "jest-worker-processes": jestWorker(false)
}
