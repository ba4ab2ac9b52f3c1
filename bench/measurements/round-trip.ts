/** Time of one job when nothing else goes on: asked, awaited, and only then the next. */
import { digestOfSquares } from "../runner/digest.ts"
import { lasting } from "../runner/entrants.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"

export const roundTrip: Measurement = {
  name: "round-trip",
  title: "time of one job at a time, await pool.run(square, n)",
  rounds: { full: 9, quick: 3 },
  comparisons: ({ quick }) => {
    const count = quick ? 2000 : 5000
    const digest = digestOfSquares(count)
    const contender = (name: string, file: string, workload: string): Contender =>
      lasting(name, file, [workload, count], { digest, read: ({ measured }) => (measured * 1000) / count })
    return [
      {
        title: `one job at a time, mean of ${count}`,
        unit: "µs",
        better: "less",
        contenders: [
          contender("holdfast", "holdfast.ts", "round-trip"),
          contender("bare fork, json", "bare-fork.ts", "round-trip-json"),
          contender("bare fork, advanced", "bare-fork.ts", "round-trip-advanced"),
          contender("piscina", "piscina.ts", "round-trip"),
          contender("multiprocessing.Pool.apply", "python-pool.py", "round-trip")
        ],
        aims: [{ against: "bare fork, json", factor: 1.2 }]
      }
    ]
  }
}
