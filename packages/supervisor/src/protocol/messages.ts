/**
 * Both directions of the wire, in one file that both ends import: every message, its bytes, and the check
 * that what arrived is one. `Run` and `Values`, which carry the jobs, have a fixed binary layout; the rest is
 * rare and travels as a v8-serialised record. Not the encoding of user values: that is `values.ts`.
 */
import { deserialize, serialize } from "node:v8"
import type { Resource } from "@holdfast/core"
import type { ErrorDescription } from "./error-description.ts"
import { HEAD_BYTES, ProtocolViolation, writeHead } from "./frames.ts"
import { isFromWorker } from "./record-check.ts"
import type { PayloadKind } from "./values.ts"

/** First message to a worker: what it is. */
export interface Configure {
  readonly _tag: "Configure"
  readonly workerId: number
  /** Key of the in-band output markers. */
  readonly outputNonce: string
  /** Jobs at once. */
  readonly concurrency: number
  readonly contexts: ReadonlyArray<{ readonly module: string; readonly name: string }>
  readonly preload: ReadonlyArray<string>
  /** How long a task's module may take to load. */
  readonly loadTimeoutMs: number
}

/** A task, said once to each worker before its first job; `bound` is an encoded batch of what `with` fixed. */
export interface Define {
  readonly _tag: "Define"
  readonly taskId: number
  readonly module: string
  readonly name: string
  readonly bare: boolean
  readonly boundCount: number
  readonly boundKind: PayloadKind
  readonly bound: Uint8Array
}

/** Jobs `base` to `base + count - 1` of a batch, to be run one after another. */
export interface Run {
  readonly _tag: "Run"
  readonly chunkId: number
  readonly taskId: number
  readonly base: number
  readonly count: number
  readonly attempt: number
  /** Single jobs of `run` and `submit`: each is number 0 to its task, whatever its place in the lane. */
  readonly single: boolean
  readonly kind: PayloadKind
  readonly payload: Uint8Array
  readonly detail: RunDetail | undefined
}

/** What few runs need. */
export interface RunDetail {
  readonly keys?: ReadonlyArray<string>
  /** Encoded: what the last attempt gave to `checkpoint`. */
  readonly resumed?: Uint8Array
}

/** Stop one job (`offset`), or, with -1, give back what of the chunk has not started. */
export interface Cancel {
  readonly _tag: "Cancel"
  readonly chunkId: number
  readonly offset: number
  readonly reason: ErrorDescription
}

/** Asks what the worker's event loop waits on. */
export interface Inspect {
  readonly _tag: "Inspect"
  readonly id: number
}

/** Release contexts and end. */
export interface Shutdown {
  readonly _tag: "Shutdown"
}

export type ToWorker = Configure | Define | Run | Cancel | Inspect | Shutdown

/** Contexts are built, jobs may come. */
export interface Ready {
  readonly _tag: "Ready"
}

/** Jobs `offset` to `offset + count - 1` of a chunk succeeded. */
export interface Values {
  readonly _tag: "Values"
  readonly chunkId: number
  readonly offset: number
  readonly count: number
  readonly kind: PayloadKind
  /** Time spent running them. */
  readonly busyMs: number
  readonly payload: Uint8Array
}

/** How an attempt failed while its worker lived. */
export type AttemptFault =
  | { readonly _tag: "Threw"; readonly error: ErrorDescription; readonly final: boolean }
  /** The task's own typed error; `encoded` where the task has an error schema. */
  | {
      readonly _tag: "Typed"
      readonly error: ErrorDescription | undefined
      readonly encoded: Uint8Array | undefined
      readonly final: boolean
    }
  | { readonly _tag: "NotSerializable"; readonly path: string; readonly message: string }
  | { readonly _tag: "BadInput"; readonly message: string; readonly error: ErrorDescription }
  | { readonly _tag: "InvalidOutput"; readonly message: string; readonly error: ErrorDescription }
  | { readonly _tag: "NotLoaded"; readonly message: string; readonly error: ErrorDescription }
  | { readonly _tag: "Stuck"; readonly waitingOn: ReadonlyArray<Resource> }
  | { readonly _tag: "Cancelled" }

/** A job failed. The worker has written output marker `sync` to both streams before it sent this. */
export interface Failed {
  readonly _tag: "Failed"
  readonly chunkId: number
  readonly offset: number
  readonly busyMs: number
  readonly sync: number
  readonly fault: AttemptFault
}

/** Jobs from `offset` on were not started and are given back. */
export interface Returned {
  readonly _tag: "Returned"
  readonly chunkId: number
  readonly offset: number
}

/** An error escaped: of the job at `chunkId`/`offset` where that can be told. The worker wants replacing. */
export interface Escaped {
  readonly _tag: "Escaped"
  readonly chunkId: number | undefined
  readonly offset: number | undefined
  readonly error: ErrorDescription
}

/** What a running job says of itself. */
export interface Signal {
  readonly _tag: "Signal"
  readonly chunkId: number
  readonly offset: number
  readonly said:
    | { readonly _tag: "Progress"; readonly fraction: number; readonly message: string | undefined }
    | { readonly _tag: "Heartbeat" }
    | { readonly _tag: "Checkpoint"; readonly value: Uint8Array }
    /** The job has read its AbortSignal (or is an Effect), so it may end by itself when cancelled. */
    | { readonly _tag: "Cancellable" }
}

/** The answer to `Inspect`. */
export interface Waiting {
  readonly _tag: "Waiting"
  readonly id: number
  readonly waitingOn: ReadonlyArray<Resource>
}

/** The worker's context could not be built; it ends after this. */
export interface StartFailed {
  readonly _tag: "StartFailed"
  readonly message: string
  readonly error: ErrorDescription
}

export type FromWorker = Ready | Values | Failed | Returned | Escaped | Signal | Waiting | StartFailed
export type Message = ToWorker | FromWorker

const RUN = 1
const VALUES = 2
const RECORD = 3
const RUN_HEAD = 32
const SINGLE = 0x100
const VALUES_HEAD = 24

const encodeRun = (run: Run, key: number): Array<Uint8Array> => {
  const detail = run.detail === undefined ? undefined : serialize(run.detail)
  const detailBytes = detail?.length ?? 0
  const head = Buffer.allocUnsafe(HEAD_BYTES + RUN_HEAD)
  writeHead(head, RUN_HEAD + detailBytes + run.payload.length, RUN, key)
  head.writeUInt32LE(run.chunkId, HEAD_BYTES)
  head.writeUInt32LE(run.taskId, HEAD_BYTES + 4)
  head.writeDoubleLE(run.base, HEAD_BYTES + 8)
  head.writeUInt32LE(run.count, HEAD_BYTES + 16)
  head.writeUInt32LE(run.attempt, HEAD_BYTES + 20)
  head.writeUInt32LE(run.kind | (run.single ? SINGLE : 0), HEAD_BYTES + 24)
  head.writeUInt32LE(detailBytes, HEAD_BYTES + 28)
  return detail === undefined ? [head, run.payload] : [head, detail, run.payload]
}

const encodeValues = (values: Values, key: number): Array<Uint8Array> => {
  const head = Buffer.allocUnsafe(HEAD_BYTES + VALUES_HEAD)
  writeHead(head, VALUES_HEAD + values.payload.length, VALUES, key)
  head.writeUInt32LE(values.chunkId, HEAD_BYTES)
  head.writeUInt32LE(values.offset, HEAD_BYTES + 4)
  head.writeUInt32LE(values.count, HEAD_BYTES + 8)
  head.writeUInt32LE(values.kind, HEAD_BYTES + 12)
  head.writeDoubleLE(values.busyMs, HEAD_BYTES + 16)
  return [head, values.payload]
}

/** Below this, parts are joined so that a message is one write. */
const JOIN_BELOW = 64 * 1024

/** A message as the buffers to write, in order. */
export const encode = (message: Message, key: number): Array<Uint8Array> => {
  let parts: Array<Uint8Array>
  if (message._tag === "Run") parts = encodeRun(message, key)
  else if (message._tag === "Values") parts = encodeValues(message, key)
  else {
    const body = serialize(message)
    const head = Buffer.allocUnsafe(HEAD_BYTES)
    writeHead(head, body.length, RECORD, key)
    parts = [head, body]
  }
  let bytes = 0
  for (const part of parts) bytes += part.length
  return bytes <= JOIN_BELOW ? [Buffer.concat(parts, bytes)] : parts
}

const need = (body: Buffer, bytes: number): void => {
  if (body.length < bytes)
    throw new ProtocolViolation(`a message of ${body.length} bytes where at least ${bytes} belong`)
}

const decodeRun = (body: Buffer): Run => {
  need(body, RUN_HEAD)
  const detailBytes = body.readUInt32LE(28)
  need(body, RUN_HEAD + detailBytes)
  return {
    _tag: "Run",
    chunkId: body.readUInt32LE(0),
    taskId: body.readUInt32LE(4),
    base: body.readDoubleLE(8),
    count: body.readUInt32LE(16),
    attempt: body.readUInt32LE(20),
    kind: (body.readUInt32LE(24) & 0xff) as PayloadKind,
    single: (body.readUInt32LE(24) & SINGLE) !== 0,
    detail: detailBytes === 0 ? undefined : (readRecord(body.subarray(RUN_HEAD, RUN_HEAD + detailBytes)) as RunDetail),
    payload: body.subarray(RUN_HEAD + detailBytes)
  }
}

const decodeValues = (body: Buffer): Values => {
  need(body, VALUES_HEAD)
  return {
    _tag: "Values",
    chunkId: body.readUInt32LE(0),
    offset: body.readUInt32LE(4),
    count: body.readUInt32LE(8),
    kind: body.readUInt32LE(12) as PayloadKind,
    busyMs: body.readDoubleLE(16),
    payload: body.subarray(VALUES_HEAD)
  }
}

const readRecord = (body: Buffer): unknown => {
  try {
    return deserialize(body)
  } catch (error) {
    throw new ProtocolViolation(`a record that can't be read: ${String(error).slice(0, 200)}`)
  }
}

const kindOf = (record: unknown): string => {
  const tag = typeof record === "object" && record !== null ? Reflect.get(record, "_tag") : undefined
  return typeof tag === "string" ? tag.slice(0, 100) : "it has no _tag"
}

const unknownType = (type: number): ProtocolViolation => new ProtocolViolation(`a frame of unknown type ${type}`)

/** Reads the body of a frame from the parent, whose records are trusted. Throws `ProtocolViolation` for no message. */
export const decodeFromParent = (type: number, body: Buffer): ToWorker => {
  if (type === RUN) return decodeRun(body)
  if (type === RECORD) return readRecord(body) as ToWorker
  throw unknownType(type)
}

/** Reads the body of a frame from a worker. Throws `ProtocolViolation` for anything that is no message of one. */
export const decodeFromWorker = (type: number, body: Buffer): FromWorker => {
  if (type === VALUES) return decodeValues(body)
  if (type !== RECORD) throw unknownType(type)
  const record = readRecord(body)
  if (!isFromWorker(record)) throw new ProtocolViolation(`a record that is no message of a worker: ${kindOf(record)}`)
  return record as FromWorker
}
