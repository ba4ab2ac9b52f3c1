/** Ours: the build of `packages/`, as installed, with every option at its default but the number of workers. */
import { createPool } from "holdfast"
import { contend, numbers, type Prepared } from "./contender.ts"

// By its address: TypeScript knows the types of its twin.
const { square } = (await import(
  new URL("../tasks/square.mjs", import.meta.url).href
)) as typeof import("../tasks/square-typed.ts")

type Pool = Awaited<ReturnType<typeof createPool>>

const prepared = async (note: string, work: (pool: Pool) => () => Promise<ArrayLike<number>>): Promise<Prepared> => {
  const pool = await createPool({ workers: 2 })
  return { round: work(pool), end: () => pool.close(), note }
}

await contend({
  map: (count) => {
    const inputs = numbers(count)
    return prepared('processes, chunkSize "auto"', (pool) => () => pool.map(square, inputs))
  },
  "map-1": (count) => {
    const inputs = numbers(count)
    return prepared("processes, chunkSize 1", (pool) => () => pool.map(square, inputs, { chunkSize: 1 }))
  },
  submit: (count) => {
    const inputs = numbers(count)
    return prepared("processes, all at once", (pool) => () => {
      const handles = inputs.map((n) => pool.submit(square, n))
      return Promise.all(handles.map((handle) => handle.result()))
    })
  },
  "round-trip": (count) =>
    prepared("processes", (pool) => async () => {
      const results: Array<number> = []
      for (let n = 0; n < count; n++) results.push(await pool.run(square, n))
      return results
    })
})
