/**
 * The parent's side of a page that is plain shared memory: a thread's, where no descriptor stands in between. Laid
 * out as `page.ts` says, which is the same of a process; the worker's side is `worker/page-writer.ts`.
 */
import { AREA_BYTES, type Leftovers, type Limit, layout, type Mark, marksSeen, noteIn } from "./page.ts"
import type { PayloadKind } from "./values.ts"

export class SharedPage {
  /** To be given to the worker. */
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(layout.size)
  readonly #words = new Int32Array(this.memory, 0, layout.area / 4)
  readonly #floats = new Float64Array(this.memory, 0, layout.area / 8)

  #word(at: number): number {
    return Atomics.load(this.#words, at / 4)
  }

  /** The running job; undefined when no job was ever started. */
  mark(): Mark | undefined {
    // The worker stores the offset last: read first, what else is read is of that job or of a later one.
    for (;;) {
      const offset = this.#word(layout.offset)
      const chunkId = this.#word(layout.chunkId)
      const startedAt = this.#floats[layout.startedAt / 8] ?? 0
      if (chunkId === 0) return undefined
      if (offset === this.#word(layout.offset) && chunkId === this.#word(layout.chunkId))
        return { chunkId, offset, startedAt }
    }
  }

  /** Results left in the area; undefined when there are none, or when a worker that still runs has just sent them. */
  leftovers(): Leftovers | undefined {
    const head = this.#head()
    if (head.count <= 0 || head.length < 0 || head.length > AREA_BYTES) return undefined
    const bytes = Buffer.from(new Uint8Array(this.memory, layout.area, head.length))
    const now = this.#head()
    if (now.chunkId !== head.chunkId || now.offset !== head.offset || now.count < head.count) return undefined
    const { chunkId, offset, count, kind } = head
    return { chunkId, offset, count, kind, bytes }
  }

  /** What the thread has noted of where it is; undefined where it has noted nothing. */
  note(): string | undefined {
    return noteIn(Buffer.from(new Uint8Array(this.memory, layout.note)))
  }

  #head(): Omit<Leftovers, "bytes"> & { readonly length: number } {
    const count = this.#word(layout.areaCount)
    return {
      chunkId: this.#word(layout.areaChunk),
      offset: this.#word(layout.areaOffset),
      count,
      kind: this.#word(layout.areaKind) as PayloadKind,
      length: this.#word(layout.areaBytes)
    }
  }

  /** Forbids the worker to start what the limit names; what it has started nevertheless, its mark shows from now on. */
  limit({ chunkId, offset, upTo }: Limit): void {
    Atomics.store(this.#words, layout.limitChunk / 4, chunkId)
    Atomics.store(this.#words, layout.limitOffset / 4, offset)
    Atomics.store(this.#words, layout.limitUpTo / 4, upTo)
    marksSeen()
  }
}
