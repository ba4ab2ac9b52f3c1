/** Messages: what one side writes the other reads; what no worker can have meant is refused, never believed. */
import { serialize } from "node:v8"
import fc from "fast-check"
import { expect, it } from "vitest"
import { decodeFromParent, decodeFromWorker, encode } from "../../packages/supervisor/src/protocol/encoding.ts"
import { restoreError } from "../../packages/supervisor/src/protocol/error-description.ts"
import { FrameReader, HEAD_BYTES, ProtocolViolation } from "../../packages/supervisor/src/protocol/frames.ts"
import type { FromWorker, Message } from "../../packages/supervisor/src/protocol/messages.ts"
import { PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"
import { bytes, fromWorker, toWorker } from "./arbitrary.ts"

const KEY = 77
const VALUES = 2
const RECORD = 3

const reread = <M>(message: Message, decode: (type: number, body: Uint8Array) => M): M | undefined => {
  const read: Array<M> = []
  const reader = new FrameReader(KEY, (type, body) => read.push(decode(type, body)))
  for (const part of encode(message, KEY)) reader.push(Buffer.from(part))
  expect(reader.midFrame).toBe(false)
  expect(read.length).toBe(1)
  return read[0]
}

it("reads every message to a worker as it was written", () => {
  fc.assert(
    fc.property(toWorker, (message) => {
      expect(reread(message, decodeFromParent)).toEqual(message)
    })
  )
})

it("reads every message from a worker as it was written", () => {
  fc.assert(
    fc.property(fromWorker, (message) => {
      expect(reread(message, decodeFromWorker)).toEqual(message)
    })
  )
})

it("sends a small message as one buffer, and a large one without copying its payload", () => {
  const partsFor = (payload: Buffer): ReadonlyArray<Uint8Array> =>
    encode(
      { _tag: "Values", chunkId: 1, offset: 0, count: 1, kind: PayloadKind.batch, busyMs: 0, sync: 0, payload },
      KEY
    )
  expect(partsFor(Buffer.alloc(1000)).length).toBe(1)
  const large = Buffer.alloc(1_000_000)
  expect(partsFor(large).at(-1)).toBe(large)
})

/** A message, or a ProtocolViolation of bounded length; anything else fails the test. */
const readOrRefused = (type: number, body: Buffer): FromWorker | undefined => {
  try {
    return decodeFromWorker(type, body)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolViolation)
    expect((thrown as Error).message.length).toBeLessThan(400)
    return undefined
  }
}

/** What the parent does with the error in a message. */
const restoreErrorOf = (read: FromWorker | undefined): void => {
  if (read?._tag === "Escaped" || read?._tag === "StartFailed") restoreError(read.error)
  if (read?._tag === "Failed" && "error" in read.fault && read.fault.error !== undefined) restoreError(read.fault.error)
}

it("refuses random bytes, and never with anything but a ProtocolViolation", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), bytes, (type, body) => {
      const read = readOrRefused(type, body)
      if (read !== undefined) expect(read._tag).toBe("Values")
    }),
    { numRuns: 1000 }
  )
})

it("survives messages in which some bytes are others", () => {
  const change = fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255))
  fc.assert(
    fc.property(fromWorker, fc.array(change, { minLength: 1, maxLength: 4 }), (message, changes) => {
      const body = Buffer.concat(encode(message, KEY)).subarray(HEAD_BYTES)
      for (const [where, byte] of changes) body[Math.floor(where * body.length)] = byte
      // What still has the shape of a message can be dealt with like one.
      restoreErrorOf(readOrRefused(message._tag === "Values" ? VALUES : RECORD, body))
    }),
    { numRuns: 3000 }
  )
})

it("refuses records whose fields are of other types, and those that only a parent sends", () => {
  const workers = ["Ready", "Failed", "Returned", "Escaped", "Signal", "Waiting", "StartFailed", "Releasing"]
  const tags = [...workers, "Shutdown", "Configure", "Run", "Values", "toString", "__proto__"]
  const names = ["chunkId", "offset", "busyMs", "sync", "fault", "error", "said", "id", "waitingOn", "message", "names"]
  fc.assert(
    fc.property(
      fc.constantFrom(...tags),
      fc.dictionary(fc.constantFrom(...names), fc.anything({ maxDepth: 2 })),
      (_tag, fields) => {
        const read = readOrRefused(RECORD, serialize({ ...fields, _tag }))
        if (read !== undefined) expect(workers).toContain(read._tag)
        restoreErrorOf(read)
      }
    ),
    { numRuns: 1000 }
  )
})
