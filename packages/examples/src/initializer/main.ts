/** Something heavy that each worker loads once, and the parent never: `initializer [COUNT] [WORKERS]`. */
import { createPool, currentTask, Task } from "holdfast"
import { countOf } from "../count.ts"

export const model = Task.context(import.meta, "model", async () => {
  console.log(`loading in ${process.pid}`)
  return { value: { pid: process.pid, weights: [1, 2, 3] }, dispose: () => {} }
})

export const score = Task.fn(import.meta, "score", (x: number) => {
  const { pid, weights } = currentTask().context(model)
  return { pid, score: weights.reduce((sum, weight) => sum + weight * x, 0) }
})

if (import.meta.main) {
  const count = countOf(process.argv[2], 8)
  const workers = countOf(process.argv[3], 2, 1)
  await using pool = await createPool({ workers, context: [model] })
  const scores = await pool.map(
    score,
    Array.from({ length: count }, (_, x) => x)
  )
  console.log(scores.map(({ score }) => score))
  console.log("loaded in the parent:", scores.some(({ pid }) => pid === process.pid) ? "yes" : "no")
}
