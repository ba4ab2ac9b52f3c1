/**
 * What the parent and a worker's watchdog say to each other: one JSON object per line, both directions here,
 * and the check that what the parent received is one. Not the wire of jobs, which is `protocol/`.
 */
import type { Frame, NativeState } from "@holdfast/core"
import type { MaskRules } from "./mask.cts"

/** The parent ignores longer lines, and then the whole link: whoever writes them is not the watchdog. */
export const MAX_LINE_BYTES = 1 << 20

/** Get ready to pause the main thread: some 500 ms before a deadline, so that it is quick under load. */
export interface Arm {
  readonly t: "arm"
}

/** The deadline did not come; take the debugger off. */
export interface Disarm {
  readonly t: "disarm"
}

/** Say where the main thread is. */
export interface CaptureRequest {
  readonly t: "capture"
  readonly id: number
  /** The main thread goes on afterwards. */
  readonly resume: boolean
  /** The parent wants an answer by then; without a pause it is what the kernel tells. Milliseconds. */
  readonly withinMs: number
  readonly maxFrames: number
  /** Local variables per frame. */
  readonly maxLocals: number
  /** Characters per local variable. */
  readonly maxValue: number
  /** Whose values are hidden; undefined for nobody's. */
  readonly mask?: MaskRules | undefined
}

/** End the process when its resident memory passes the limit. */
export interface MemoryLimit {
  readonly t: "memory"
  readonly limitBytes: number
  readonly everyMs: number
}

export type ToWatchdog = Arm | Disarm | CaptureRequest | MemoryLimit

/** What the kernel tells of a main thread that runs no JavaScript; perhaps it is an idle event loop. */
export type Native = Omit<NativeState, "call" | "lastSeen">

/**
 * Where the main thread was. `stopped`: in JavaScript, at `frames` (innermost first). `native`: it ran no
 * JavaScript. `failed`: the debugger could not be used.
 */
export interface Capture {
  readonly state: "stopped" | "native" | "failed"
  readonly frames: ReadonlyArray<Frame>
  readonly native?: Native
}

export interface Ready {
  readonly t: "ready"
}

/** Sent right before it ends although its process goes on: nobody reads the channel until the next job. */
export interface Resting {
  readonly t: "resting"
}

export interface Captured extends Capture {
  readonly t: "captured"
  readonly id: number
}

/** Bytes of resident memory, and the limit they passed. */
export interface MemoryReading {
  readonly rss: number
  readonly limit: number
}

/** Sent right before the watchdog ends the process. */
export interface OverMemory extends MemoryReading {
  readonly t: "overMemory"
}

/** Where the main thread is while the process's memory grows: it may be the last that is seen of it. */
export interface SeenGrowing {
  readonly t: "growing"
  readonly frames: ReadonlyArray<Frame>
}

export type FromWatchdog = Ready | Resting | Captured | OverMemory | SeenGrowing

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isCount = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  isFields(value) && Object.values(value).every((each) => typeof each === "string")

const isFrame = (value: unknown): value is Frame =>
  isFields(value) &&
  typeof value.function === "string" &&
  typeof value.file === "string" &&
  isCount(value.line) &&
  isCount(value.column) &&
  (value.locals === undefined || isTexts(value.locals))

const isNative = (value: unknown): value is Native =>
  isFields(value) &&
  typeof value.busy === "boolean" &&
  isCount(value.cpuMs) &&
  isCount(value.overMs) &&
  (value.descriptor === undefined || isCount(value.descriptor)) &&
  [value.syscall, value.path, value.child].every((each) => each === undefined || typeof each === "string")

const isCaptured = (value: Fields): boolean =>
  isCount(value.id) &&
  (value.state === "stopped" || value.state === "native" || value.state === "failed") &&
  Array.isArray(value.frames) &&
  value.frames.every(isFrame) &&
  (value.native === undefined || isNative(value.native))

const isFromWatchdog = (value: unknown): value is FromWatchdog => {
  if (!isFields(value)) return false
  if (value.t === "ready" || value.t === "resting") return true
  if (value.t === "captured") return isCaptured(value)
  if (value.t === "growing") return Array.isArray(value.frames) && value.frames.every(isFrame)
  return value.t === "overMemory" && isCount(value.rss) && isCount(value.limit)
}

/** A line from the watchdog as its message; undefined when it is none, for the worker's own code can write there. */
export const readFromWatchdog = (line: string): FromWatchdog | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return isFromWatchdog(value) ? value : undefined
  } catch {
    return undefined
  }
}
