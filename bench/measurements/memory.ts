/** Memory of an idle worker: proportional set size, so that pages shared with other processes count in part. */
import { digestOf } from "../runner/digest.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"

const child = (name: string, what: string): Contender => ({
  name,
  runtime: "node",
  file: "fresh/memory.mjs",
  args: [what],
  fresh: true,
  digest: digestOf([49]),
  read: ({ measured }) => measured / 1024 / 1024
})

const BARE = "bare node"

export const memory: Measurement = {
  name: "memory",
  title: "memory of an idle worker (PSS), its watchdog included",
  rounds: { full: 3, quick: 1 },
  comparisons: () => [
    {
      title: "one worker",
      unit: "MB",
      better: "less",
      contenders: [
        child("holdfast, after one job", "job"),
        child("holdfast, after 100,000 numbers", "map"),
        child(BARE, "bare")
      ],
      aims: [{ against: BARE, factor: 1.25 }]
    }
  ]
}
