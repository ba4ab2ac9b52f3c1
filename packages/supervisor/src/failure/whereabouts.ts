/**
 * Words for where a job is: in a function, in native code, at what it waits on. To go on a message with, or a line of
 * its own. Not how it is found out, which is `pool/investigation.ts`.
 */
import type { Frame, LockHolder, NativeState, Resource } from "@holdfast/core"

/** Where a job stands. */
export interface Standing {
  readonly blocked: boolean
  readonly hungAt: ReadonlyArray<Frame> | undefined
  readonly waitingOn: ReadonlyArray<Resource> | undefined
  /** What the blocked thread did, where that was no JavaScript. */
  readonly native?: NativeState | undefined
  /** What its code had called there, at the first of `hungAt`. */
  readonly call?: string | undefined
  /** That the system has stopped its process as a whole. */
  readonly stopped?: boolean | undefined
}

/** A frame in words. */
export const place = ({ function: name, file, line, column }: Frame): string =>
  `${name === "<anonymous>" ? "(anonymous)" : name} at ${file}:${line}:${column}`

const nativeDoing = ({ busy, syscall, path, descriptor, child, cpuMs, overMs }: NativeState): string => {
  if (busy) return `busy in native code, which can't be looked into (${cpuMs} ms of CPU in ${overMs} ms)`
  const on = path ?? child ?? (descriptor === undefined ? undefined : `descriptor ${descriptor}`)
  const where = syscall === undefined ? "native code" : `the system call ${syscall}`
  return `blocked in ${where}${on === undefined ? "" : ` on ${on}`}`
}

/** What it did in native code, to go on a message with. */
export const nativeStory = (native: NativeState, who = "it"): string => {
  const { call, lastSeen } = native
  const top = lastSeen?.frames[0]
  const before = top === undefined ? "" : `; ${seconds(lastSeen?.agoMs ?? 0)} before, it was in ${place(top)}`
  return `; ${who} was ${call === undefined ? "" : `in ${call}, `}${nativeDoing(native)}${before}`
}

const holding = ({ deadlock, forMs, index, pid, task, worker }: LockHolder): string => {
  const who =
    worker === undefined
      ? "the program itself"
      : `${task === undefined ? "a job" : `task ${JSON.stringify(task)} (job ${index})`} on worker ${worker}, pid ${pid}`
  const stuck = deadlock ? ", which itself waits for a lock that this one holds: a deadlock" : ""
  return `, held by ${who} for ${seconds(forMs)}${stuck}`
}

export const resourceName = ({ kind, detail, heldBy, openedAt }: Resource): string =>
  `${kind} ${detail}`.trim() +
  (heldBy === undefined ? "" : holding(heldBy)) +
  (openedAt === undefined ? "" : ` (${place(openedAt)})`)

/**
 * Where it was, or what it waited on, to go on a message with. `amongOthers`: others ran beside it. Of a blocked thread
 * nobody can tell whose code it is in; what a job waits on is its own.
 */
export const story = ({ blocked, call, hungAt, waitingOn, native, stopped }: Standing, amongOthers = false): string => {
  const top = hungAt?.[0]
  const who = amongOthers ? "this job, or one that ran beside it," : "it"
  const halted = stopped === true ? "; its worker was stopped by the system (SIGSTOP)" : ""
  if (top !== undefined && call !== undefined)
    return `; ${who} was in ${place(top)}, which had called ${call}${native === undefined ? "" : `: ${nativeDoing(native)}`}${halted}`
  if (top !== undefined) return `; ${who} was in ${place(top)}${halted}`
  if (halted !== "") return halted
  if (native !== undefined) return nativeStory(native, who)
  if (blocked) return "; its worker was blocked and could not be looked into"
  if (waitingOn !== undefined && waitingOn.length > 0)
    return `; it was waiting on ${waitingOn.map(resourceName).join(", ")}`
  return ""
}

export const seconds = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`)
