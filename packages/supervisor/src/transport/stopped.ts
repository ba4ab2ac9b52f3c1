/** Whether the system has stopped a process as a whole (SIGSTOP). Read only, and only on Linux. */
import { readFileSync } from "node:fs"

/** False where that can't be told. */
export const isStopped = (pid: number | undefined): boolean => {
  try {
    // proc(5): "pid (comm) state …", where comm may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    return /^[Tt]/.test(stat.slice(stat.lastIndexOf(")") + 2))
  } catch {
    return false
  }
}
