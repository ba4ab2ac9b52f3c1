/** An array of 8 MB to a worker and back, one trip at a time: by copy, and in memory that both see. */
import { lasting } from "../runner/entrants.ts"
import type { Comparison, Contender, Measurement } from "../runner/Measurement.ts"
import { digestOfTrips } from "../runner/work.ts"

const FASTEST = [
  "piscina, copied",
  "tinypool-threads",
  "workerpool-threads",
  "workerpool-processes",
  "bare fork, advanced"
]

/** Pools of threads, which need fewer copies than processes do, for ours to be held against as threads. */
const THREADS = ["piscina", "tinypool-threads", "workerpool-threads"] as const

export const large: Measurement = {
  name: "large",
  title: "time of a Float64Array of 8 MB, to a worker and back",
  rounds: { full: 6, quick: 2 },
  comparisons: ({ quick }) => {
    const contender = (name: string, file: string, workload: string, count: number, pool?: string): Contender =>
      lasting(name, file, [workload, count, pool], {
        digest: digestOfTrips(count),
        read: ({ measured }) => measured / count
      })
    const few = quick ? 3 : 20
    const many = quick ? 30 : 200
    const copied: Comparison = {
      title: `8 MB in and out by copy, mean of ${few}`,
      unit: "ms",
      better: "less",
      contenders: [
        contender("holdfast", "holdfast-work.ts", "large", few),
        contender("piscina, copied", "peers.ts", "large", few, "piscina"),
        contender("piscina, moved", "peers.ts", "moved", few, "piscina"),
        contender("tinypool-threads", "peers.ts", "large", few, "tinypool-threads"),
        contender("workerpool-threads", "peers.ts", "large", few, "workerpool-threads"),
        contender("workerpool-processes", "peers.ts", "large", few, "workerpool-processes"),
        contender("bare fork, advanced", "bare-work.ts", "large", few),
        contender("bare process, files in pieces", "bare-pieces.ts", "large", few),
        contender("multiprocessing", "python-work.py", "large", few)
      ],
      aims: [...FASTEST, "multiprocessing"].map((against) => ({ against, factor: 1 }))
    }
    const threads: Comparison = {
      title: `8 MB in and out by copy, threads alone, mean of ${few}`,
      unit: "ms",
      better: "less",
      contenders: [
        contender("holdfast, threads", "holdfast-work.ts", "large-threads", few),
        ...THREADS.map((name) => contender(name, "peers.ts", "large", few, name))
      ],
      aims: THREADS.map((against) => ({ against, factor: 1 }))
    }
    const shared: Comparison = {
      title: `8 MB in memory that both see, mean of ${many}`,
      unit: "ms",
      better: "less",
      contenders: [
        contender("holdfast, SharedArray", "holdfast-work.ts", "shared", many),
        contender("holdfast, by copy", "holdfast-work.ts", "large", few),
        contender("piscina, SharedArrayBuffer", "peers.ts", "shared", many, "piscina"),
        contender("multiprocessing.shared_memory", "python-work.py", "shared", many)
      ],
      aims: [{ against: "holdfast, by copy", factor: 1 / 20 }]
    }
    return [copied, threads, shared]
  }
}
