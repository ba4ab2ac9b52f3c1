/**
 * "If one process dies it hangs the entire pool and you won't know why." Here each job ends in another way, `ways.ts`
 * has them all: every one is told of, and the pool goes on.
 */
import { createPool } from "holdfast"
import { end, type Way, ways } from "./ways.ts"

if (import.meta.main) {
  await using pool = await createPool({ workers: 2, timeout: "5 seconds", maxMemory: "400 MiB", logger: false })
  const names = Object.keys(ways) as Array<Way>
  const outcomes = await pool.settle(end, names, { chunkSize: 1 })
  for (const [i, outcome] of outcomes.entries()) {
    console.log(`a job that ${names[i]}`)
    console.log(
      outcome._tag === "Succeeded" ? `  ${outcome.value}` : `  ${outcome.error._tag}: ${outcome.error.message}`
    )
  }
  console.log(`afterwards: ${await pool.run(end, "ends well")}`)
}
