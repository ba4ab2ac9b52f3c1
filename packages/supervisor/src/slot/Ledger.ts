/**
 * The chunks a slot's worker has, in the order it runs them, and which answer of its is due. Whatever it says
 * of another job has been settled before, and counts no more.
 */
import { type Mark, monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"

export class Ledger {
  #chunks: Array<Chunk> = []

  get chunks(): ReadonlyArray<Chunk> {
    return this.#chunks
  }

  get queuedMs(): number {
    let ms = 0
    for (const chunk of this.#chunks) ms += (chunk.lane.meanMs ?? Number.POSITIVE_INFINITY) * (chunk.count - chunk.next)
    return ms
  }

  /** How many of them may run at once; infinite where there are none. */
  get width(): number {
    let width = Number.POSITIVE_INFINITY
    for (const { lane } of this.#chunks) width = Math.min(width, lane.call.concurrency)
    return width
  }

  add(chunk: Chunk): void {
    this.#chunks.push(chunk)
  }

  find(chunkId: number): Chunk | undefined {
    // A plain loop: two or three chunks, asked for with every message.
    for (const chunk of this.#chunks) if (chunk.id === chunkId) return chunk
    return undefined
  }

  /** The chunk, if the answer for the job at `offset` is due. */
  due(chunkId: number, offset: number): Chunk | undefined {
    const chunk = this.find(chunkId)
    return chunk !== undefined && offset === chunk.next && offset < chunk.count ? chunk : undefined
  }

  /**
   * The chunks whose jobs were running by this mark, less those whose answer has come: more than one, side by side. One
   * that has its worker load its task counts as running; so it does where another has begun beside it since, or is
   * loaded as well, by whose mark its own was overwritten. Else a module that ends its worker would do so again and
   * again, and only what runs beside it would be charged with that.
   */
  running(mark: Mark | undefined): ReadonlyArray<Chunk> {
    const marked = mark === undefined ? undefined : this.due(mark.chunkId, mark.offset)
    const isOvertaken = ({ beside, id, loads }: Chunk): boolean =>
      beside && loads && mark !== undefined && id < mark.chunkId
    const others = this.#chunks.filter(
      (chunk) => chunk !== marked && !chunk.finished && (chunk.startedAt !== undefined || isOvertaken(chunk))
    )
    return marked === undefined ? others : [marked, ...others]
  }

  /** Lets go of a chunk that has nothing left; false if it has, or is gone. */
  removeFinished(chunk: Chunk): boolean {
    const at = chunk.finished ? this.#chunks.indexOf(chunk) : -1
    if (at === -1) return false
    this.#chunks.splice(at, 1)
    // One that stands in front still has been there all along: what is beside or behind it may come and go.
    const next = at === 0 ? this.#chunks[0] : undefined
    if (next !== undefined) next.since = monotonicNow()
    return true
  }

  takeAll(): ReadonlyArray<Chunk> {
    const chunks = this.#chunks
    this.#chunks = []
    return chunks
  }
}
