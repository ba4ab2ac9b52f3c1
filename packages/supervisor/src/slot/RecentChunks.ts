/**
 * The last chunks a slot was sent, so that output can be named after its job even when it is read after the
 * job's result: the two come by different pipes.
 */
import { indexOf } from "../failure/summary.ts"
import type { JobTag } from "../reporting/WorkerOutput.ts"
import type { Chunk } from "../scheduler/Chunk.ts"

const KEPT = 16

export class RecentChunks {
  readonly #chunks: Array<Chunk> = []

  add(chunk: Chunk): void {
    this.#chunks.push(chunk)
    if (this.#chunks.length > KEPT) this.#chunks.shift()
  }

  /** The job at this place of this chunk. */
  tagOf(chunkId: number, offset: number): JobTag | undefined {
    const chunk = this.#chunks.findLast(({ id }) => id === chunkId)
    if (chunk === undefined) return undefined
    const { lane, base, attempt } = chunk
    return { task: lane.task.name, index: indexOf(lane, base + offset), attempt, batch: lane.id }
  }
}
