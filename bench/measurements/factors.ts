/** Real work: the distinct prime factors of every number to 500,000, in ranges and one number a job. */
import { lasting } from "../runner/entrants.ts"
import type { Comparison, Contender, Measurement } from "../runner/Measurement.ts"
import { digestOfFactors } from "../runner/work.ts"

const BARE = "2 bare processes, ranges"

/** By then V8 has compiled what a job's way between two others is made of. */
const WARM_UP = 60

export const factors: Measurement = {
  name: "factors",
  title: "time to factorise 2 … 500,000 on 2 workers",
  rounds: { full: 20, quick: 2 },
  comparisons: ({ quick }) => {
    const limit = quick ? 100_000 : 500_000
    const digest = digestOfFactors(limit)
    const contender = (name: string, file: string, workload: string, pool?: string): Contender =>
      lasting(name, file, [workload, limit, pool], { digest, read: ({ measured }) => measured })
    const comparison = (
      title: string,
      ours: Contender,
      others: ReadonlyArray<Contender>,
      warmUp: number
    ): Comparison => ({
      title,
      unit: "ms",
      better: "less",
      contenders: [ours, ...others],
      warmUp,
      // 95 % of what they reach.
      aims: [{ against: BARE, factor: 1.053 }]
    })
    const bare = contender(BARE, "bare-work.ts", "factors")
    const ours = {
      ranges: contender("holdfast, 64 ranges", "holdfast-work.ts", "ranges"),
      each: contender("holdfast, per number", "holdfast-work.ts", "factors")
    }
    const inRanges = [
      bare,
      contender("2 bare processes, handed ranges", "bare-work.ts", "ranges-each"),
      contender("piscina, ranges", "peers.ts", "ranges", "piscina"),
      contender("jest-worker, ranges", "peers.ts", "ranges", "jest-worker-processes")
    ]
    const perNumber = [bare, contender("2 bare processes, per number", "bare-work.ts", "factors-each")]
    const serial = contender("no pool, 1 process", "bare-work.ts", "serial")
    const python = (name: string, workload: string): Contender => contender(name, "python-work.py", workload)
    const warm = quick ? 2 : WARM_UP
    return [
      comparison(
        `2 … ${limit} in 64 ranges`,
        ours.ranges,
        [...inRanges, serial, python("multiprocessing, ranges", "ranges")],
        0
      ),
      comparison(`2 … ${limit} in 64 ranges, after ${warm} rounds`, ours.ranges, inRanges, warm),
      comparison(
        `2 … ${limit}, a number a job`,
        ours.each,
        [...perNumber, serial, python("multiprocessing, per number", "factors")],
        0
      ),
      comparison(`2 … ${limit}, a number a job, after ${warm} rounds`, ours.each, perNumber, warm)
    ]
  }
}
