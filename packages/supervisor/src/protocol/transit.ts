/**
 * The transit file: what is too large for the job channel lies in it on its way, and its frame says where. One file
 * for each direction, with one writer and one reader, which counts what it has taken, so that the writer knows which
 * space is free again. It has no name and is inherited, as the page is. Here is the file and its writer; its reader is
 * `transit-reader.ts`, the frames are `encoding.ts`.
 *
 * A socket is read in pieces of 64 KB, each a buffer to be collected, which are then joined: 8 MB were copied twice
 * and made 128 buffers. Here they are written in a few large pieces, and the reader, which is told of each, reads them
 * into memory of their own while the next is written.
 */
import { fstatSync, ftruncateSync, readSync, type Stats, statfsSync, writeSync } from "node:fs"

/** From here on the detour is faster than the channel. */
export const TRANSIT_FROM: number = 256 * 1024

/**
 * What is told of at once. Two processors then write and read at the same time, which saves 2 ms of 6.5 for 8 MB there
 * and back; larger pieces save less, smaller ones no more.
 */
export const PIECE_BYTES: number = 512 * 1024

/** The reader's word, alone in its page: how many payloads it has taken, as a u32. */
export const HEAD_BYTES = 4096
/** Whole pages of memory are never zeroed first. */
const PAGE_BYTES = 4096
/** What waits in it at most. */
const MOST_BYTES = 2 ** 30
/** After there was no room it is not asked for again at once. */
const PAUSE_MS = 1000

/** Where a payload lies. */
export interface Place {
  readonly at: number
  readonly length: number
}

/** Is told that so many bytes of a payload that is being written are there. */
export type Telling = (place: Place, written: number) => void

/** Space that is taken. */
interface Span {
  readonly from: number
  readonly to: number
}

/** A descriptor, and that it still is that file: a task may have closed it, and then its number is another file's. */
export class TransitFile {
  readonly descriptor: number
  readonly #first: Stats

  constructor(descriptor: number) {
    this.descriptor = descriptor
    this.#first = fstatSync(descriptor)
    if (!this.#first.isFile()) throw new Error(`descriptor ${descriptor} is no file`)
  }

  /** Its size. Throws where it is not the file it was. */
  size(): number {
    const { ino, dev, size } = fstatSync(this.descriptor)
    if (ino !== this.#first.ino || dev !== this.#first.dev)
      throw new Error(`descriptor ${this.descriptor}, which Holdfast needs, was closed and is another file now`)
    return size
  }
}

/** Bytes that the file system has left; Infinity where it doesn't tell. */
const bytesFree = (descriptor: number): number => {
  try {
    const { bavail, bsize, blocks } = statfsSync(`/proc/self/fd/${descriptor}`)
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** The writer's side. */
export class TransitWriter {
  readonly #file: TransitFile
  readonly #word = Buffer.alloc(4)
  readonly #most: number
  /** What may not have been taken yet, oldest first; space is used as a ring. */
  readonly #spans: Array<Span> = []
  /** Payloads put in so far, as a u32. */
  #put = 0
  #size: number = HEAD_BYTES
  /** Up to where it was used since it was trimmed. */
  #used: number = HEAD_BYTES
  #pausedUntil = 0

  /** `most`: bytes that it may hold. Throws where `descriptor` is no file. */
  constructor(descriptor: number, most: number = MOST_BYTES) {
    this.#file = new TransitFile(descriptor)
    this.#most = most
  }

  /**
   * Writes a payload; undefined where it is too small for that, or there is no room, and it has to go another way. What
   * was told by then is void.
   */
  put(bytes: Uint8Array, tell?: Telling): Place | undefined {
    const { length } = bytes
    if (length < TRANSIT_FROM || performance.now() < this.#pausedUntil) return undefined
    try {
      this.#file.size()
      this.#forget()
      const at = this.#roomFor(length)
      if (at === undefined) return undefined
      const to = Math.ceil((at + length) / PAGE_BYTES) * PAGE_BYTES
      // Others live of the same memory: never more than half of what they have left.
      if (to > this.#size && (to - this.#size) * 2 > bytesFree(this.#file.descriptor)) return this.#pause()
      this.#makeRoom(to)
      const place = { at, length }
      let done = 0
      while (done < length) {
        const some = tell === undefined ? length - done : Math.min(PIECE_BYTES, length - done)
        const written = writeSync(this.#file.descriptor, bytes, done, some, at + done)
        if (written === 0) return this.#pause()
        done += written
        if (done < length) tell?.(place, done)
      }
      this.#spans.push({ from: at, to })
      this.#put = (this.#put + 1) >>> 0
      this.#used = Math.max(this.#used, to)
      return place
    } catch {
      // ENOSPC, EFBIG, EIO; EBADF where a task has closed it.
      return this.#pause()
    }
  }

  /** The file is as long as it will be before anything is told of it: the reader holds every place against that. */
  #makeRoom(to: number): void {
    if (to <= this.#size) return
    this.#size = to
    ftruncateSync(this.#file.descriptor, to)
  }

  /** Has the pages back that were written in vain. */
  #pause(): undefined {
    this.#pausedUntil = performance.now() + PAUSE_MS
    this.#cut(this.#spans.reduce((end, { to }) => Math.max(end, to), HEAD_BYTES))
  }

  /** Forgets what was taken. */
  #forget(): void {
    if (this.#spans.length === 0) return
    readSync(this.#file.descriptor, this.#word, 0, 4, 0)
    const waiting = (this.#put - this.#word.readUInt32LE(0)) >>> 0
    if (waiting < this.#spans.length) this.#spans.splice(0, this.#spans.length - waiting)
  }

  #roomFor(length: number): number | undefined {
    const first = this.#spans[0]
    const last = this.#spans.at(-1)
    if (first === undefined || last === undefined) return HEAD_BYTES + length <= this.#most ? HEAD_BYTES : undefined
    const isWrapped = last.to <= first.from
    if (isWrapped) return first.from - last.to >= length ? last.to : undefined
    if (first.from - HEAD_BYTES >= length) return HEAD_BYTES
    return last.to + length <= this.#most ? last.to : undefined
  }

  /** Gives back the memory that was not needed since the last time. */
  trim(): void {
    try {
      this.#forget()
    } catch {
      return
    }
    this.#cut(this.#spans.reduce((end, { to }) => Math.max(end, to), this.#used))
    this.#used = HEAD_BYTES
  }

  /** Whether anything may be under way, or memory is kept for what may come. */
  get holds(): boolean {
    return this.#size > HEAD_BYTES
  }

  #cut(size: number): void {
    if (size >= this.#size) return
    this.#size = size
    try {
      // A task may have closed it, and then it is another file, and not ours to cut.
      this.#file.size()
      ftruncateSync(this.#file.descriptor, size)
    } catch {
      // It is gone, and its memory with it.
    }
  }
}
