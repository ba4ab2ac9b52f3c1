/**
 * Messages as bytes, and the check that what arrived is one. `Run` and `Values`, which carry the jobs, have a
 * fixed binary layout; the rest is rare and travels as a v8-serialised record. What is large lies beside, in the
 * transit file, and its frame ends with the place.
 */
import { deserialize, serialize } from "node:v8"
import { HEAD_BYTES, ProtocolViolation, writeHead } from "./frames.ts"
import { withOwnPayload } from "./lone-view.ts"
import type { FromWorker, Message, Run, RunDetail, ToWorker, Values } from "./messages.ts"
import type { PayloadKind } from "./payload-kind.ts"
import { isFromWorker } from "./record-check.ts"
import { type Place, type Telling, TRANSIT_FROM } from "./transit.ts"

const RUN = 1
const VALUES = 2
const RECORD = 3
/** Has no body: the worker is to give back what it does not need of its transit file. */
export const TRIM = 4
/** Has no body: nothing has been sent for long, so the worker may rest. */
export const REST = 6
/** Says how much is there of what is being put beside: its own frame, or any other, follows at once. */
export const AHEAD = 5
/** Added to a type: what is large of it lies beside. */
const BESIDE = 0x80
const PLACE_BYTES = 16
const AHEAD_BYTES = PLACE_BYTES + 8
/** With the frame's own head 40 bytes: doubles behind it lie as a processor needs them, and are read where they are. */
const RUN_HEAD = 32
const SINGLE = 0x100
const AWAKE = 0x200
const TIMED = 0x400
const VALUES_HEAD = RUN_HEAD

const encodeRun = (run: Run, type: number, key: number): Array<Uint8Array> => {
  const detail = run.detail === undefined ? undefined : serialize(run.detail)
  const detailBytes = detail?.length ?? 0
  const head = Buffer.allocUnsafe(HEAD_BYTES + RUN_HEAD)
  writeHead(head, RUN_HEAD + detailBytes + run.payload.length, type, key)
  head.writeUInt32LE(run.chunkId, HEAD_BYTES)
  head.writeUInt32LE(run.taskId, HEAD_BYTES + 4)
  head.writeDoubleLE(run.base, HEAD_BYTES + 8)
  head.writeUInt32LE(run.count, HEAD_BYTES + 16)
  head.writeUInt32LE(run.attempt, HEAD_BYTES + 20)
  const flags = (run.single ? SINGLE : 0) | (run.awake ? AWAKE : 0) | (run.timed ? TIMED : 0)
  head.writeUInt32LE(run.kind | flags, HEAD_BYTES + 24)
  head.writeUInt32LE(detailBytes, HEAD_BYTES + 28)
  return detail === undefined ? [head, run.payload] : [head, detail, run.payload]
}

const encodeValues = (values: Values, type: number, key: number): Array<Uint8Array> => {
  const head = Buffer.allocUnsafe(HEAD_BYTES + VALUES_HEAD)
  writeHead(head, VALUES_HEAD + values.payload.length, type, key)
  head.writeUInt32LE(values.chunkId, HEAD_BYTES)
  head.writeUInt32LE(values.offset, HEAD_BYTES + 4)
  head.writeUInt32LE(values.count, HEAD_BYTES + 8)
  head.writeUInt32LE(values.kind, HEAD_BYTES + 12)
  head.writeDoubleLE(values.busyMs, HEAD_BYTES + 16)
  head.writeUInt32LE(values.sync, HEAD_BYTES + 24)
  head.writeUInt32LE(0, HEAD_BYTES + 28)
  return [head, values.payload]
}

/** Below this, parts are joined so that a message is one write. */
const JOIN_BELOW = 64 * 1024
/** The same for jobs: their payload changes no more, so that it need not be copied, and all of a turn leaves at once. */
const JOIN_JOBS_BELOW = 4 * 1024

/** Takes what is large; gives undefined where it can't. */
export interface Putting {
  /** `tell` is told of what is there before all is. */
  put(bytes: Uint8Array, tell?: Telling): Place | undefined
}

/** Has what the other side has put somewhere. */
export interface Taking {
  take(place: Place): Buffer
  /** So many bytes of it are there, before all is. */
  ahead(place: Place, written: number): void
  /** Nothing of what was told ahead will be taken. */
  drop(): void
}

/** Where what is large goes. */
export interface Beside extends Putting {
  /** Sends a frame in this very moment, if that can be; what then follows it are the bytes of the message. */
  sendNow?(frame: Buffer): void
}

const writePlace = (target: Buffer, { at, length }: Place, offset = 0): Buffer => {
  target.writeDoubleLE(at, offset)
  target.writeDoubleLE(length, offset + 8)
  return target
}

const readPlace = (body: Buffer, offset: number): Place => ({
  at: body.readDoubleLE(offset),
  length: body.readDoubleLE(offset + 8)
})

const encodeAhead = (place: Place, written: number, key: number): Buffer => {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + AHEAD_BYTES)
  writeHead(frame, AHEAD_BYTES, AHEAD, key)
  writePlace(frame, place, HEAD_BYTES).writeDoubleLE(written, HEAD_BYTES + PLACE_BYTES)
  return frame
}

/** Has what such a frame tells of read. Throws `ProtocolViolation` for the body of none. */
export const takeAhead = (body: Buffer, transit: Taking | undefined): void => {
  need(body, AHEAD_BYTES)
  transit?.ahead(readPlace(body, 0), body.readDoubleLE(PLACE_BYTES))
}

/** Where the bytes lie if they could be put into the file, as they are told of in their stead. */
const putBeside = (bytes: Uint8Array, key: number, beside: Beside | undefined): Buffer | undefined => {
  if (bytes.length < TRANSIT_FROM || beside === undefined) return undefined
  const tell: Telling = (place, written) => beside.sendNow?.(encodeAhead(place, written, key))
  const place = beside.put(bytes, beside.sendNow === undefined ? undefined : tell)
  return place === undefined ? undefined : writePlace(Buffer.allocUnsafe(PLACE_BYTES), place)
}

const encodeRecord = (record: Message, key: number, beside: Beside | undefined): Array<Uint8Array> => {
  const bytes = serialize(record)
  const told = putBeside(bytes, key, beside)
  const body = told ?? bytes
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  writeHead(head, body.length, told === undefined ? RECORD : RECORD | BESIDE, key)
  return [head, body]
}

const partsOf = (message: Message, key: number, beside: Beside | undefined): Array<Uint8Array> => {
  if (message._tag !== "Run" && message._tag !== "Values") return encodeRecord(message, key, beside)
  const told = putBeside(message.payload, key, beside)
  // The channel takes its time, in which others change what is theirs.
  const sent = told === undefined ? withOwnPayload(message) : { ...message, payload: told }
  const flag = told === undefined ? 0 : BESIDE
  return sent._tag === "Run" ? encodeRun(sent, RUN | flag, key) : encodeValues(sent, VALUES | flag, key)
}

/** A message as the buffers to write, in order; what is large has been put beside, if there is room. */
export const encode = (message: Message, key: number, beside?: Beside): Array<Uint8Array> => {
  const parts = partsOf(message, key, beside)
  let bytes = 0
  for (const part of parts) bytes += part.length
  const most = message._tag === "Run" ? JOIN_JOBS_BELOW : JOIN_BELOW
  return bytes <= most ? [Buffer.concat(parts, bytes)] : parts
}

/** A frame without a body, which asks a worker for something of its own. */
export const encodeWish = (type: typeof TRIM | typeof REST, key: number): Buffer => {
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  writeHead(head, 0, type, key)
  return head
}

const need = (body: Buffer, bytes: number): void => {
  if (body.length < bytes)
    throw new ProtocolViolation(`a message of ${body.length} bytes where at least ${bytes} belong`)
}

/** The bytes that a place at the end of a body tells of. */
const takeBeside = (body: Buffer, transit: Taking | undefined): Buffer => {
  if (transit === undefined) throw new ProtocolViolation("a message that says that it lies beside, where nothing does")
  need(body, PLACE_BYTES)
  const told = body.length - PLACE_BYTES
  return transit.take(readPlace(body, told))
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
    awake: (body.readUInt32LE(24) & AWAKE) !== 0,
    timed: (body.readUInt32LE(24) & TIMED) !== 0,
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
    sync: body.readUInt32LE(24),
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
export const decodeFromParent = (type: number, body: Buffer, transit?: Taking): ToWorker => {
  if ((type & BESIDE) === 0) transit?.drop()
  if (type === RUN) return decodeRun(body)
  if (type === RECORD) return readRecord(body) as ToWorker
  if (type === (RUN | BESIDE)) return { ...decodeRun(body), payload: takeBeside(body, transit) }
  if (type === (RECORD | BESIDE)) return readRecord(takeBeside(body, transit)) as ToWorker
  throw unknownType(type)
}

/** Reads the body of a frame from a worker. Throws `ProtocolViolation` for anything that is no message of one. */
export const decodeFromWorker = (type: number, body: Buffer, transit?: Taking): FromWorker => {
  if ((type & BESIDE) === 0) transit?.drop()
  if (type === VALUES) return decodeValues(body)
  if (type === (VALUES | BESIDE)) return { ...decodeValues(body), payload: takeBeside(body, transit) }
  if (type !== RECORD && type !== (RECORD | BESIDE)) throw unknownType(type)
  const record = readRecord(type === RECORD ? body : takeBeside(body, transit))
  if (!isFromWorker(record)) throw new ProtocolViolation(`a record that is no message of a worker: ${kindOf(record)}`)
  return record as FromWorker
}
