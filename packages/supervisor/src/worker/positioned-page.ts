/**
 * The page as a worker process has it at first: by positioned writes, which cost nothing to set up. It is mapped into
 * memory once jobs turn out to be tiny enough for that to matter.
 */
import { readSync, writeSync } from "node:fs"
import { createRequire } from "node:module"
import { LIMIT_CHECK_MS, type Limit, layout, monotonicNow } from "../protocol/page.ts"
import { wordsOf } from "../protocol/words.ts"
import { allows, type Batch, MappedPage, noteOf, type PageWriter } from "./page-writer.ts"

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

/** What a page that is not mapped has been given, for what has to be written of it. */
class KeptHere {
  readonly memory = new Uint8Array(layout.size)
  readonly page = new MappedPage(this.memory.buffer)
}

class PositionedPage implements PageWriter {
  readonly #descriptor: number
  readonly #bytes = new Uint8Array(16)
  readonly #words = wordsOf(this.#bytes)
  #kept: KeptHere | undefined
  #isFull = false
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

  /** In this process first, then in the page: all of it, and then that it is there. */
  put(chunkId: number, offset: number, value: unknown): boolean {
    if (this.#isFull) return false
    this.#kept ??= new KeptHere()
    const { page, memory } = this.#kept
    const from = page.bytes
    if (!page.put(chunkId, offset, value)) return false
    try {
      writeSync(this.#descriptor, memory, layout.area + from, page.bytes - from, layout.area + from)
      this.#writeAreaHead(memory)
    } catch {
      // Its file system has no room: what is kept here is sent, and no more of it is.
      this.#isFull = true
    }
    return true
  }

  #writeAreaHead(memory: Uint8Array): void {
    writeSync(this.#descriptor, memory, layout.areaChunk, layout.area - layout.areaChunk, layout.areaChunk)
  }

  get keptCount(): number {
    return this.#kept?.page.keptCount ?? 0
  }

  kept(): Batch | undefined {
    return this.#kept?.page.kept()
  }

  clear(): void {
    if (this.#kept === undefined || this.keptCount === 0) return
    this.#kept.page.clear()
    this.#writeAreaHead(this.#kept.memory)
  }

  note(text: string): void {
    const note = noteOf(text)
    writeSync(this.#descriptor, note, 0, note.length, layout.note)
  }

  mapped(): PageWriter {
    // What is kept is sent from where it is.
    if (this.keptCount > 0) return this
    try {
      return new MappedPage(mapShared(this.#descriptor, layout.size))
    } catch {
      // No koffi build for this platform: marks and results are then written one by one, which is slower, not wrong.
      return this
    }
  }
}

/** The page behind an inherited descriptor. */
export const openPage = (descriptor: number): PageWriter => new PositionedPage(descriptor)
