/** Flat memory: how far the parent grows over ten million generated inputs of which nothing is kept. */
import { fresh } from "../runner/entrants.ts"
import type { Comparison, Contender, Measurement } from "../runner/Measurement.ts"

const MODULUS = 65_521

/** The sum of the squares of 0 … count - 1: the order of what comes unordered is nobody's promise. */
const sumOfSquares = (count: number): number => {
  let sum = 0
  for (let n = 0; n < count; n++) sum = (sum + ((n * n) % MODULUS)) % MODULUS
  return sum
}

const MB = 1024 * 1024

export const flat: Measurement = {
  name: "flat",
  title: "growth of the parent's memory over 10,000,000 generated inputs",
  rounds: { full: 3, quick: 1 },
  comparisons: ({ quick }) => {
    const many = quick ? 500_000 : 10_000_000
    // At some 50,000 a second, more would take minutes.
    const few = quick ? 50_000 : 250_000
    const digest = sumOfSquares(many)
    const contender = (name: string, what: string, count = many, file = "flat.mjs"): Contender =>
      fresh(name, file, [what, count], {
        digest: count === many ? digest : sumOfSquares(count),
        read: ({ measured }) => measured / MB
      })
    const growth = (title: string, contenders: Comparison["contenders"]): Comparison => ({
      title: `${title}, ${many} inputs`,
      unit: "MB",
      better: "less",
      contenders,
      aims: [{ against: undefined, limit: 50 }]
    })
    return [
      growth("ordered", [
        contender("holdfast", "ordered"),
        contender("no pool: a generator read alone", "nothing"),
        contender(`piscina, 1,024 in flight, ${few} inputs`, "piscina", few),
        contender("multiprocessing.Pool.imap", "ordered", many, "flat.py")
      ]),
      growth("unordered", [
        contender("holdfast", "unordered"),
        contender("multiprocessing.Pool.imap_unordered", "unordered", many, "flat.py")
      ]),
      growth("ordered, the first job takes 300 ms", [contender("holdfast", "slow-first")])
    ]
  }
}
