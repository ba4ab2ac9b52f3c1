/** Single jobs per second, submitted together and awaited together: every one has a handle of its own. */
import { digestOfSquares } from "../runner/digest.ts"
import { lasting, perSecond } from "../runner/entrants.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"

export const submit: Measurement = {
  name: "submit",
  title: "single jobs per second, submitted together, on 2 workers",
  rounds: { full: 7, quick: 3 },
  comparisons: ({ quick }) => {
    const count = quick ? 10_000 : 50_000
    const digest = digestOfSquares(count)
    const contender = (name: string, file: string, workload: string): Contender =>
      lasting(name, file, [workload, count], { digest, read: perSecond(count) })
    return [
      {
        title: `jobs, ${count} in a round`,
        unit: "items/s",
        better: "more",
        contenders: [
          contender("holdfast", "holdfast.ts", "submit"),
          contender("holdfast map, chunkSize 1", "holdfast.ts", "map-1"),
          contender("piscina, all at once", "piscina.ts", "submit"),
          contender("piscina, 1,024 in flight", "piscina.ts", "in-flight"),
          contender("bare fork, json", "bare-fork.ts", "single-json"),
          contender("bare fork, advanced", "bare-fork.ts", "single-advanced"),
          contender("multiprocessing, chunksize=1", "python-pool.py", "map-1")
        ],
        aims: [
          { against: "piscina, 1,024 in flight", factor: 3 },
          { against: "multiprocessing, chunksize=1", factor: 1.5 }
        ]
      }
    ]
  }
}
