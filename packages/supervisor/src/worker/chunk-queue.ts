/**
 * The chunks that a worker has: those that wait, in their order, and those that run, with what was cancelled of each.
 * Says which may begin; begins none itself.
 */
import type { Run } from "../protocol/messages.ts"
import type { Limit } from "../protocol/page.ts"
import type { Chunk } from "./chunk-loop.ts"
import type { Runnable } from "./runnable.ts"

const sideBySide = ({ detail }: Run): number => detail?.concurrency ?? 1

export class ChunkQueue {
  readonly #waiting: Array<Run> = []
  readonly #running = new Map<number, Chunk>()
  /** The last that has begun. */
  #newest = 0
  /** Jobs cancelled while their chunk still waited. */
  readonly #skips = new Map<number, Set<number>>()
  #revoked: Limit | undefined

  /** Whether the next chunk will come right after the last is done. */
  isFed = false

  add(run: Run): void {
    this.isFed = run.awake
    this.#waiting.push(run)
  }

  /** Takes out the next, if it may run beside those that run. */
  next(): Run | undefined {
    const run = this.#waiting[0]
    if (run === undefined || !this.#fits(run)) return undefined
    this.#waiting.shift()
    return run
  }

  /** Whether a chunk may run beside those that run: each says how many there may be at once. */
  #fits(run: Run): boolean {
    const others = this.#running.size
    if (others === 0) return true
    if (others >= sideBySide(run)) return false
    for (const chunk of this.#running.values()) if (others >= sideBySide(chunk.run)) return false
    return true
  }

  /** Counts a chunk among those that run. Of one that has waited for its task, what was cancelled stays so. */
  began(run: Run, runnable: Runnable): Chunk {
    const { chunkId } = run
    const skip = this.#running.get(chunkId)?.skip ?? this.#skips.get(chunkId) ?? new Set<number>()
    this.#skips.delete(chunkId)
    const chunk: Chunk = { run, runnable, skip, stopped: false, overtaken: chunkId < this.#newest, scope: undefined }
    this.#newest = Math.max(this.#newest, chunkId)
    this.#running.set(chunkId, chunk)
    return chunk
  }

  ended({ chunkId }: Run): void {
    this.#running.delete(chunkId)
  }

  running(chunkId: number): Chunk | undefined {
    return this.#running.get(chunkId)
  }

  /** Whether a chunk waits for this task to be loaded, and another runs, or waits for another task. */
  loadsBeside(taskId: number): boolean {
    const running = [...this.#running.values()]
    const waits = ({ run, scope }: Chunk): boolean => scope === undefined && run.taskId === taskId
    return running.some(waits) && !running.every(waits)
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#running.size === 0
  }

  get allRunning(): Iterable<Chunk> {
    return this.#running.values()
  }

  /** Cancels a job of a chunk that waits; -1 takes the chunk out, which is then true: none of it has started. */
  cancelWaiting(chunkId: number, offset: number): boolean {
    const at = this.#waiting.findIndex((run) => run.chunkId === chunkId)
    if (at === -1) return false
    if (offset !== -1) {
      const skips = this.#skips.get(chunkId) ?? new Set()
      this.#skips.set(chunkId, skips.add(offset))
      return false
    }
    this.#waiting.splice(at, 1)
    this.#skips.delete(chunkId)
    return true
  }

  /** Forgets all that waits. */
  clear(): void {
    this.#waiting.length = 0
  }

  /** The parent has taken back all chunks up to this one. */
  revoke(limit: Limit): void {
    this.#revoked = limit
  }

  isRevoked({ chunkId }: Run): boolean {
    return this.#revoked !== undefined && chunkId > this.#revoked.chunkId && chunkId <= this.#revoked.upTo
  }
}
