/**
 * Messages as bytes, and the check that what arrived is one. `Run` and `Values`, which carry the jobs, have a
 * fixed binary layout; the rest is rare and travels as a v8-serialised record.
 */
import { deserialize, serialize } from "node:v8"
import { HEAD_BYTES, ProtocolViolation, writeHead } from "./frames.ts"
import type { FromWorker, Message, Run, RunDetail, ToWorker, Values } from "./messages.ts"
import { isFromWorker } from "./record-check.ts"
import type { PayloadKind } from "./values.ts"

const RUN = 1
const VALUES = 2
const RECORD = 3
const RUN_HEAD = 32
const SINGLE = 0x100
const VALUES_HEAD = 28

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
  head.writeUInt32LE(values.sync, HEAD_BYTES + 24)
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
