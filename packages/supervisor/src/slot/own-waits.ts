/**
 * Of all that a worker waits on, what is one job's: where jobs run side by side, some of it is known to be another's.
 */
import type { Resource } from "@holdfast/core"
import type { Waited } from "../protocol/messages.ts"

const strip = ({ owner: _, object: __, ...resource }: Waited): Resource => resource

/** All of it, whoever for. */
export const allWaits = (waits: ReadonlyArray<Waited>): ReadonlyArray<Resource> => waits.map(strip)

/** What is known as the job's own; with `others`, also what nobody is known to own. */
export const waitsOf = (
  waits: ReadonlyArray<Waited>,
  job: { readonly chunkId: number; readonly offset: number },
  others: boolean
): ReadonlyArray<Resource> =>
  waits
    .filter(({ owner }) =>
      owner === undefined ? others : owner.chunkId === job.chunkId && owner.offset === job.offset
    )
    .map(strip)
