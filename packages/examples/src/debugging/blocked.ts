/** Runs a job that loops without an end, and prints where and with which values. */
import { createPool, explain } from "holdfast"
import { prepare } from "./orders.ts"

await using pool = await createPool({ workers: 1, logger: false })
try {
  await pool.run(prepare, 47, { timeout: "1 second" })
} catch (error) {
  console.log(explain(error))
}
