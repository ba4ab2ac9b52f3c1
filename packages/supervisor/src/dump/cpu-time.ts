/**
 * CPU time of a thread as the kernel counts it, read from outside of it: two readings tell whether it computes. Linux
 * alone tells of other processes.
 */
import { readFileSync } from "node:fs"

/** Milliseconds since the thread began; undefined where the system does not tell. */
export const cpuTimeOf = (pid: number, thread: number): number | undefined => {
  try {
    // The time on the CPU, then the time in a queue for one; nanoseconds.
    const nanoseconds = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ", 1)[0])
    return Number.isFinite(nanoseconds) ? nanoseconds / 1e6 : undefined
  } catch {
    return undefined
  }
}

/** Begins to watch a thread; the function it returns says how long it has computed, and of how long. */
export const watchCpu = (pid: number | undefined, thread: number | undefined) => {
  const since = performance.now()
  const before = pid === undefined || thread === undefined ? undefined : cpuTimeOf(pid, thread)
  return (): { readonly ms: number; readonly overMs: number } | undefined => {
    if (before === undefined || pid === undefined || thread === undefined) return undefined
    const now = cpuTimeOf(pid, thread)
    if (now === undefined) return undefined
    return { ms: Math.max(0, Math.round(now - before)), overMs: Math.max(1, Math.round(performance.now() - since)) }
  }
}
