/**
 * What host and thread share where a worker is a thread: the messages of `messages.ts` and the worker's output, over
 * one port, so that their order is kept; and two pieces of shared memory, the page and the gauge. Nothing has to be
 * framed here, and since nobody but the two has the port, nothing is doubted.
 */
import type { MessagePort } from "node:worker_threads"
import { isLoneView, withOwnPayload } from "./lone-view.ts"
import type { FromWorker, Message, Run, ToWorker, Values } from "./messages.ts"
import { PayloadKind } from "./payload-kind.ts"
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

export type FromThread = FromWorker | Printed | Mapping

/** The gauge, in words of 32 bits. */
export const gauge = {
  /** Bytes of output that the host has not taken in yet. */
  unread: 0,
  /** The kernel's number of the thread; 0 while that is not known. */
  thread: 1,
  bytes: 8
} as const

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

const carriesValues = (message: Message): message is Run | Values => message._tag === "Run" || message._tag === "Values"

/** As it is to be posted; what can be handed over is added to `moved`. */
const outgoing = (message: Message, moved: Array<ArrayBuffer>): Message => {
  if (!carriesValues(message)) return message
  const payload = alone(message.payload)
  // Numbers and views stand in memory of their own; v8's own buffers can't be handed over.
  const isOurs = message.kind === PayloadKind.numbers || isLoneView(message.kind) || payload !== message.payload
  if (isOurs && payload.byteLength >= HAND_OVER_BYTES) moved.push(payload.buffer as ArrayBuffer)
  return { ...message, payload }
}

/** Posts a message to the host. What it carries must not be used any more, unless it is lent. */
export const postToHost = (port: MessagePort, message: FromWorker): void => {
  const moved: Array<ArrayBuffer> = []
  port.postMessage(outgoing(withOwnPayload(message), moved), moved)
}

/**
 * Posts messages to the thread, which takes them in together: of a task that ends its thread while it is loaded, it
 * must have read what it was loaded for. What they carry must not be used any more, and nothing of it may be lent.
 */
export const postToThread = (port: MessagePort, messages: ReadonlyArray<ToWorker>): void => {
  const moved: Array<ArrayBuffer> = []
  port.postMessage(
    messages.map((message) => outgoing(message, moved)),
    moved
  )
}

/** What arrived, as the one who gets it expects it: bytes arrive as `Uint8Array`s. */
export const received = <M extends FromWorker | ToWorker>(message: M): M => {
  if (message._tag !== "Run" && message._tag !== "Values") return message
  const { buffer, byteOffset, byteLength } = message.payload
  return { ...message, payload: Buffer.from(buffer, byteOffset, byteLength) }
}
