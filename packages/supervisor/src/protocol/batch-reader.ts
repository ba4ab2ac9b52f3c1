/**
 * Reads the values of a payload back one by one, and survives bytes that are none. Not their encoding: that is
 * `values.ts`.
 */
import { decodeLone } from "./lone-value.ts"
import { PayloadKind } from "./payload-kind.ts"
import { ValueReader } from "./value-stream.ts"

/** An Error for bytes that can't be read. v8's own may quote megabytes of them. */
const unreadable = (why: unknown): Error => {
  const message = why instanceof Error ? why.message : String(why)
  return new Error(`The value can't be decoded: ${message.slice(0, 200)}`)
}

/** Reads values back one at a time. `bytes` must not change before the last is read. */
export class BatchReader {
  readonly #kind: PayloadKind
  readonly #bytes: Buffer
  readonly #count: number
  #numbers: Float64Array | undefined
  #stream: ValueReader | undefined
  #read = 0
  #at = 0
  #broken = false

  constructor(kind: PayloadKind, bytes: Uint8Array, count: number) {
    this.#kind = kind
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#count = count
  }

  /** True once the values that are left can't be read. */
  get broken(): boolean {
    return this.#broken
  }

  /** The next value. Throws an Error if it can't be read, which concerns this value alone unless `broken`. */
  next(): unknown {
    if (this.#broken) throw unreadable("one before it was not readable")
    if (this.#read === this.#count) throw unreadable(`there are only ${this.#count}`)
    this.#read++
    if (this.#kind === PayloadKind.numbers) return this.#nextNumber()
    if (this.#kind === PayloadKind.framed) return this.#nextFrame()
    if (this.#kind === PayloadKind.batch) return this.#nextOfStream()
    return this.#break(`unknown payload ${String(this.#kind)}`)
  }

  #break(why: unknown): never {
    this.#broken = true
    throw unreadable(why)
  }

  #nextNumber(): number {
    this.#numbers ??= this.#alignedNumbers()
    return this.#numbers[this.#at++] ?? this.#break("the numbers end too early")
  }

  #alignedNumbers(): Float64Array {
    const { buffer, byteOffset, length } = this.#bytes
    const whole = Math.floor(length / 8)
    if (byteOffset % 8 === 0) return new Float64Array(buffer, byteOffset, whole)
    return new Float64Array(new Uint8Array(this.#bytes).buffer, 0, whole)
  }

  #nextOfStream(): unknown {
    try {
      this.#stream ??= new ValueReader(this.#bytes)
      return this.#stream.readValue()
    } catch (error) {
      return this.#break(error)
    }
  }

  #nextFrame(): unknown {
    const start = this.#at + 4
    if (start > this.#bytes.length) return this.#break("its frame ends too early")
    const end = start + this.#bytes.readUInt32LE(this.#at)
    if (end > this.#bytes.length) return this.#break("its frame ends too early")
    this.#at = end
    try {
      return decodeLone(this.#bytes.subarray(start, end))
    } catch (error) {
      throw unreadable(error)
    }
  }
}
