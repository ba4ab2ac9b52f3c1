/** workerpool: threads or processes, those with the serialization that tells of what it can't carry. */
import { fileURLToPath } from "node:url"
import workerpool from "workerpool"
import { heapFlags, heapLimits, type Open, workUrl } from "./Adapter.ts"

export const open: Open = ({ isolation, workers, work, heapMB }) => {
  const pool = workerpool.pool(fileURLToPath(workUrl(`workerpool-${work}`)), {
    minWorkers: workers,
    maxWorkers: workers,
    workerType: isolation,
    forkOpts: { serialization: "advanced", execArgv: [...process.execArgv, ...heapFlags(heapMB)] },
    workerThreadOpts: { resourceLimits: heapLimits(heapMB) }
  })
  return {
    run: async (job, input, timeoutMs) => {
      const running = pool.exec(job, [input])
      return await (timeoutMs === undefined ? running : running.timeout(timeoutMs))
    },
    close: async () => await pool.terminate(true)
  }
}
