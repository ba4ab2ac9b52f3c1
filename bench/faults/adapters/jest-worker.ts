/**
 * jest-worker: threads or processes, those with the serialization that tells of what it can't carry. It has no time
 * limit. A job whose worker died is run three more times by default; here not, as in the other pools. (With the default,
 * the neighbour of a late error is run twice and gets its value; else the same is wrong, three deaths later.)
 */
import { fileURLToPath } from "node:url"
import { Worker } from "jest-worker"
import { heapFlags, heapLimits, type Open, workUrl } from "./Adapter.ts"

export const open: Open = async ({ isolation, workers, work, heapMB }) => {
  const names = [...Object.keys(await import("../work/faulty.ts")), "nope"]
  const pool = new Worker(fileURLToPath(workUrl(work)), {
    exposedMethods: names,
    numWorkers: workers,
    maxRetries: 0,
    enableWorkerThreads: isolation === "thread",
    // Threads are given forkOptions too, and would refuse the flag of the heap.
    ...(isolation === "thread"
      ? { resourceLimits: heapLimits(heapMB) }
      : { forkOptions: { serialization: "advanced", execArgv: [...process.execArgv, ...heapFlags(heapMB)] } })
  })
  pool.getStdout().pipe(process.stdout, { end: false })
  pool.getStderr().pipe(process.stderr, { end: false })
  const methods = pool as unknown as Readonly<Record<string, (input: unknown) => Promise<unknown>>>
  return {
    run: (job, input) => methods[job]?.(input) ?? Promise.reject(new Error(`${job} is not exposed`)),
    close: () => pool.end()
  }
}
