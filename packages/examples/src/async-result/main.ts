/** A result that is fetched later, and what the size of a chunk does to the time: `async-result [COUNT]`. */
import { createPool, Handle, Task } from "holdfast"
import { countOf } from "../count.ts"

export const cube = Task.fn(import.meta, "cube", (n: number) => n ** 3)

if (import.meta.main) {
  const count = countOf(process.argv[2], 10_000)
  await using pool = await createPool({ workers: 2 })

  const handle = pool.submit(cube, 3)
  console.log("at once:", handle.poll())
  console.log("settled:", await handle.wait("30 seconds"), handle.status)
  console.log("result:", await handle.result())
  console.log("all:", await Handle.all(pool.submitAll(cube, [1, 2, 3])))

  const inputs = Array.from({ length: count }, (_, n) => n)
  for (const chunkSize of [1, 10, 100, "auto"] as const) {
    const start = performance.now()
    const cubes = await pool.map(cube, inputs, { chunkSize })
    console.log(`chunks of ${chunkSize}: ${cubes.length} cubes in ${(performance.now() - start).toFixed(0)} ms`)
  }
}
