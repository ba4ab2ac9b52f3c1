/**
 * A worker's answer to the question what it waits on: what its event loop holds open, and for jobs that can tell it,
 * where in their own code they await. Asked seldom; nothing is kept for it while jobs run.
 */
import { getHeapStatistics } from "node:v8"
import type { Resource } from "@holdfast/core"
import type { HeapReading, Waited } from "../protocol/messages.ts"
import { heapLimit } from "./heap-limit.ts"
import type { JobScope } from "./job-scope.ts"

/** What the scopes' own jobs await, as far as they can tell. Never throws. */
export const awaitsOf = (scopes: Iterable<JobScope>): ReadonlyArray<Waited> => {
  const awaits: Array<Waited> = []
  for (const { chunk, describe, offset } of scopes) {
    try {
      const owner = { chunkId: chunk.chunkId, offset }
      for (const resource of describe?.() ?? []) awaits.push({ ...resource, owner })
    } catch {
      // What can't be told is left out.
    }
  }
  return awaits
}

/** Lets go of jobs that nothing can wake any more, each with what it waited on. */
export const abandonStuck = (scopes: Iterable<JobScope>, waits: ReadonlyArray<Waited>): void => {
  for (const scope of [...scopes]) {
    const { chunk, offset } = scope
    const own = waits.filter(
      ({ owner }) => owner === undefined || (owner.chunkId === chunk.chunkId && owner.offset === offset)
    )
    scope.letGo({
      _tag: "Stuck",
      waitingOn: own.map(({ owner: _, object: __, ...resource }): Resource => resource)
    })
  }
}

export const heapNow = (): HeapReading => {
  const { external_memory: external, used_heap_size: used } = getHeapStatistics()
  return { used, limit: heapLimit(), external }
}

/**
 * Node leaves its handle set to the time of a timer that was cleared: only when it fires does it look for the next. So
 * one of our own is let fire first, or an hour's timer would be told to be due when a cleared one would have been.
 */
export const whenTimersAreKnown = (then: () => void): void => {
  setTimeout(() => setImmediate(then), 1)
}
