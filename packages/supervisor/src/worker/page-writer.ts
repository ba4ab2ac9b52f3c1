/**
 * The worker's side of the page (`protocol/page.ts`): the mark of the running job, the results of tiny jobs on
 * their way, the limit set by the parent; and the page in memory. A process begins with `positioned-page.ts`.
 */
import { payloadOfNumbers } from "../protocol/packed-payload.ts"
import { AREA_BYTES, type Limit, layout, NOTE_BYTES } from "../protocol/page.ts"
import { RowWriter } from "../protocol/row-writer.ts"
import { narrowed } from "../protocol/value-list.ts"
import { PayloadKind } from "../protocol/values.ts"

/** Results taken out of the area, to be sent. */
export interface Batch {
  readonly offset: number
  readonly count: number
  readonly kind: PayloadKind
  readonly bytes: Uint8Array
}

/** What the chunk loop needs of a page. */
export interface PageWriter {
  /** Says that this job starts now. */
  mark(chunkId: number, offset: number, startedAt: number): void
  limit(): Limit
  /**
   * Whether the parent has left this job here. To be asked right after its mark is set: the parent sets its limit
   * first and looks at the mark then, so that one of the two sees the other.
   */
  mayStart(chunkId: number, offset: number): boolean
  /** Keeps a result outside of the worker's own memory; false when there is no room, or no area at all. Throws `Unserializable`. */
  put(chunkId: number, offset: number, value: unknown): boolean
  /** How many results are kept. */
  readonly keptCount: number
  /** The results kept, copied; undefined when there are none. They stay until `clear`. */
  kept(): Batch | undefined
  clear(): void
  /** Leaves word of where this thread is, for when it can't be asked; an empty text takes it back. */
  note(text: string): void
  /** The same page, mapped; itself where that can't be had. */
  mapped(): PageWriter
}

/** What is behind a job is taken back with it: in its own chunk, and in those that follow. */
export const allows = (limit: Limit, chunkId: number, offset: number): boolean =>
  chunkId === limit.chunkId ? offset < limit.offset : chunkId < limit.chunkId || chunkId > limit.upTo

/** Its length and then its text, as far as there is room. */
export const noteOf = (text: string): Buffer => {
  const bytes = Buffer.from(text).subarray(0, NOTE_BYTES)
  const note = Buffer.alloc(4 + bytes.length)
  note.writeInt32LE(bytes.length, 0)
  note.set(bytes, 4)
  return note
}

/**
 * Whether every processor sees another's stores in the order in which they were made, as on x86 (Intel SDM 3A, 8.2.2).
 * There a plain store is enough, where an atomic one, which also waits until it is seen, takes 10 to 20 ns. The compiler
 * keeps the order of stores around the calls and atomic loads between them.
 */
const KEEPS_ORDER = process.arch === "x64"

/** Below, a look at each number costs more than its bytes. */
const NARROW_FROM = 64

/** Stores a word behind all that was stored before it. */
const publish = KEEPS_ORDER
  ? (words: Int32Array, at: number, value: number): void => {
      words[at] = value
    }
  : (words: Int32Array, at: number, value: number): void => {
      Atomics.store(words, at, value)
    }

/**
 * The page in memory: a mark costs nanoseconds. Also the page of a thread, over memory shared with its host, and of an
 * inline worker, over plain memory.
 */
export class MappedPage implements PageWriter {
  readonly #floats: Float64Array
  readonly #words: Int32Array
  readonly #numbers: Float64Array
  readonly #area: Buffer
  readonly #rows: RowWriter
  readonly #noted: Int32Array
  readonly #text: Uint8Array
  #kind: PayloadKind = PayloadKind.numbers
  #first = 0
  #count = 0
  #bytes = 0

  constructor(memory: ArrayBufferLike) {
    this.#floats = new Float64Array(memory, 0, layout.area / 8)
    this.#words = new Int32Array(memory, 0, layout.area / 4)
    this.#numbers = new Float64Array(memory, layout.area, AREA_BYTES / 8)
    this.#area = Buffer.from(memory, layout.area, AREA_BYTES)
    this.#rows = new RowWriter(this.#area, false)
    this.#noted = new Int32Array(memory, layout.note, 1)
    this.#text = new Uint8Array(memory, layout.note + 4, NOTE_BYTES)
  }

  mark(chunkId: number, offset: number, startedAt: number): void {
    this.#floats[layout.startedAt / 8] = startedAt
    this.#words[layout.chunkId / 4] = chunkId
    // The store that counts comes last.
    publish(this.#words, layout.offset / 4, offset)
  }

  limit(): Limit {
    return {
      chunkId: Atomics.load(this.#words, layout.limitChunk / 4),
      offset: Atomics.load(this.#words, layout.limitOffset / 4),
      upTo: Atomics.load(this.#words, layout.limitUpTo / 4)
    }
  }

  mayStart(chunkId: number, offset: number): boolean {
    return chunkId > Atomics.load(this.#words, layout.limitUpTo / 4) || allows(this.limit(), chunkId, offset)
  }

  put(chunkId: number, offset: number, value: unknown): boolean {
    const count = this.#count
    // Short enough to become part of the loop that runs the jobs.
    if (typeof value !== "number" || this.#kind !== PayloadKind.numbers || count === 0 || count >= this.#numbers.length)
      return this.#putOther(chunkId, offset, value)
    this.#numbers[count] = value
    this.#commit(8)
    return true
  }

  #putOther(chunkId: number, offset: number, value: unknown): boolean {
    if (typeof value === "number" && this.#count === 0) {
      this.#numbers[0] = value
      this.#open(chunkId, offset, PayloadKind.numbers)
      this.#commit(8)
      return true
    }
    // No room for one more, or a value of another kind than those kept: the caller sends those first.
    if (this.#count > 0 && this.#kind === PayloadKind.numbers) return false
    const rows = this.#rows
    if (this.#count === 0) rows.begin()
    if (!rows.put(value) && (rows.full || !rows.putLone(value))) return false
    if (this.#count === 0) this.#open(chunkId, offset, PayloadKind.rows)
    this.#commit(rows.end - this.#bytes)
    return true
  }

  #open(chunkId: number, offset: number, kind: PayloadKind): void {
    this.#kind = kind
    this.#first = offset
    this.#words[layout.areaChunk / 4] = chunkId
    this.#words[layout.areaOffset / 4] = offset
    this.#words[layout.areaKind / 4] = kind
  }

  #commit(written: number): void {
    this.#bytes += written
    this.#count++
    this.#words[layout.areaBytes / 4] = this.#bytes
    publish(this.#words, layout.areaCount / 4, this.#count)
  }

  get keptCount(): number {
    return this.#count
  }

  /** So many of the area hold results. */
  get bytes(): number {
    return this.#bytes
  }

  kept(): Batch | undefined {
    if (this.#count === 0) return undefined
    const head = { offset: this.#first, count: this.#count }
    if (this.#kind === PayloadKind.numbers && this.#count >= NARROW_FROM)
      return { ...head, ...payloadOfNumbers(narrowed(this.#numbers.subarray(0, this.#count))) }
    return { ...head, kind: this.#kind, bytes: Buffer.from(this.#area.subarray(0, this.#bytes)) }
  }

  clear(): void {
    Atomics.store(this.#words, layout.areaCount / 4, 0)
    this.#count = 0
    this.#bytes = 0
  }

  note(text: string): void {
    const note = noteOf(text)
    Atomics.store(this.#noted, 0, 0)
    this.#text.set(note.subarray(4))
    Atomics.store(this.#noted, 0, note.readInt32LE(0))
  }

  mapped(): PageWriter {
    return this
  }
}
