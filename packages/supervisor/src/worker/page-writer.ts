/**
 * The worker's side of the page (`protocol/page.ts`): the mark of the running job, the results of tiny jobs on
 * their way, the limit set by the parent. It begins with positioned writes, which cost nothing to set up, and
 * maps the page into memory once jobs turn out to be tiny enough for that to matter.
 */
import { readSync, writeSync } from "node:fs"
import { createRequire } from "node:module"
import { payloadOfNumbers } from "../protocol/packed-payload.ts"
import { AREA_BYTES, LIMIT_CHECK_MS, type Limit, layout, monotonicNow, NOTE_BYTES } from "../protocol/page.ts"
import { RowWriter } from "../protocol/row-writer.ts"
import { narrowed } from "../protocol/value-list.ts"
import { PayloadKind } from "../protocol/values.ts"
import { wordsOf } from "../protocol/words.ts"

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
  /** The results kept, copied; undefined when there are none. They stay until `clear`. */
  kept(): Batch | undefined
  clear(): void
  /** Leaves word of where this thread is, for when it can't be asked; an empty text takes it back. */
  note(text: string): void
  /** The same page, mapped; itself where that can't be had. */
  mapped(): PageWriter
}

/** What is behind a job is taken back with it: in its own chunk, and in those that follow. */
const allows = (limit: Limit, chunkId: number, offset: number): boolean =>
  chunkId === limit.chunkId ? offset < limit.offset : chunkId < limit.chunkId || chunkId > limit.upTo

/** Its length and then its text, as far as there is room. */
const noteOf = (text: string): Buffer => {
  const bytes = Buffer.from(text).subarray(0, NOTE_BYTES)
  const note = Buffer.alloc(4 + bytes.length)
  note.writeInt32LE(bytes.length, 0)
  note.set(bytes, 4)
  return note
}

class PositionedPage implements PageWriter {
  readonly #descriptor: number
  readonly #bytes = new Uint8Array(16)
  readonly #words = wordsOf(this.#bytes)
  #chunkId = 0
  #offset = 0
  /** Since when the mark can have been seen; and the one before it. */
  #markedAt = 0
  #previousAt = 0

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  mark(chunkId: number, offset: number, startedAt: number): void {
    // A job whose task is loaded first is marked twice: the parent has seen it from the first time on.
    if (chunkId !== this.#chunkId || offset !== this.#offset) {
      this.#chunkId = chunkId
      this.#offset = offset
      this.#previousAt = this.#markedAt
      // Before it is written: a thread that the system halts right behind that is seen to stand there.
      this.#markedAt = Math.min(startedAt, monotonicNow())
    }
    this.#words.setFloat64(0, startedAt, true)
    this.#words.setInt32(8, chunkId, true)
    this.#words.setInt32(12, offset, true)
    writeSync(this.#descriptor, this.#bytes, 0, 16, layout.startedAt)
  }

  limit(): Limit {
    readSync(this.#descriptor, this.#bytes, 0, 12, layout.limitChunk)
    const words = this.#words
    return { chunkId: words.getInt32(0, true), offset: words.getInt32(4, true), upTo: words.getInt32(8, true) }
  }

  /** Looks (1 µs) only where the mark before this one stood for so long that the parent may have acted on it. */
  mayStart(chunkId: number, offset: number): boolean {
    return monotonicNow() - this.#previousAt < LIMIT_CHECK_MS || allows(this.limit(), chunkId, offset)
  }

  put(): boolean {
    return false
  }

  kept(): undefined {
    return undefined
  }

  clear(): void {}

  note(text: string): void {
    const note = noteOf(text)
    writeSync(this.#descriptor, note, 0, note.length, layout.note)
  }

  mapped(): PageWriter {
    try {
      return new MappedPage(mapShared(this.#descriptor, layout.size))
    } catch {
      // No koffi build for this platform: results of tiny jobs then go out one by one, which is slower, not wrong.
      return this
    }
  }
}

interface Koffi {
  load(path: null): { func(signature: string): (...parameters: Array<unknown>) => unknown }
  view(pointer: unknown, bytes: number): ArrayBuffer
}

const PROT_READ_WRITE = 3
const MAP_SHARED = 1

const mapShared = (descriptor: number, bytes: number): ArrayBuffer => {
  const koffi = createRequire(import.meta.url)("koffi") as Koffi
  // koffi knows no off_t; long is as wide on every 64-bit Unix.
  const mmap = koffi
    .load(null)
    .func("void *mmap(void *address, size_t length, int prot, int flags, int fd, long offset)")
  const pointer = mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, descriptor, 0)
  if (pointer === null) throw new Error("mmap failed")
  return koffi.view(pointer, bytes)
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

/** The page behind an inherited descriptor. */
export const openPage = (descriptor: number): PageWriter => new PositionedPage(descriptor)
