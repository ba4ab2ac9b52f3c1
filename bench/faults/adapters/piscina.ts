/** Piscina: threads alone. Its time limit is an AbortSignal; its error event has a listener, as its manual asks for. */
import { Piscina } from "piscina"
import { heapLimits, type Open, workUrl } from "./Adapter.ts"

export const open: Open = ({ workers, work, heapMB, hear }) => {
  const pool = new Piscina({
    filename: workUrl(work).href,
    minThreads: workers,
    maxThreads: workers,
    resourceLimits: heapLimits(heapMB)
  })
  pool.on("error", (error) => hear(String(error)))
  return {
    run: (job, input, timeoutMs) =>
      pool.run(input, { name: job, ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }) }),
    close: () => pool.destroy()
  }
}
