/**
 * What V8 lets this worker's heap hold, as its user has said it. `heap_size_limit` is more: it counts room for young
 * objects, twice as much again where the heap is small, of which a heap that runs full can use next to nothing.
 */
import { getHeapStatistics } from "node:v8"
import { resourceLimits } from "node:worker_threads"

const MB = 1024 * 1024
const OLD_SPACE = /--max[-_]old[-_]space[-_]size[= ](\d+)/g

/**
 * Bytes that these flags give the old generation; undefined where they don't say.
 *
 * @example
 * oldSpaceOf(["--max-old-space-size=128"]) // 134217728
 */
export const oldSpaceOf = (flags: ReadonlyArray<string>): number | undefined => {
  // The last one counts.
  const size = Number([...flags.join(" ").matchAll(OLD_SPACE)].at(-1)?.[1] ?? 0)
  return size > 0 ? size * MB : undefined
}

let known: number | undefined

/** In bytes; all of the heap's limit where nothing tells its parts. */
export const heapLimit = (): number => {
  const ofThread = (resourceLimits.maxOldGenerationSizeMb ?? 0) * MB
  known ??=
    ofThread > 0
      ? ofThread
      : (oldSpaceOf([process.env.NODE_OPTIONS ?? "", ...process.execArgv]) ?? getHeapStatistics().heap_size_limit)
  return known
}
