/** Numbers per second through `map`: what supervision costs where the work itself costs nothing. */
import { digestOfSquares } from "../runner/digest.ts"
import { lasting, perSecond } from "../runner/entrants.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"

export const throughput: Measurement = {
  name: "throughput",
  title: "numbers per second, through pool.map(square, numbers) on 2 workers",
  rounds: { full: 7, quick: 3 },
  comparisons: ({ quick }) => {
    const many = quick ? 250_000 : 1_000_000
    // Where every number is a message of its own, fewer give the same rate.
    const few = quick ? 10_000 : 30_000
    const contender = (name: string, file: string, workload: string, count: number): Contender =>
      lasting(name, file, [workload, count], { digest: digestOfSquares(count), read: perSecond(count) })
    return [
      {
        title: `numbers, ${many} in a round (${few} where each is a message)`,
        unit: "items/s",
        better: "more",
        contenders: [
          contender("holdfast", "holdfast.ts", "map", many),
          contender("multiprocessing.Pool.map", "python-pool.py", "map", many),
          contender("bare fork, packed chunks", "bare-fork.ts", "chunks-packed", many),
          contender("bare fork, chunks", "bare-fork.ts", "chunks-of-arrays", many),
          contender("bare fork, 1 per message", "bare-fork.ts", "single-json", few),
          contender("piscina", "piscina.ts", "in-flight", few)
        ],
        aims: [
          { against: "multiprocessing.Pool.map", factor: 1 },
          { against: "piscina", factor: 50 }
        ]
      }
    ]
  }
}
