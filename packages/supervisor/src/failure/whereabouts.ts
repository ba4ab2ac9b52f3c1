/**
 * Words for where a job is: in a function, in native code, at what it waits on. To go on a message with, or a line of
 * its own. Not how it is found out, which is `pool/investigation.ts`.
 */
import type { Frame, NativeState, Resource } from "@holdfast/core"

/** Where a job stands. */
export interface Standing {
  readonly blocked: boolean
  readonly hungAt: ReadonlyArray<Frame> | undefined
  readonly waitingOn: ReadonlyArray<Resource> | undefined
  /** What the blocked thread did, where that was no JavaScript. */
  readonly native?: NativeState | undefined
}

const place = ({ function: name, file, line, column }: Frame): string => `${name} at ${file}:${line}:${column}`

/** Where it was, or what it waited on, to go on a message with. */
export const nativeStory = ({
  busy,
  syscall,
  path,
  descriptor,
  child,
  cpuMs,
  overMs,
  lastSeen
}: NativeState): string => {
  const top = lastSeen?.frames[0]
  const before = top === undefined ? "" : `; ${seconds(lastSeen?.agoMs ?? 0)} before, it was in ${place(top)}`
  if (busy)
    return `; it was busy in native code, which can't be looked into (${cpuMs} ms of CPU in ${overMs} ms)${before}`
  const on = path ?? child ?? (descriptor === undefined ? undefined : `descriptor ${descriptor}`)
  const where = syscall === undefined ? "native code" : `the system call ${syscall}`
  return `; it was blocked in ${where}${on === undefined ? "" : ` on ${on}`}${before}`
}

export const resourceName = ({ kind, detail, openedAt }: Resource): string =>
  `${kind} ${detail}`.trim() + (openedAt === undefined ? "" : ` (${place(openedAt)})`)

export const story = ({ blocked, hungAt, waitingOn, native }: Standing): string => {
  const top = hungAt?.[0]
  if (top !== undefined) return `; it was in ${place(top)}`
  if (native !== undefined) return nativeStory(native)
  if (blocked) return "; its worker was blocked and could not be looked into"
  if (waitingOn !== undefined && waitingOn.length > 0)
    return `; it was waiting on ${waitingOn.map(resourceName).join(", ")}`
  return ""
}

export const seconds = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`)
