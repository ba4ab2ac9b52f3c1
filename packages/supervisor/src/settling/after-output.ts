/**
 * Lets answered jobs settle once all that they had printed has been read: answers come over a channel of their own,
 * and mostly ahead. What ends their batch meanwhile settles them at once. Not the reading.
 */
import type { WorkerOutput } from "../reporting/WorkerOutput.ts"
import type { Chunk } from "../scheduler/Chunk.ts"

/** Which answered jobs, and behind which output marker of which worker all is that they had printed. */
export interface Answered {
  readonly chunk: Chunk
  readonly from: number
  readonly count: number
  readonly output: WorkerOutput | undefined
  readonly sync: number
}

export const afterOutput = ({ chunk, count, from, output, sync }: Answered, settle: () => void): void => {
  if (output === undefined || output.hasRead(sync)) return settle()
  const { lane } = chunk
  const { settling } = lane
  // Each of single jobs may be cancelled by itself; of a batch one stands for all.
  const end = lane.single ? from + count : from + 1
  const once = (): void => {
    if (settling.get(from) !== once) return
    chunk.unread--
    for (let index = from; index < end; index++) settling.delete(index)
    settle()
  }
  for (let index = from; index < end; index++) settling.set(index, once)
  chunk.unread++
  output.onRead(sync, once)
}
