/** The transit file: what one side puts in the other takes out, in memory of its own, and its space is used again. */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs"
import fc from "fast-check"
import { expect, it, onTestFinished } from "vitest"
import { AHEAD, decodeFromWorker, encode, takeAhead } from "../../packages/supervisor/src/protocol/encoding.ts"
import { FrameReader, ProtocolViolation } from "../../packages/supervisor/src/protocol/frames.ts"
import type { FromWorker, Values } from "../../packages/supervisor/src/protocol/messages.ts"
import { openNamelessFile } from "../../packages/supervisor/src/protocol/nameless-file.ts"
import {
  HEAD_BYTES,
  PIECE_BYTES,
  type Place,
  TRANSIT_FROM,
  TransitWriter
} from "../../packages/supervisor/src/protocol/transit.ts"
import { TransitReader } from "../../packages/supervisor/src/protocol/transit-reader.ts"
import { PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"
import { TransitFiles } from "../../packages/supervisor/src/transport/TransitFiles.ts"

const KEY = 5
const KB = 1024

const makeTransit = (most?: number) => {
  const descriptor = openNamelessFile(HEAD_BYTES)
  const writer = new TransitWriter(descriptor, most)
  onTestFinished(() => closeSync(descriptor))
  return { descriptor, writer, reader: new TransitReader(descriptor) }
}

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)

it("gives out what was put in, whole and in memory of its own", () => {
  const { writer, reader } = makeTransit()
  const put = filled(300 * KB + 1, 7)
  const place = writer.put(put)
  if (place === undefined) return expect.unreachable("there is room")
  const taken = reader.take(place)
  expect(taken.equals(put)).toBe(true)
  expect(taken.buffer.byteLength).toBe(put.length)
})

it("takes nothing small", () => {
  const { writer } = makeTransit()
  expect(writer.put(filled(TRANSIT_FROM - 1, 1))).toBe(undefined)
  expect(writer.put(filled(TRANSIT_FROM, 1))).not.toBe(undefined)
})

it("uses the space of what was taken again, so that a steady flow takes no more than what is under way", () => {
  const { descriptor, writer, reader } = makeTransit()
  // Always one more under way, so that it never is empty.
  let before = writer.put(filled(TRANSIT_FROM, 0))
  for (let n = 1; n < 100; n++) {
    const next = writer.put(filled(TRANSIT_FROM + (n % 3) * 5000, n))
    if (before === undefined || next === undefined) return expect.unreachable("there is room")
    expect(reader.take(before).every((byte) => byte === n - 1)).toBe(true)
    before = next
  }
  expect(fstatSync(descriptor).size).toBeLessThan(6 * TRANSIT_FROM)
})

it("keeps every payload as it was, whatever is put and taken in which order, and however little room there is", () => {
  const step = fc.record({ put: fc.boolean(), bytes: fc.integer({ min: TRANSIT_FROM, max: 3 * TRANSIT_FROM }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 2, max: 9 }), (steps, room) => {
      const descriptor = openNamelessFile(HEAD_BYTES)
      const writer = new TransitWriter(descriptor, room * TRANSIT_FROM)
      const reader = new TransitReader(descriptor)
      const under: Array<{ place: { at: number; length: number }; byte: number }> = []
      const takeOne = (): void => {
        const first = under.shift()
        if (first === undefined) return
        const bytes = reader.take(first.place)
        expect(bytes.length).toBe(first.place.length)
        expect(bytes.equals(Buffer.alloc(bytes.length, first.byte))).toBe(true)
      }
      for (const [at, { put, bytes }] of steps.entries()) {
        if (!put) takeOne()
        else {
          const place = writer.put(filled(bytes, at))
          if (place !== undefined) under.push({ place, byte: at })
        }
      }
      while (under.length > 0) takeOne()
      expect(fstatSync(descriptor).size).toBeLessThanOrEqual(room * TRANSIT_FROM + 4096)
      closeSync(descriptor)
    }),
    { numRuns: 30 }
  )
})

it("says that there is no room, and takes further payloads once there is", () => {
  const { writer, reader } = makeTransit(3 * TRANSIT_FROM)
  expect(writer.put(filled(4 * TRANSIT_FROM, 1))).toBe(undefined)
  const first = writer.put(filled(2 * TRANSIT_FROM, 2))
  if (first === undefined) return expect.unreachable("there is room")
  expect(writer.put(filled(2 * TRANSIT_FROM, 3))).toBe(undefined)
  reader.take(first)
  expect(writer.put(filled(2 * TRANSIT_FROM, 4))).not.toBe(undefined)
})

it("gives back what was not needed since it was trimmed last, and nothing that is under way", () => {
  const { descriptor, writer, reader } = makeTransit()
  const size = (): number => fstatSync(descriptor).size
  expect(writer.holds).toBe(false)
  const [first, second] = [writer.put(filled(2 ** 20, 1)), writer.put(filled(2 ** 20, 2))]
  if (first === undefined || second === undefined) return expect.unreachable("there is room")
  for (let times = 0; times < 3; times++) writer.trim()
  expect(size()).toBe(4096 + 2 ** 21)
  expect(reader.take(first)[0]).toBe(1)
  expect(reader.take(second)[0]).toBe(2)
  expect(writer.put(filled(2 ** 19, 3))).not.toBe(undefined)
  writer.trim()
  expect(size()).toBe(4096 + 2 ** 19)
  reader.take({ at: 4096, length: 2 ** 19 })
  writer.trim()
  expect(size()).toBe(4096)
  expect(writer.holds).toBe(false)
})

it("tells of each piece that is there while the next is not, and the reader has read it by then", () => {
  const { descriptor, writer, reader } = makeTransit()
  const bytes = Buffer.alloc(3 * PIECE_BYTES + 7, Buffer.from("0123456789a"))
  const told: Array<number> = []
  const place = writer.put(bytes, (at, written) => {
    told.push(written)
    reader.ahead(at, written)
    // What it has read it does not read again.
    writeSync(descriptor, filled(written, 0xff), 0, written, at.at)
  })
  if (place === undefined) return expect.unreachable("there is room")
  expect(told).toEqual([1, 2, 3].map((pieces) => pieces * PIECE_BYTES))
  expect(reader.take(place).equals(bytes)).toBe(true)
  expect(writer.put(filled(TRANSIT_FROM, 1), () => expect.unreachable("it is one piece"))).toEqual({
    at: place.at,
    length: TRANSIT_FROM
  })
})

it("takes nothing of what was told of a payload that then could not be put", () => {
  const { descriptor, writer, reader } = makeTransit()
  const ahead: Array<Place> = []
  const failed = writer.put(filled(2 * PIECE_BYTES, 1), (place, written) => {
    reader.ahead(place, written)
    ahead.push(place)
    throw new Error("no room")
  })
  expect(failed).toBe(undefined)
  expect(ahead).toHaveLength(1)
  // It goes over the channel.
  const inline = frameOf(encode(largeValues(filled(10, 1)), KEY))
  decodeFromWorker(inline.type, inline.body, reader)
  const again = new TransitWriter(descriptor).put(filled(2 * PIECE_BYTES, 2))
  expect(again).toEqual(ahead[0])
  expect(reader.take(again as Place).every((byte) => byte === 2)).toBe(true)
})

it.each([
  ["less than before", PIECE_BYTES - 1],
  ["more than there will be", 2 * PIECE_BYTES + 1],
  ["a part of a byte", PIECE_BYTES + 0.5],
  ["no number of bytes", Number.NaN]
])("refuses to read ahead where %s is said to be there", (_, second) => {
  const { writer, reader } = makeTransit()
  const place = writer.put(filled(2 * PIECE_BYTES, 1))
  if (place === undefined) return expect.unreachable("there is room")
  reader.ahead(place, PIECE_BYTES)
  expect(() => reader.ahead(place, second)).toThrow(ProtocolViolation)
  expect(() => reader.ahead({ at: place.at, length: 2 ** 30 }, PIECE_BYTES)).toThrow(ProtocolViolation)
})

it("refuses to read what the file has not, though it was told of", () => {
  const { descriptor, writer, reader } = makeTransit()
  const place = writer.put(filled(2 * PIECE_BYTES, 1))
  if (place === undefined) return expect.unreachable("there is room")
  reader.ahead(place, PIECE_BYTES)
  ftruncateSync(descriptor, 4096 + PIECE_BYTES)
  expect(() => reader.ahead(place, 2 * PIECE_BYTES)).toThrow(ProtocolViolation)
  expect(() => reader.take(place)).toThrow(ProtocolViolation)
})

it.each([
  ["before its data", 0, 100],
  ["behind its end", 4096, 2 ** 40],
  ["partly behind its end", 4096 + 100, 300 * KB],
  ["at no place", Number.NaN, 8],
  ["at half a byte", 4096.5, 8],
  ["over less than nothing", 8192, -1],
  ["over half a byte", 4096, 8.5],
  ["over more than a message may have", 4096, 2 ** 31]
])("refuses a payload that is said to lie %s, without room for it", (_, at, length) => {
  const { descriptor, writer, reader } = makeTransit()
  expect(writer.put(filled(300 * KB, 1))).not.toBe(undefined)
  // Whoever claims much may have made the file long, at no cost.
  if (length === 2 ** 31) ftruncateSync(descriptor, 2 ** 32)
  const before = process.memoryUsage().arrayBuffers
  expect(() => reader.take({ at, length })).toThrow(ProtocolViolation)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * KB)
})

it("refuses to be something else than a file", () => {
  const nothing = openSync("/dev/null", "r+")
  onTestFinished(() => closeSync(nothing))
  expect(() => new TransitWriter(nothing)).toThrow(/is no file/)
  expect(() => new TransitReader(nothing)).toThrow(/is no file/)
})

it("writes nothing into a file that has taken its descriptor's number", () => {
  const descriptor = openNamelessFile(HEAD_BYTES)
  const writer = new TransitWriter(descriptor)
  const reader = new TransitReader(descriptor)
  closeSync(descriptor)
  const others = openNamelessFile(HEAD_BYTES)
  onTestFinished(() => closeSync(others))
  expect(others).toBe(descriptor)
  writeSync(others, filled(400 * KB, 9), 0, 400 * KB, 0)
  expect(writer.put(filled(300 * KB, 1))).toBe(undefined)
  expect(() => reader.take({ at: 4096, length: 300 * KB })).toThrow(/another file/)
  const theirs = new TransitReader(others)
  expect(theirs.take({ at: 4096, length: 300 * KB }).every((byte) => byte === 9)).toBe(true)
})

it("gives a parent nothing but a violation where a payload can't be had, and nothing at all once it is closed", () => {
  const files = new TransitFiles({ askToTrim: () => undefined, sendNow: () => undefined })
  const [to, from] = files.stdio
  if (typeof to !== "number" || typeof from !== "number") return expect.unreachable("there are files")
  expect(files.put(filled(TRANSIT_FROM, 1))).toEqual({ at: 4096, length: TRANSIT_FROM })
  expect(() => files.take({ at: 4096, length: 8 })).toThrow(ProtocolViolation)
  expect(new TransitWriter(from).put(filled(TRANSIT_FROM, 2))).toEqual({ at: 4096, length: TRANSIT_FROM })
  expect(files.take({ at: 4096, length: TRANSIT_FROM }).every((byte) => byte === 2)).toBe(true)
  files.close()
  expect(files.put(filled(TRANSIT_FROM, 1))).toBe(undefined)
  expect(() => files.take({ at: 4096, length: 8 })).toThrow(ProtocolViolation)
  expect(() => fstatSync(to)).toThrow(/EBADF/)
  expect(() => fstatSync(from)).toThrow(/EBADF/)
})

const largeValues = (payload: Uint8Array, kind: PayloadKind = PayloadKind.batch): Values => ({
  _tag: "Values",
  chunkId: 3,
  offset: 1,
  count: 1,
  kind,
  busyMs: 2,
  sync: 4,
  payload
})

interface Frame {
  readonly type: number
  readonly body: Uint8Array
}

const framesOf = (parts: ReadonlyArray<Uint8Array>): ReadonlyArray<Frame> => {
  const frames: Array<Frame> = []
  const reader = new FrameReader(KEY, (type, body) => frames.push({ type, body }))
  for (const part of parts) reader.push(Buffer.from(part))
  return frames
}

const frameOf = (parts: ReadonlyArray<Uint8Array>): Frame => framesOf(parts)[0] ?? expect.unreachable("a whole frame")

it("carries large payloads and large records beside the channel", () => {
  const { writer, reader } = makeTransit()
  const text = "x".repeat(400 * KB)
  const record: FromWorker = { _tag: "StartFailed", message: text, error: { name: "Error", message: text } as never }
  for (const message of [largeValues(Buffer.alloc(500 * KB, 3)), record]) {
    const parts = encode(message, KEY, writer)
    expect(parts.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(100)
    const { type, body } = frameOf(parts)
    expect(decodeFromWorker(type, body, reader)).toEqual(message)
    expect(() => decodeFromWorker(type, body), "where there is no such file").toThrow(ProtocolViolation)
    expect(() => decodeFromWorker(type, body.subarray(0, 3), reader)).toThrow(ProtocolViolation)
  }
})

it("sends word of each piece of a large payload before its frame", () => {
  const { writer, reader } = makeTransit()
  const message = largeValues(Buffer.alloc(3 * PIECE_BYTES, 3))
  const sent: Array<Uint8Array> = []
  const beside = {
    put: writer.put.bind(writer),
    sendNow: (frame: Buffer) => sent.push(frame)
  }
  sent.push(...encode(message, KEY, beside))
  const frames = framesOf(sent)
  const last = frames.at(-1) ?? expect.unreachable("there are frames")
  expect(frames.slice(0, -1).map(({ type }) => type)).toEqual([AHEAD, AHEAD])
  for (const { body } of frames.slice(0, -1)) {
    takeAhead(body, reader)
    expect(() => takeAhead(body.subarray(1), reader)).toThrow(ProtocolViolation)
  }
  expect(decodeFromWorker(last.type, last.body, reader)).toEqual(message)
})

it("copies what is lent where it has to go over the channel, and nothing else", () => {
  const lent = new Uint8Array(500 * KB)
  const view = (PayloadKind.view + 1) as PayloadKind
  expect(encode(largeValues(lent, view), KEY).at(-1)?.buffer).not.toBe(lent.buffer)
  expect(encode(largeValues(lent), KEY).at(-1)).toBe(lent)
})
