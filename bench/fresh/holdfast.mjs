/**
 * A cold start of ours: from `createPool` to the first result, in a parent that has imported `holdfast` and the task,
 * and done nothing else. Arguments: the task's module below `tasks/`, the number of workers, and `anew` for workers that
 * find nothing of what earlier ones have compiled.
 */
import { createPool } from "holdfast"

const [module, workers, anew] = process.argv.slice(2)
const env = { NODE_DISABLE_COMPILE_CACHE: "1" }
const { square } = await import(new URL(`../tasks/${module}`, import.meta.url).href)

const startedAt = performance.now()
const pool = await createPool({ workers: Number(workers), ...(anew === "anew" ? { env } : {}) })
const result = await pool.run(square, 7)
const measured = performance.now() - startedAt
// Only now: what loads it (and strips its types) would warm the parent up.
const { digestOf } = await import("../runner/digest.ts")
console.log(JSON.stringify({ measured, count: 1, digest: digestOf([result]) }))
await pool.close()
