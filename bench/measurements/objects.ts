/** Objects per second, in and out through `map`, small ones and documents: the transport of values that are no numbers. */
import { lasting, perSecond } from "../runner/entrants.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"
import { digestOfDocuments, digestOfObjects } from "../runner/work.ts"

/** Those that run any function of a module. */
const DOCUMENT_POOLS = ["piscina", "tinypool-threads", "tinypool-processes"]

export const objects: Measurement = {
  name: "objects",
  title: "small objects per second, in and out through pool.map(turn, objects) on 2 workers",
  rounds: { full: 15, quick: 2 },
  comparisons: ({ quick }) => {
    const many = quick ? 20_000 : 100_000
    // Where every object is a message of its own, fewer give the same rate.
    const few = quick ? 2000 : 10_000
    const contender = (name: string, file: string, count: number, pool?: string): Contender =>
      lasting(name, file, ["objects", count, pool], { digest: digestOfObjects(count), read: perSecond(count) })
    const documents = quick ? 500 : 3000
    const reading = { digest: digestOfDocuments(documents), read: perSecond(documents) }
    const peers = ["piscina", "tinypool-threads", "workerpool-threads", "workerpool-processes"]
    const others = ["poolifier-threads", "poolifier-cluster", "jest-worker-threads", "jest-worker-processes"]
    const names = [...peers, "tinypool-processes", ...others]
    return [
      {
        title: `objects, ${many} in a round (${few} where each is a message)`,
        unit: "items/s",
        better: "more",
        contenders: [
          contender("holdfast", "holdfast-work.ts", many),
          contender("bare fork, chunks", "bare-work.ts", many),
          contender("multiprocessing.Pool.map", "python-work.py", many),
          ...names.map((pool) => contender(pool, "peers.ts", few, pool))
        ],
        aims: names.map((against) => ({ against, factor: 10 }))
      },
      {
        title: `documents of some 50 objects and 100 numbers, ${documents} in a round`,
        unit: "items/s",
        better: "more",
        contenders: [
          lasting("holdfast", "holdfast-work.ts", ["documents", documents], reading),
          lasting("bare fork, chunks", "bare-work.ts", ["documents", documents], reading),
          ...DOCUMENT_POOLS.map((pool) => lasting(pool, "peers.ts", ["documents", documents, pool], reading))
        ],
        aims: DOCUMENT_POOLS.map((against) => ({ against, factor: 1 }))
      }
    ]
  }
}
