/**
 * IPython parallel's engines, as the pool's workers: their ids, one task on all of them, their own stores, 95 numbers
 * divided over them, imports made on all beforehand, and a task called like a function: `engines [ENGINES]`.
 */
import { createPool, currentTask, Task } from "holdfast"
import { countOf } from "../count.ts"

export const greet = Task.fn(import.meta, "greet", (name: string) => `${name}, I am engine ${currentTask().workerId}`)

export const mean = Task.fn(import.meta, "mean", (name: string) => {
  const part = currentTask().local.get(name) as ReadonlyArray<number>
  return part.reduce((sum, n) => sum + n, 0) / part.length
})

/** Uses what was pushed, as IPython's `dview["factor"] = 3` does. */
export const scale = Task.fn(import.meta, "scale", (n: number) => n * (currentTask().local.get("factor") as number))

/** What `preload` has imported is there at once; the program itself never loads it. */
export const countPrimes = Task.fn(import.meta, "countPrimes", async () => (await import("./primes.ts")).primes.length)

if (import.meta.main) {
  const engines = countOf(process.argv[2], 4, 1)
  await using pool = await createPool({ workers: engines, preload: [new URL("./primes.ts", import.meta.url)] })

  console.log(
    "ids",
    pool.workers.map(({ id }) => id)
  )
  console.log("on all", await pool.broadcast(greet, "hello"))

  console.log("primes", await pool.broadcast(countPrimes, undefined))

  await pool.push({ factor: 3 })
  console.log("pulled", await pool.pull("factor"))
  console.log("balanced map", await pool.map(scale, [1, 2, 3, 4, 5]))

  await pool.scatter(
    "part",
    Array.from({ length: 95 }, (_, n) => n)
  )
  const means = await pool.broadcast(mean, "part")
  console.log("means", means)
  console.log("gathered", (await pool.gather("part")).length)

  const parallelScale = pool.lift(scale)
  console.log("as a function", await parallelScale([10, 20]))
}
