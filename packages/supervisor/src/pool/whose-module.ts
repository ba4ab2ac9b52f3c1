/** Of several modules that a worker loads side by side: whose code it is in, as far as its stack tells. */
import type { Frame } from "@holdfast/core"
import { pathOf } from "../failure/stack-frames.ts"
import type { Chunk } from "../scheduler/Chunk.ts"

/** Those of them whose task's module is on the stack; none where it is in what they import. */
export const onStack = (chunks: ReadonlyArray<Chunk>, stack: ReadonlyArray<Frame> = []): ReadonlyArray<Chunk> => {
  const files = new Set(stack.map(({ file }) => file))
  return chunks.filter(({ lane }) => files.has(pathOf(lane.task.module)))
}
