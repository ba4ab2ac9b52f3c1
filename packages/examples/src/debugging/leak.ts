/** Has a leak ended by a limit, then kept in bounds by new workers: `leak [REPORTS]`. */
import { createPool, WorkerCrashed } from "holdfast"
import { shrink } from "./thumbnails.ts"

const ids = Array.from({ length: 12 }, (_, id) => id)
await using leaking = await createPool({
  workers: 1,
  logger: false,
  maxMemory: "400 MB",
  reports: process.argv[2] ?? "holdfast-reports"
})
const outcomes = await leaking.settle(shrink, ids)
const failed = outcomes.find((outcome) => outcome._tag === "Failed")
if (failed?._tag !== "Failed" || !(failed.error instanceof WorkerCrashed)) throw new Error("no leak was seen")
console.log(failed.error.message)

await using renewed = await createPool({ workers: 1, logger: false, maxMemory: "400 MB", maxJobsPerWorker: 5 })
console.log(Math.max(...(await renewed.map(shrink, ids))))
