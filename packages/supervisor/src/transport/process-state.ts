/** What the system says of a process, by proc(5). Read only, and only on Linux. */
import { readFileSync } from "node:fs"

/** Of linux/sched.h: set as soon as a process, or its main thread, begins to end. */
const PF_EXITING = 0x4

/** "pid (comm) state ppid pgrp session tty_nr tpgid flags …", where comm may hold anything. */
const statOf = (pid: number | undefined): ReadonlyArray<string> => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  } catch {
    return []
  }
}

/** Whether the system has stopped a process as a whole (SIGSTOP). False where that can't be told. */
export const isStopped = (pid: number | undefined): boolean => /^[Tt]/.test(statOf(pid)[0] ?? "")

/** Whether a process has begun to end, and is only not over yet. False where that can't be told. */
export const isEnding = (pid: number | undefined): boolean => (Number(statOf(pid)[6]) & PF_EXITING) !== 0
