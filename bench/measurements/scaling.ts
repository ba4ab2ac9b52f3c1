/** Whether a job's cost stays what it is: with more workers, and with more jobs that wait. Ours beside itself. */
import { digestOf } from "../runner/digest.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"

const contender = (
  name: string,
  workload: string,
  count: number,
  results: ReadonlyArray<number>,
  file = "contenders/holdfast-work.ts"
): Contender => ({
  name,
  runtime: "node",
  file,
  args: [workload, String(count)],
  fresh: false,
  digest: digestOf(results),
  read: ({ measured, count: jobs }) => (measured * 1000) / jobs
})

const workers = (count: number): Contender =>
  contender(
    `${count} ${count === 1 ? "worker" : "workers"}`,
    "waiting",
    count,
    new Array(400 * Math.min(16, count)).fill(5)
  )

/** Squares, 100,000 in all, or one batch of more. */
const squares = (count: number): Array<number> => {
  const batch = Array.from({ length: count }, (_, n) => n * n)
  return Array.from({ length: Math.max(1, Math.ceil(100_000 / count)) }, () => batch).flat()
}

const queued = (count: number): Contender =>
  contender(`${count.toLocaleString("en")} queued`, "queued", count, squares(count))

/** What as many promises cost by themselves. */
const promises = (count: number): Contender =>
  contender(`${count.toLocaleString("en")} bare promises`, "promises", count, squares(count), "contenders/bare-work.ts")

export const scaling: Measurement = {
  name: "scaling",
  title: "overhead of a job by the number of workers and the length of the queue",
  rounds: { full: 2, quick: 1 },
  comparisons: ({ quick }) => [
    {
      title: "the parent's own processor time for a job of 5 ms, by workers",
      unit: "µs",
      better: "less",
      contenders: quick
        ? [workers(16), workers(8), workers(1)]
        : [workers(64), workers(16), workers(8), workers(4), workers(2), workers(1)],
      aims: [
        { against: "8 workers", factor: 1.2 },
        { against: "1 worker", factor: 1.2 }
      ]
    },
    {
      title: "time of one of the jobs submitted at once, by their number, on 2 workers",
      unit: "µs",
      better: "less",
      contenders: quick
        ? [queued(100_000), queued(1000)]
        : [
            queued(1_000_000),
            queued(100_000),
            queued(10_000),
            queued(1000),
            queued(100),
            promises(1_000_000),
            promises(10_000)
          ],
      aims: [{ against: quick ? "1,000 queued" : "10,000 queued", factor: 1.2 }]
    }
  ]
}
