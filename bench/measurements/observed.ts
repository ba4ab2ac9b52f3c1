/** What it costs to be watched while nothing fails: reports kept and the events read, or not; and to have a timeout, too. */
import { digestOfSquares } from "../runner/digest.ts"
import { lasting, perSecond } from "../runner/entrants.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"

export const observed: Measurement = {
  name: "observed",
  title: "numbers per second with reports and events read, with a timeout too, and without any",
  // A round spreads by a tenth, and what is looked for is a fiftieth.
  rounds: { full: 101, quick: 5 },
  comparisons: ({ quick }) => {
    const count = quick ? 250_000 : 1_000_000
    const contender = (name: string, workload: string): Contender =>
      lasting(name, "holdfast.ts", [workload, count], { digest: digestOfSquares(count), read: perSecond(count) })
    return [
      {
        title: `numbers, ${count} in a round`,
        unit: "items/s",
        better: "more",
        contenders: [
          contender("observed", "map-observed"),
          contender("unobserved", "map-unobserved"),
          contender("observed, each job with a timeout", "map-limited")
        ],
        aims: [{ against: "unobserved", factor: 0.98 }]
      }
    ]
  }
}
