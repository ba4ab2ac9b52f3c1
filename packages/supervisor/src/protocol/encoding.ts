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
import { bytesOf, wordsOf } from "./words.ts"

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

/** Heads are made here, and copied to where they are sent from before the next one is. */
const head = new Uint8Array(HEAD_BYTES + RUN_HEAD)
const words = wordsOf(head)

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
  take(place: Place): Uint8Array
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

const writePlace = (target: DataView, { at, length }: Place, offset: number): void => {
  target.setFloat64(offset, at, true)
  target.setFloat64(offset + 8, length, true)
}

const readPlace = (body: DataView, offset: number): Place => ({
  at: body.getFloat64(offset, true),
  length: body.getFloat64(offset + 8, true)
})

/** The head as it has been made, so many bytes of it, for a frame of which no more is in the same memory. */
const copiedHead = (bytes: number): Buffer => Buffer.from(head.subarray(0, bytes))

const encodeAhead = (place: Place, written: number, key: number): Buffer => {
  writeHead(words, AHEAD_BYTES, AHEAD, key)
  writePlace(words, place, HEAD_BYTES)
  words.setFloat64(HEAD_BYTES + PLACE_BYTES, written, true)
  return copiedHead(HEAD_BYTES + AHEAD_BYTES)
}

/** Has what such a frame tells of read. Throws `ProtocolViolation` for the body of none. */
export const takeAhead = (body: Uint8Array, transit: Taking | undefined): void => {
  need(body, AHEAD_BYTES)
  const words = wordsOf(body)
  transit?.ahead(readPlace(words, 0), words.getFloat64(PLACE_BYTES, true))
}

/** Where the bytes lie if they could be put into the file, as they are told of in their stead. */
const putBeside = (bytes: Uint8Array, key: number, beside: Beside | undefined): Uint8Array | undefined => {
  if (bytes.length < TRANSIT_FROM || beside === undefined) return undefined
  const tell: Telling = (place, written) => beside.sendNow?.(encodeAhead(place, written, key))
  const place = beside.put(bytes, beside.sendNow === undefined ? undefined : tell)
  if (place === undefined) return undefined
  const told = new Uint8Array(PLACE_BYTES)
  writePlace(wordsOf(told), place, 0)
  return told
}

/** The frame of which so many bytes of the head have been made, as the buffers to write: one, where `most` allows. */
const framed = (
  headBytes: number,
  detail: Uint8Array | undefined,
  payload: Uint8Array,
  most: number
): Array<Uint8Array> => {
  const before = headBytes + (detail?.length ?? 0)
  const isOne = before + payload.length <= most
  const frame = Buffer.allocUnsafe(isOne ? before + payload.length : before)
  frame.set(headBytes === head.length ? head : head.subarray(0, headBytes))
  if (detail !== undefined) frame.set(detail, headBytes)
  if (!isOne) return [frame, payload]
  frame.set(payload, before)
  return [frame]
}

const encodeRun = (run: Run, type: number, key: number): Array<Uint8Array> => {
  const detail = run.detail === undefined ? undefined : serialize(run.detail)
  const detailBytes = detail?.length ?? 0
  const flags = (run.single ? SINGLE : 0) | (run.awake ? AWAKE : 0) | (run.timed ? TIMED : 0)
  writeHead(words, RUN_HEAD + detailBytes + run.payload.length, type, key)
  words.setUint32(HEAD_BYTES, run.chunkId, true)
  words.setUint32(HEAD_BYTES + 4, run.taskId, true)
  words.setFloat64(HEAD_BYTES + 8, run.base, true)
  words.setUint32(HEAD_BYTES + 16, run.count, true)
  words.setUint32(HEAD_BYTES + 20, run.attempt, true)
  words.setUint32(HEAD_BYTES + 24, run.kind | flags, true)
  words.setUint32(HEAD_BYTES + 28, detailBytes, true)
  return framed(HEAD_BYTES + RUN_HEAD, detail, run.payload, JOIN_JOBS_BELOW)
}

const encodeValues = (values: Values, type: number, key: number): Array<Uint8Array> => {
  writeHead(words, VALUES_HEAD + values.payload.length, type, key)
  words.setUint32(HEAD_BYTES, values.chunkId, true)
  words.setUint32(HEAD_BYTES + 4, values.offset, true)
  words.setUint32(HEAD_BYTES + 8, values.count, true)
  words.setUint32(HEAD_BYTES + 12, values.kind, true)
  words.setFloat64(HEAD_BYTES + 16, values.busyMs, true)
  words.setUint32(HEAD_BYTES + 24, values.sync, true)
  words.setUint32(HEAD_BYTES + 28, 0, true)
  return framed(HEAD_BYTES + VALUES_HEAD, undefined, values.payload, JOIN_BELOW)
}

const encodeRecord = (record: Message, key: number, beside: Beside | undefined): Array<Uint8Array> => {
  const bytes = serialize(record)
  const told = putBeside(bytes, key, beside)
  const body = told ?? bytes
  writeHead(words, body.length, told === undefined ? RECORD : RECORD | BESIDE, key)
  return framed(HEAD_BYTES, undefined, body, JOIN_BELOW)
}

/** A message as the buffers to write, in order; what is large has been put beside, if there is room. */
export const encode = (message: Message, key: number, beside?: Beside): Array<Uint8Array> => {
  if (message._tag !== "Run" && message._tag !== "Values") return encodeRecord(message, key, beside)
  const told = putBeside(message.payload, key, beside)
  // The channel takes its time, in which others change what is theirs.
  const sent = told === undefined ? withOwnPayload(message) : { ...message, payload: told }
  const flag = told === undefined ? 0 : BESIDE
  return sent._tag === "Run" ? encodeRun(sent, RUN | flag, key) : encodeValues(sent, VALUES | flag, key)
}

/** A frame without a body, which asks a worker for something of its own. */
export const encodeWish = (type: typeof TRIM | typeof REST, key: number): Buffer => {
  writeHead(words, 0, type, key)
  return copiedHead(HEAD_BYTES)
}

const need = (body: Uint8Array, bytes: number): void => {
  if (body.length < bytes)
    throw new ProtocolViolation(`a message of ${body.length} bytes where at least ${bytes} belong`)
}

/** The bytes that a place at the end of a body tells of. */
const takeBeside = (body: Uint8Array, transit: Taking | undefined): Uint8Array => {
  if (transit === undefined) throw new ProtocolViolation("a message that says that it lies beside, where nothing does")
  need(body, PLACE_BYTES)
  return transit.take(readPlace(wordsOf(body), body.length - PLACE_BYTES))
}

const decodeRun = (body: Uint8Array): Run => {
  need(body, RUN_HEAD)
  const words = wordsOf(body)
  const kindAndFlags = words.getUint32(24, true)
  const detailBytes = words.getUint32(28, true)
  const before = RUN_HEAD + detailBytes
  need(body, before)
  return {
    _tag: "Run",
    chunkId: words.getUint32(0, true),
    taskId: words.getUint32(4, true),
    base: words.getFloat64(8, true),
    count: words.getUint32(16, true),
    attempt: words.getUint32(20, true),
    kind: (kindAndFlags & 0xff) as PayloadKind,
    single: (kindAndFlags & SINGLE) !== 0,
    awake: (kindAndFlags & AWAKE) !== 0,
    timed: (kindAndFlags & TIMED) !== 0,
    detail: detailBytes === 0 ? undefined : (readRecord(bytesOf(body, RUN_HEAD, detailBytes)) as RunDetail),
    payload: bytesOf(body, before, body.length - before)
  }
}

const decodeValues = (body: Uint8Array): Values => {
  need(body, VALUES_HEAD)
  const words = wordsOf(body)
  return {
    _tag: "Values",
    chunkId: words.getUint32(0, true),
    offset: words.getUint32(4, true),
    count: words.getUint32(8, true),
    kind: words.getUint32(12, true) as PayloadKind,
    busyMs: words.getFloat64(16, true),
    sync: words.getUint32(24, true),
    payload: bytesOf(body, VALUES_HEAD, body.length - VALUES_HEAD)
  }
}

const readRecord = (body: Uint8Array): unknown => {
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
export const decodeFromParent = (type: number, body: Uint8Array, transit?: Taking): ToWorker => {
  if ((type & BESIDE) === 0) transit?.drop()
  if (type === RUN) return decodeRun(body)
  if (type === RECORD) return readRecord(body) as ToWorker
  if (type === (RUN | BESIDE)) return { ...decodeRun(body), payload: takeBeside(body, transit) }
  if (type === (RECORD | BESIDE)) return readRecord(takeBeside(body, transit)) as ToWorker
  throw unknownType(type)
}

/** Reads the body of a frame from a worker. Throws `ProtocolViolation` for anything that is no message of one. */
export const decodeFromWorker = (type: number, body: Uint8Array, transit?: Taking): FromWorker => {
  if ((type & BESIDE) === 0) transit?.drop()
  if (type === VALUES) return decodeValues(body)
  if (type === (VALUES | BESIDE)) return { ...decodeValues(body), payload: takeBeside(body, transit) }
  if (type !== RECORD && type !== (RECORD | BESIDE)) throw unknownType(type)
  const record = readRecord(type === RECORD ? body : takeBeside(body, transit))
  if (!isFromWorker(record)) throw new ProtocolViolation(`a record that is no message of a worker: ${kindOf(record)}`)
  return record as FromWorker
}
