/**
 * The last chunks a slot was sent, so that output can be named after its job even when it is read after the
 * job's result: the two come by different pipes. Keeps no input and no value alive.
 */
import { indexOf } from "../failure/summary.ts"
import type { JobTag } from "../reporting/WorkerOutput.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Lane } from "../scheduler/Lane.ts"

const KEPT = 16
const MOST = 4096

/** What tells a chunk's jobs, without what they hold. */
interface Tagged {
  readonly base: number
  readonly attempt: number
  readonly lane: Pick<Lane, "id" | "numbered"> & { readonly task: { readonly name: string } }
}

interface Recent extends Tagged {
  readonly id: number
  /** Somebody else keeps it as long as anybody can ask for it. */
  readonly chunk: WeakRef<Chunk>
}

export class RecentChunks {
  readonly #recent: Array<Recent> = []

  add(chunk: Chunk): void {
    const { attempt, base, id, lane } = chunk
    const { id: laneId, numbered, task } = lane
    this.#recent.push({
      id,
      base,
      attempt,
      lane: { id: laneId, numbered, task: { name: task.name } },
      chunk: new WeakRef(chunk)
    })
    // Many may come and go before the output of the first is read.
    while (this.#recent.length > KEPT && (this.#recent.length > MOST || !this.#isAwaited)) this.#recent.shift()
  }

  /** Whether the first of them has jobs to be answered for, or answered ones whose output is yet to be read. */
  get #isAwaited(): boolean {
    const first = this.#recent[0]?.chunk.deref()
    return first !== undefined && !(first.finished && first.unread === 0)
  }

  #find(chunkId: number): Recent | undefined {
    return this.#recent.findLast(({ id }) => id === chunkId)
  }

  find(chunkId: number): Chunk | undefined {
    return this.#find(chunkId)?.chunk.deref()
  }

  /** The job at this place of this chunk. */
  tagOf(chunkId: number, offset: number): JobTag | undefined {
    const recent = this.#find(chunkId)
    return recent === undefined ? undefined : tagIn(recent, offset)
  }
}

/** The job at this place of a chunk. */
export const tagIn = ({ attempt, base, lane }: Tagged, offset: number): JobTag => ({
  task: lane.task.name,
  index: indexOf(lane, base + offset),
  attempt,
  batch: lane.id
})
