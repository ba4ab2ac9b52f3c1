/** Tinypool: threads or processes, those with the serialization that tells of what it can't carry. */
import { Tinypool } from "tinypool"
import { heapFlags, heapLimits, type Open, workUrl } from "./Adapter.ts"

export const open: Open = ({ isolation, workers, work, heapMB, hear }) => {
  const pool = new Tinypool({
    filename: workUrl(work).href,
    minThreads: workers,
    maxThreads: workers,
    // Its processes inherit no environment.
    env: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ""])),
    ...(isolation === "thread"
      ? { runtime: "worker_threads", resourceLimits: heapLimits(heapMB) }
      : { runtime: "child_process", serialization: "advanced", execArgv: [...process.execArgv, ...heapFlags(heapMB)] })
  })
  pool.on("error", (error) => hear(String(error)))
  return {
    run: (job, input, timeoutMs) =>
      pool.run(input, { name: job, ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }) }),
    close: () => pool.destroy()
  }
}
