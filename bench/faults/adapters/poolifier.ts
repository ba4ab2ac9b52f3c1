/**
 * poolifier: threads, or processes of node:cluster. Its queue is on, so that a job waits in the parent and not in a
 * worker; its time limit is an AbortSignal.
 */
import { fileURLToPath } from "node:url"
import { FixedClusterPool, FixedThreadPool } from "poolifier"
import { heapFlags, heapLimits, type Open, workUrl } from "./Adapter.ts"

export const open: Open = ({ isolation, workers, work, heapMB, hear }) => {
  const common = {
    enableTasksQueue: true,
    // Closing waits so long for jobs that it believes to be running.
    tasksQueueOptions: { tasksFinishedTimeout: 500 },
    errorHandler: (error: Error) => hear(String(error))
  }
  const pool =
    isolation === "thread"
      ? new FixedThreadPool<unknown, unknown>(workers, fileURLToPath(workUrl(`poolifier-thread-${work}`)), {
          ...common,
          workerOptions: { resourceLimits: heapLimits(heapMB) }
        })
      : new FixedClusterPool<unknown, unknown>(workers, fileURLToPath(workUrl(`poolifier-cluster-${work}`)), {
          ...common,
          settings: { serialization: "advanced", execArgv: [...process.execArgv, ...heapFlags(heapMB)] }
        })
  pool.emitter?.on("error", (error) => hear(String(error)))
  return {
    run: (job, input, timeoutMs) =>
      pool.execute(input, job, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)),
    close: () => pool.destroy()
  }
}
