/** Lets a worker's heap run full, and prints what V8 and Node left of it: `overflow [REPORTS]`. */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { createPool, type FailureReport, WorkerCrashed } from "holdfast"
import { indexAll } from "./index-of.ts"

await using pool = await createPool({
  workers: 1,
  logger: false,
  execArgv: ["--max-old-space-size=64"],
  reports: process.argv[2] ?? "holdfast-reports",
  evidence: { diagnosticReport: true }
})
const error = await pool.run(indexAll, 1e9).catch((thrown: unknown) => thrown)
if (!(error instanceof WorkerCrashed)) throw error
console.log(error.message)
const path = error.job.attempts[0]?.report ?? ""
// A report is written soon after its failure; a pool that has closed has written all.
await pool.close()
const report = JSON.parse(readFileSync(path, "utf8")) as FailureReport
console.log(report.lastWords.filter((line) => line.startsWith("FATAL")))
const own = JSON.parse(readFileSync(join(dirname(path), report.files.diagnosticReport ?? ""), "utf8"))
console.log(own.header.event)
