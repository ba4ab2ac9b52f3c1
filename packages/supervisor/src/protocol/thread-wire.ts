/**
 * What host and thread share where a worker is a thread: the messages of `messages.ts` and the worker's output, over
 * one port, so that their order is kept; and two pieces of shared memory, the page and the gauge. Nothing has to be
 * framed here, and since nobody but the two has the port, nothing is doubted.
 */
import type { MessagePort } from "node:worker_threads"
import { isLoneView, withOwnPayload } from "./lone-view.ts"
import type { FromWorker, Run, ToWorker, Values } from "./messages.ts"
import { isOfNumbers } from "./packed-payload.ts"
import { monotonicNow } from "./page.ts"
import type { PayloadKind } from "./payload-kind.ts"
import type { Mapping } from "./shared-memory.ts"

/** What a thread is started with. */
export interface ThreadStart {
  readonly port: MessagePort
  /** Laid out as `page.ts` says. */
  readonly page: SharedArrayBuffer
  readonly gauge: SharedArrayBuffer
  readonly outputNonce: string
}

/** Output of the thread, markers included. */
export interface Printed {
  readonly _tag: "Printed"
  readonly stream: "stdout" | "stderr"
  readonly bytes: Uint8Array
}

/**
 * The two messages that carry the jobs, as they are posted: without names, so that none is written and read for each,
 * and no object is made whose hidden class V8 would have forgotten by the next (`kept-shapes.ts`).
 */
type PostedRun = readonly [
  chunkId: number,
  taskId: number,
  base: number,
  count: number,
  attempt: number,
  single: boolean,
  awake: boolean,
  timed: boolean,
  kind: PayloadKind,
  payload: Uint8Array,
  detail: Run["detail"]
]
type PostedValues = readonly [
  chunkId: number,
  offset: number,
  count: number,
  kind: PayloadKind,
  busyMs: number,
  sync: number,
  payload: Uint8Array
]

export type ToThread = Exclude<ToWorker, Run> | PostedRun
export type FromThread = Exclude<FromWorker, Values> | PostedValues | Printed | Mapping

/** The gauge, in words of 32 bits. */
export const gauge = {
  /** Bytes of output that the host has not taken in yet. */
  unread: 0,
  /** The kernel's number of the thread; 0 while that is not known. */
  thread: 1,
  /** When its end has begun, by {@link endingNow}; 0 before. */
  ending: 2,
  bytes: 12
} as const

/** The time, as word is left of a thread's end that begins: milliseconds in 32 bits, and never 0. */
export const endingNow = (): number => monotonicNow() | 0 || 1

/** An end that takes longer is none yet: a listener to it that loops is to be looked into. */
const LONGEST_END_MS = 150

/** Whether that was so short a time ago that the thread may go at any moment. */
export const isAboutToGo = (endingAt: number): boolean =>
  endingAt !== 0 && (((monotonicNow() | 0) - endingAt) | 0) < LONGEST_END_MS

/**
 * A thread that prints faster than its host reads is held up at this point, as a full pipe would hold up a process: Node
 * hands on all that a port holds in one turn, and what is read meanwhile holds up whatever else the host has to do.
 */
export const MOST_UNREAD_BYTES: number = 64 * 1024

/** Below, a copy costs less than handing over. */
const HAND_OVER_BYTES = 16 * 1024

/** The bytes alone: with a view, v8 would copy all of the buffer that it shows a part of. */
const alone = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)

/** The payload as it is to be posted; where it can be handed over, its memory is added to `moved`. */
const outgoing = (kind: PayloadKind, given: Uint8Array, moved: Array<ArrayBuffer>): Uint8Array => {
  const payload = alone(given)
  // Numbers and views stand in memory of their own; v8's own buffers can't be handed over.
  const isOurs = isOfNumbers(kind) || isLoneView(kind) || payload !== given
  if (isOurs && payload.byteLength >= HAND_OVER_BYTES) moved.push(payload.buffer as ArrayBuffer)
  return payload
}

const postedRun = (run: Run, moved: Array<ArrayBuffer>): PostedRun => {
  const payload = outgoing(run.kind, run.payload, moved)
  const { chunkId, taskId, base, count, attempt, single, awake, timed, kind, detail } = run
  return [chunkId, taskId, base, count, attempt, single, awake, timed, kind, payload, detail]
}

const postedValues = (values: Values, moved: Array<ArrayBuffer>): PostedValues => {
  const payload = outgoing(values.kind, values.payload, moved)
  const { chunkId, offset, count, kind, busyMs, sync } = values
  return [chunkId, offset, count, kind, busyMs, sync, payload]
}

/** Posts a message to the host. What it carries must not be used any more, unless it is lent. */
export const postToHost = (port: MessagePort, message: FromWorker): void => {
  const moved: Array<ArrayBuffer> = []
  port.postMessage(message._tag === "Values" ? postedValues(withOwnPayload(message), moved) : message, moved)
}

/**
 * Posts messages to the thread, which takes them in together: of a task that ends its thread while it is loaded, it
 * must have read what it was loaded for. What they carry must not be used any more, and nothing of it may be lent.
 */
export const postToThread = (port: MessagePort, messages: ReadonlyArray<ToWorker>): void => {
  const moved: Array<ArrayBuffer> = []
  port.postMessage(
    messages.map((message) => (message._tag === "Run" ? postedRun(message, moved) : message)),
    moved
  )
}

/** Bytes arrive as a `Uint8Array`. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength)

const isRun = (posted: ToThread): posted is PostedRun => Array.isArray(posted)

/** What arrived at the thread, as the one who gets it expects it. */
export const fromHost = (posted: ToThread): ToWorker => {
  if (!isRun(posted)) return posted
  const [chunkId, taskId, base, count, attempt, single, awake, timed, kind, bytes, detail] = posted
  const payload = asBuffer(bytes)
  return { _tag: "Run", chunkId, taskId, base, count, attempt, single, awake, timed, kind, payload, detail }
}

/** Whether it carries values. */
export const areValues = (posted: FromThread): posted is PostedValues => Array.isArray(posted)

/** Values that arrived at the host. */
export const valuesOf = ([chunkId, offset, count, kind, busyMs, sync, bytes]: PostedValues): Values => ({
  _tag: "Values",
  chunkId,
  offset,
  count,
  kind,
  busyMs,
  sync,
  payload: asBuffer(bytes)
})
