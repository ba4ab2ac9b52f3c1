/**
 * A value that a running job has yielded, on its way to whoever takes it: decoded, and answered with credit once it
 * was taken, so that a job is never far ahead of its reader.
 */
import { describeError } from "../protocol/error-description.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import { readTagged } from "../scheduler/TaskBook.ts"
import type { Slot } from "../slot/Slot.ts"

export const takePartial = (slot: Slot, chunk: Chunk, offset: number, bytes: Uint8Array): void => {
  const { lane } = chunk
  const { link } = slot
  if (chunk.forsaken.has(offset) || lane.sink.partial === undefined) return
  const { id: chunkId } = chunk
  let value: unknown
  try {
    value = readTagged(bytes)
  } catch (error) {
    // Corrupt on its way: the job can't be trusted to say it again.
    link?.send({ _tag: "Cancel", chunkId, offset, reason: describeError(error) })
    return
  }
  lane.sink.partial(chunk.base + offset, value, () => {
    // Another worker knows nothing of it.
    if (slot.link === link) link?.send({ _tag: "Credit", chunkId, offset, count: 1 })
  })
}
