/**
 * The page: a small file that parent and worker share while the worker lives; it has no name, or loses it at once.
 * The worker writes into it which job it is running since when, and the results of tiny jobs that are not yet
 * on their way; the parent reads it with positioned reads, above all after a death, when it tells exactly
 * whose fault it was and what had been finished. The parent writes one thing: how far the worker may go in its
 * chunk. This file is the layout and the parent's side; the worker's is `worker/page-writer.ts`.
 *
 * Measured on Node 26 (Linux x64): positioned read 0.7 µs, positioned write 1 µs, store into the mapped page
 * 1 to 10 ns; all readable after SIGKILL, SIGSEGV, abort and heap overflow.
 */
import { closeSync, readSync, writeSync } from "node:fs"
import { openNamelessFile } from "./nameless-file.ts"
import type { PayloadKind } from "./values.ts"
import { wordsOf } from "./words.ts"

/** Byte offsets. The mark and the results' head are the worker's to write, the limit the parent's. */
export const layout = {
  /** f64: when the running job started, milliseconds of the system's monotonic clock. */
  startedAt: 0,
  /** i32: chunk of the running job, and its offset therein. */
  chunkId: 8,
  offset: 12,
  /** i32: the limit: chunk, first offset of it that must not be started, last later chunk that must not be either. */
  limitChunk: 16,
  limitOffset: 20,
  limitUpTo: 24,
  /** i32: which results lie in the area: chunk, first offset, count, bytes, payload kind. */
  areaChunk: 32,
  areaOffset: 36,
  areaCount: 40,
  areaBytes: 44,
  areaKind: 48,
  area: 64,
  /** i32: bytes of the note; 0 for none. Behind it the note: where a job is that can't be asked. */
  note: 62 * 1024,
  size: 64 * 1024
} as const

export const AREA_BYTES: number = layout.note - layout.area

/** What a note can have. */
export const NOTE_BYTES: number = layout.size - layout.note - 4

const systemNow = (): number => {
  const [seconds, nanos] = process.hrtime()
  return seconds * 1e3 + nanos / 1e6
}

/** What lies between the two clocks; whoever is halted between them reads too little. */
const origin = Math.max(...[1, 2, 3].map(() => systemNow() - performance.now()))

/**
 * The system's monotonic clock in milliseconds, the same in every process of the machine. By `performance.now()`, 45 ns
 * and a number, where `process.hrtime()` takes three calls and an array.
 */
export const monotonicNow = (): number => performance.now() + origin

/**
 * A worker's mark may be seen later than it was set, and its look at the limit be earlier: an x86 processor keeps stores
 * to itself for a while, and loads overtake them (Intel SDM 3A, 8.2.3.4). In millions of close
 * races (`page-limit.test.ts`) a mark was seen late up to 0.3 µs after the limit was set, never after 1 µs; the some 70
 * stores that a processor can hold back are out after as many cache misses, 20 µs, and all of them before it is
 * interrupted or halted.
 */
const MOST_UNSEEN_MS = 0.1

/** Until each mark is seen by which a worker may have overlooked a limit. */
export const marksSeen = (): void => {
  const until = performance.now() + MOST_UNSEEN_MS
  while (performance.now() < until);
}

/** Which job a worker was last seen to run. */
export interface Mark {
  readonly chunkId: number
  readonly offset: number
  readonly startedAt: number
}

/** What a worker must not start any more: `chunkId` from `offset` on, and every later chunk up to `upTo`. */
export interface Limit {
  readonly chunkId: number
  readonly offset: number
  readonly upTo: number
}

/** Results that had left the worker's own memory without having been sent. */
export interface Leftovers {
  readonly chunkId: number
  readonly offset: number
  readonly count: number
  readonly kind: PayloadKind
  readonly bytes: Buffer
}

/** The text of a note, from its length on. */
export const noteIn = (bytes: Buffer): string | undefined => {
  const length = bytes.readInt32LE(0)
  return length > 0 && length <= NOTE_BYTES ? bytes.toString("utf8", 4, 4 + length) : undefined
}

/** The parent's side of one worker's page. */
export class Page {
  /** To be inherited by the worker. */
  readonly descriptor: number
  readonly #scratch = new Uint8Array(layout.area)
  readonly #words = wordsOf(this.#scratch)
  #closed = false

  constructor() {
    this.descriptor = openNamelessFile(layout.size)
  }

  /** The running job; undefined when no job was ever started. */
  mark(): Mark | undefined {
    if (this.#closed) return undefined
    readSync(this.descriptor, this.#scratch, 0, 16, 0)
    const words = this.#words
    const chunkId = words.getInt32(layout.chunkId, true)
    if (chunkId === 0) return undefined
    return {
      chunkId,
      offset: words.getInt32(layout.offset, true),
      startedAt: words.getFloat64(layout.startedAt, true)
    }
  }

  /**
   * Results left in the area; undefined when there are none, nothing sensible, or when a worker that still runs has
   * sent them while they were read.
   */
  leftovers(): Leftovers | undefined {
    if (this.#closed) return undefined
    const head = this.#areaHead()
    if (head.count <= 0 || head.length < 0 || head.length > AREA_BYTES) return undefined
    const bytes = Buffer.alloc(head.length)
    readSync(this.descriptor, bytes, 0, head.length, layout.area)
    // Results are only added until they are sent, after which others, of other jobs, are written over them.
    const now = this.#areaHead()
    if (now.chunkId !== head.chunkId || now.offset !== head.offset || now.count < head.count) return undefined
    const { chunkId, offset, count, kind } = head
    return { chunkId, offset, count, kind, bytes }
  }

  /** What the worker's thread has noted of where it is; undefined where it has noted nothing. */
  note(): string | undefined {
    if (this.#closed) return undefined
    const bytes = Buffer.alloc(layout.size - layout.note)
    readSync(this.descriptor, bytes, 0, bytes.length, layout.note)
    return noteIn(bytes)
  }

  #areaHead(): Omit<Leftovers, "bytes"> & { readonly length: number } {
    readSync(this.descriptor, this.#scratch, 0, layout.area, 0)
    const words = this.#words
    return {
      chunkId: words.getInt32(layout.areaChunk, true),
      offset: words.getInt32(layout.areaOffset, true),
      count: words.getInt32(layout.areaCount, true),
      kind: words.getInt32(layout.areaKind, true) as PayloadKind,
      length: words.getInt32(layout.areaBytes, true)
    }
  }

  /**
   * Forbids the worker to start what the limit names; what it has started nevertheless, its mark shows from now on. It
   * looks where a mark stood for over {@link LIMIT_CHECK_MS}.
   */
  limit({ chunkId, offset, upTo }: Limit): void {
    if (this.#closed) return
    const bytes = new Uint8Array(12)
    const words = wordsOf(bytes)
    words.setInt32(0, chunkId, true)
    words.setInt32(4, offset, true)
    words.setInt32(8, upTo, true)
    writeSync(this.descriptor, bytes, 0, 12, layout.limitChunk)
    marksSeen()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.descriptor)
  }
}

/**
 * After a job that took longer, the worker reads the limit before it starts the next one. The parent sets a
 * limit only once it has seen the same mark for at least twice as long, so the worker is sure to look.
 */
export const LIMIT_CHECK_MS = 50
