/**
 * Finds every living process that this one has started, at any depth: by parentage, and by an environment variable
 * that descendants inherit, so that one whose own parent has died is found too. Linux only, from `/proc`.
 */
import { readdirSync, readFileSync } from "node:fs"

/** A process's command line, for a person to read. */
export type ProcessName = string

// Two processes never share a start time and a pid, so a mark left in a long-lived process accuses nobody else.
const MARK = "HOLDFAST_TEST_PROCESS"
const own = `${process.pid}-${Math.round(performance.timeOrigin)}`
process.env[MARK] = own

interface Entry {
  readonly pid: number
  readonly parent: number
  /** The kernel's one-letter state. */
  readonly state: string
}

/** Undefined if the process ends while it is read, or is another user's. */
const readProc = (pid: number, file: string): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8")
  } catch {
    return undefined
  }
}

const readEntry = (pid: number): Entry | undefined => {
  const stat = readProc(pid, "stat")
  if (stat === undefined) return undefined
  // The second field is the name in parentheses and may itself contain some: split after the last one.
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return { pid, parent: Number(parent), state: state ?? "?" }
}

const isMarked = (pid: number): boolean => readProc(pid, "environ")?.split("\0").includes(`${MARK}=${own}`) ?? false

const nameOf = (pid: number): ProcessName => readProc(pid, "cmdline")?.split("\0").join(" ").trim().slice(0, 300) || "?"

/** Living descendants by process id. A zombie has ended and is only waiting to be reaped: it doesn't count. */
export const descendants = (): Map<number, ProcessName> => {
  const living = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readEntry(Number(name)) ?? [])
    .filter((entry) => entry.state !== "Z" && entry.state !== "X")
  const parents = new Map(living.map((entry) => [entry.pid, entry.parent]))
  const descends = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined; at = parents.get(at)) if (at === process.pid) return true
    return false
  }
  const found = living.filter(({ pid }) => pid !== process.pid && (descends(pid) || isMarked(pid)))
  return new Map(found.map(({ pid }) => [pid, nameOf(pid)]))
}
