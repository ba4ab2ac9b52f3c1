/** Framing: any split of the bytes gives the same frames; bytes that are none are noticed, and nothing piles up. */
import fc from "fast-check"
import { expect, it } from "vitest"
import {
  FrameReader,
  HEAD_BYTES,
  MAX_BODY_BYTES,
  ProtocolViolation,
  writeHead
} from "../../packages/supervisor/src/protocol/frames.ts"
import { wordsOf } from "../../packages/supervisor/src/protocol/words.ts"

interface Frame {
  readonly type: number
  readonly body: Buffer
}

const KEY = 0x5eed

const bytesOf = ({ type, body }: Frame, key = KEY): Buffer => {
  const head = Buffer.alloc(HEAD_BYTES)
  writeHead(wordsOf(head), body.length, type, key)
  return Buffer.concat([head, body])
}

/** Cuts at these places, each a share of the length. */
const cut = (bytes: Buffer, places: ReadonlyArray<number>): ReadonlyArray<Buffer> => {
  const at = [...places.map((place) => Math.floor(place * bytes.length)), 0, bytes.length].sort((a, b) => a - b)
  return at.slice(1).map((end, index) => Buffer.from(bytes.subarray(at[index] ?? 0, end)))
}

const readAll = (pieces: ReadonlyArray<Buffer>): { readonly frames: Array<Frame>; readonly reader: FrameReader } => {
  const frames: Array<Frame> = []
  const reader = new FrameReader(KEY, (type, body) => frames.push({ type, body: Buffer.from(body) }))
  for (const piece of pieces) reader.push(piece)
  return { frames, reader }
}

const share = fc.double({ min: 0, max: 1, noNaN: true })
const places = fc.array(share, { maxLength: 40 })
const frame: fc.Arbitrary<Frame> = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
})

it("gives the same frames however their bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), places, (sent, where) => {
      const { frames, reader } = readAll(cut(Buffer.concat(sent.map((each) => bytesOf(each))), where))
      expect(frames).toEqual(sent)
      expect(reader.midFrame).toBe(false)
    }),
    { numRuns: 300 }
  )
})

it("gives the same frames byte by byte", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 4 }), (sent) => {
      const bytes = Buffer.concat(sent.map((each) => bytesOf(each)))
      expect(readAll([...bytes].map((byte) => Buffer.of(byte))).frames).toEqual(sent)
    }),
    { numRuns: 50 }
  )
})

it("gives every whole frame of a stream that breaks off, and says that another had begun", () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 8 }), share, (sent, where) => {
      const all = sent.map((each) => bytesOf(each))
      const bytes = Buffer.concat(all)
      const end = Math.floor(where * bytes.length)
      let whole = 0
      let wholeBytes = 0
      for (const each of all) {
        if (wholeBytes + each.length > end) break
        whole++
        wholeBytes += each.length
      }
      const { frames, reader } = readAll([bytes.subarray(0, end)])
      expect(frames).toEqual(sent.slice(0, whole))
      expect(reader.midFrame).toBe(end > wholeBytes)
    }),
    { numRuns: 200 }
  )
})

it("notices garbage at its first head, whatever comes before it", () => {
  const runs = 1000
  let noticed = 0
  const garbage = fc.uint8Array({ minLength: HEAD_BYTES, maxLength: 200 })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 4 }), garbage, places, (sent, junk, where) => {
      const frames: Array<Frame> = []
      const reader = new FrameReader(KEY, (type, body) => frames.push({ type, body: Buffer.from(body) }))
      try {
        for (const piece of cut(Buffer.concat([...sent.map((each) => bytesOf(each)), junk]), where)) reader.push(piece)
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolViolation)
        expect((error as Error).message.length).toBeLessThan(200)
        noticed++
      }
      expect(frames.slice(0, sent.length)).toEqual(sent)
    }),
    { numRuns: runs }
  )
  // 24 bits of check: one in 16 million may pass for a head.
  expect(noticed).toBeGreaterThanOrEqual(runs - 1)
})

it("notices a single flipped bit in a head", () => {
  fc.assert(
    fc.property(frame, fc.nat(HEAD_BYTES * 8 - 1), (sent, bit) => {
      const bytes = bytesOf(sent)
      const at = bit >> 3
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
      expect(() => readAll([bytes])).toThrow(ProtocolViolation)
    }),
    { numRuns: 500 }
  )
})

it("takes frames made with another key for garbage", () => {
  expect(() => readAll([bytesOf({ type: 3, body: Buffer.from("hello") }, KEY + 1)])).toThrow(ProtocolViolation)
})

it("refuses a length over the bound even when its check is right", () => {
  const head = Buffer.alloc(HEAD_BYTES)
  writeHead(wordsOf(head), MAX_BODY_BYTES + 1, 2, KEY)
  expect(() => readAll([head])).toThrow(ProtocolViolation)
})

it("allocates nothing on the word of a length", () => {
  const head = Buffer.alloc(HEAD_BYTES)
  writeHead(wordsOf(head), MAX_BODY_BYTES, 2, KEY)
  const before = process.memoryUsage().arrayBuffers
  const { reader } = readAll([head])
  expect(reader.midFrame).toBe(true)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
})

it("copies a large frame that trickles in only once", () => {
  const body = Buffer.alloc(8_000_000, 5)
  const bytes = bytesOf({ type: 1, body })
  const pieces: Array<Buffer> = []
  for (let at = 0; at < bytes.length; at += 1000) pieces.push(bytes.subarray(at, at + 1000))
  const startedAt = performance.now()
  expect(readAll(pieces).frames[0]?.body.equals(body)).toBe(true)
  // Copied anew with each of 8000 pieces, it would be 32 GB: some ten seconds.
  expect(performance.now() - startedAt).toBeLessThan(2000)
})
