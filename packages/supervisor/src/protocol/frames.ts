/**
 * Framing: how messages are cut out of a byte stream. A frame is an 8-byte head (u32 body length, u8 type,
 * u24 check over both and a key that only parent and worker know) and its body. Garbage is recognised at its
 * first head, a frame is bounded, and nothing is allocated on the word of a length alone. Not what the bodies
 * mean: that is `messages.ts`.
 */

import { bytesOf, wordsOf } from "./words.ts"

export const HEAD_BYTES = 8

/** 1 GiB: over it a length is taken for garbage. */
export const MAX_BODY_BYTES = 2 ** 30

/** The stream holds something that is not a frame of ours. */
export class ProtocolViolation extends Error {
  override get name(): string {
    return "ProtocolViolation"
  }
}

const checkOf = (length: number, type: number, key: number): number => {
  let hash = (length ^ key ^ (type << 24)) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & 0xffffff
}

/** Writes the head of a frame at the start of `target`. */
export const writeHead = (target: DataView, bodyLength: number, type: number, key: number): void => {
  target.setUint32(0, bodyLength, true)
  target.setUint32(4, (checkOf(bodyLength, type, key) << 8) | type, true)
}

/** Cuts frames out of chunks as they arrive, whatever their boundaries. */
export class FrameReader {
  readonly #key: number
  readonly #onFrame: (type: number, body: Uint8Array) => void
  #pending: Array<Uint8Array> = []
  #pendingBytes = 0
  #wanted = HEAD_BYTES

  constructor(key: number, onFrame: (type: number, body: Uint8Array) => void) {
    this.#key = key
    this.#onFrame = onFrame
  }

  /** True while a frame has begun and not ended. */
  get midFrame(): boolean {
    return this.#pendingBytes > 0
  }

  /** Takes the next bytes. Throws `ProtocolViolation` on garbage, after which the stream is of no more use. */
  push(chunk: Uint8Array): void {
    let data = chunk
    if (this.#pendingBytes > 0) {
      this.#pending.push(chunk)
      this.#pendingBytes += chunk.length
      // Joined only when enough is there: a large frame that trickles in is copied once, not once a chunk.
      if (this.#pendingBytes < this.#wanted) return
      data = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#pendingBytes)
      this.#pending = []
      this.#pendingBytes = 0
    }
    const words = wordsOf(data)
    let at = 0
    while (data.length - at >= HEAD_BYTES) {
      const length = words.getUint32(at, true)
      const typeAndCheck = words.getUint32(at + 4, true)
      const type = typeAndCheck & 0xff
      if (length > MAX_BODY_BYTES || typeAndCheck >>> 8 !== checkOf(length, type, this.#key)) {
        const head = Buffer.from(data.subarray(at, at + HEAD_BYTES)).toString("hex")
        throw new ProtocolViolation(`bytes on the job channel that are no frame: ${head}`)
      }
      const end = at + HEAD_BYTES + length
      if (end > data.length) {
        this.#keep(data.subarray(at), HEAD_BYTES + length)
        return
      }
      this.#onFrame(type, bytesOf(data, at + HEAD_BYTES, length))
      at = end
    }
    if (at < data.length) this.#keep(data.subarray(at), HEAD_BYTES)
  }

  #keep(rest: Uint8Array, wanted: number): void {
    this.#pending = [rest]
    this.#pendingBytes = rest.length
    this.#wanted = wanted
  }
}
