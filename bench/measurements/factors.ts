/** Real work: the distinct prime factors of every number to 500,000, one number a job and in ranges. */
import { lasting } from "../runner/entrants.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"
import { digestOfFactors } from "../runner/work.ts"

const BARE = "2 bare processes, ranges"

export const factors: Measurement = {
  name: "factors",
  title: "time to factorise 2 … 500,000 on 2 workers",
  rounds: { full: 20, quick: 2 },
  comparisons: ({ quick }) => {
    const limit = quick ? 100_000 : 500_000
    const digest = digestOfFactors(limit)
    const contender = (name: string, file: string, workload: string, pool?: string): Contender =>
      lasting(name, file, [workload, limit, pool], { digest, read: ({ measured }) => measured })
    return [
      {
        title: `2 … ${limit}`,
        unit: "ms",
        better: "less",
        contenders: [
          contender("holdfast, per number", "holdfast-work.ts", "factors"),
          contender("holdfast, ranges", "holdfast-work.ts", "ranges"),
          contender("no pool, 1 process", "bare-work.ts", "serial"),
          contender(BARE, "bare-work.ts", "factors"),
          contender("2 bare processes, handed ranges", "bare-work.ts", "ranges-each"),
          contender("2 bare processes, per number", "bare-work.ts", "factors-each"),
          contender("piscina, ranges", "peers.ts", "ranges", "piscina"),
          contender("jest-worker, ranges", "peers.ts", "ranges", "jest-worker-processes"),
          contender("multiprocessing, per number", "python-work.py", "factors"),
          contender("multiprocessing, ranges", "python-work.py", "ranges")
        ],
        // 95 % of what they reach.
        aims: [{ against: BARE, factor: 1.053 }]
      }
    ]
  }
}
