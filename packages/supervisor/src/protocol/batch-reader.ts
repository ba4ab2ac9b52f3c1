/**
 * Reads the values of a payload back one by one, and survives bytes that are none. Not their encoding: that is
 * `values.ts`.
 */
import { keepShape } from "./kept-shapes.ts"
import { decodeLone } from "./lone-value.ts"
import { isLoneView, viewOfPayload } from "./lone-view.ts"
import { isOfNumbers, numbersOfPayload } from "./packed-payload.ts"
import { PayloadKind } from "./payload-kind.ts"
import { RowReader, UnreadableLone } from "./row-reader.ts"
import { type PackedNumbers, smallest } from "./value-list.ts"
import { ValueReader } from "./value-stream.ts"
import { bytesOf, wordsOf } from "./words.ts"

/** An Error for bytes that can't be read. v8's own may quote megabytes of them. */
const unreadable = (why: unknown): Error => {
  const message = why instanceof Error ? why.message : String(why)
  return new Error(`The value can't be decoded: ${message.slice(0, 200)}`)
}

/**
 * Reads values back one at a time. `bytes` must not change before the last is read; where they are all of their memory
 * and one view, they become that view's and must never change again.
 */
export class BatchReader {
  readonly #kind: PayloadKind
  readonly #bytes: Uint8Array
  readonly #count: number
  readonly #numbers: PackedNumbers | undefined
  /** The same, where they are no doubles: read apart, so that V8 sees whole numbers alone (decision 0042). */
  readonly #whole: Exclude<PackedNumbers, Float64Array> | undefined
  #stream: ValueReader | undefined
  #rows: RowReader | undefined
  #read = 0
  #at = 0
  #broken = false

  constructor(kind: PayloadKind, bytes: Uint8Array, count: number) {
    this.#kind = kind
    this.#bytes = bytes
    this.#count = count
    if (!isOfNumbers(kind)) return
    const numbers = numbersOfPayload(kind, bytes, count)
    this.#numbers = numbers
    if (!(numbers instanceof Float64Array)) this.#whole = numbers
  }

  /** True once the values that are left can't be read. */
  get broken(): boolean {
    return this.#broken
  }

  /** The next value. Throws an Error if it can't be read, which concerns this value alone unless `broken`. */
  next(): unknown {
    const whole = this.#whole
    // Short enough to become part of the loop that reads.
    return whole !== undefined && this.#read < whole.length ? whole[this.#read++] : this.#nextOther()
  }

  #nextOther(): unknown {
    if (this.#broken) throw unreadable("one before it was not readable")
    if (this.#read === this.#count) throw unreadable(`there are only ${this.#count}`)
    const at = this.#read++
    const numbers = this.#numbers
    if (numbers !== undefined && at < numbers.length) return smallest(numbers[at] as number)
    if (numbers !== undefined) return this.#break("the numbers end too early")
    if (this.#kind === PayloadKind.rows) return this.#nextRow()
    if (this.#kind === PayloadKind.framed) return this.#nextFrame()
    if (this.#kind === PayloadKind.batch) return this.#nextOfStream()
    if (isLoneView(this.#kind)) return this.#loneView()
    return this.#break(`unknown payload ${String(this.#kind)}`)
  }

  /** The next `count` values at once, where they are packed numbers; undefined where they are to be read one by one. */
  numbers(count: number): PackedNumbers | undefined {
    const from = this.#read
    if (this.#numbers === undefined || from + count > this.#numbers.length) return undefined
    this.#read += count
    return this.#numbers.subarray(from, from + count)
  }

  #break(why: unknown): never {
    this.#broken = true
    throw unreadable(why)
  }

  #loneView(): ArrayBufferView {
    if (this.#read > 1) this.#break("there is only one")
    try {
      return viewOfPayload(this.#kind, this.#bytes)
    } catch (error) {
      return this.#break(error)
    }
  }

  #nextRow(): unknown {
    try {
      const { buffer, byteOffset, byteLength } = this.#bytes
      this.#rows ??= new RowReader(Buffer.from(buffer, byteOffset, byteLength))
      return this.#rows.next()
    } catch (error) {
      if (error instanceof UnreadableLone) throw unreadable(error)
      return this.#break(error)
    }
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
    const end = start + wordsOf(this.#bytes).getUint32(this.#at, true)
    if (end > this.#bytes.length) return this.#break("its frame ends too early")
    this.#at = end
    try {
      return decodeLone(bytesOf(this.#bytes, start, end - start))
    } catch (error) {
      throw unreadable(error)
    }
  }
}

keepShape(new BatchReader(PayloadKind.numbers, new Uint8Array(0), 0))
