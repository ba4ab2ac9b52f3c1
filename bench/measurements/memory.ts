/** Memory of an idle worker: proportional set size, so that pages shared with other processes count in part. */
import { digestOf } from "../runner/digest.ts"
import { fresh } from "../runner/entrants.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"

const child = (name: string, ...what: ReadonlyArray<string>): Contender =>
  fresh(name, "memory.mjs", what, { digest: digestOf([49]), read: ({ measured }) => measured / 1024 / 1024 })

const BARE = "bare node"

/** A worker's watchdog ends after 10 to 15 seconds without a job, and V8 gives its memory back within another 30. */
const IDLE_SECONDS = "50"

export const memory: Measurement = {
  name: "memory",
  title: "memory of an idle worker (PSS), with its watchdog and without",
  rounds: { full: 3, quick: 1 },
  comparisons: () => [
    {
      title: "one worker",
      unit: "MB",
      better: "less",
      contenders: [
        child(`holdfast, ${IDLE_SECONDS} s after one job`, "job", IDLE_SECONDS),
        child("right after it, with watchdog", "job"),
        child(`${IDLE_SECONDS} s after 100,000 numbers`, "map", IDLE_SECONDS),
        child("right after them, with watchdog", "map"),
        child(BARE, "bare")
      ],
      aims: [{ against: BARE, factor: 1.25 }]
    }
  ]
}
