/** Has three invoices read, one of which ends its worker: `crash [REPORTS]`. The others are read all the same. */
import { createPool, WorkerCrashed } from "holdfast"
import { parse } from "./invoices.ts"

await using pool = await createPool({ workers: 1, logger: false, reports: process.argv[2] ?? "holdfast-reports" })
const outcomes = await pool.settle(parse, ["good.pdf", "broken.pdf", "large.pdf"])
for (const outcome of outcomes) {
  if (outcome._tag === "Succeeded" || !(outcome.error instanceof WorkerCrashed)) continue
  const { error } = outcome
  console.log(error.message)
  console.log(error.reason, error.exitCode, error.job.attempts[0]?.report)
}
