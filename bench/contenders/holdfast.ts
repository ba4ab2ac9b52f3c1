/** Ours: the build of `packages/`, as installed, with every option at its default but the number of workers where nothing else is said. */
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createPool, type PoolOptions } from "holdfast"
import { contend, numbers, type Prepared } from "./contender.ts"

// By its address: TypeScript knows the types of its twin.
const { square } = (await import(
  new URL("../tasks/square.mjs", import.meta.url).href
)) as typeof import("../tasks/square-typed.ts")

type Pool = Awaited<ReturnType<typeof createPool>>

type Work = (pool: Pool) => () => Promise<ArrayLike<number>>

const preparedWith = async (options: PoolOptions, note: string, work: Work): Promise<Prepared> => {
  const pool = await createPool({ workers: 2, ...options })
  return { round: work(pool), end: () => pool.close(), note }
}

const prepared = (note: string, work: Work): Promise<Prepared> => preparedWith({}, note, work)

const readAll = async (events: AsyncIterable<unknown>): Promise<void> => {
  for await (const _event of events);
}

const observed = (count: number, options: PoolOptions, note: string): Promise<Prepared> => {
  const inputs = numbers(count)
  const reports = join(tmpdir(), `holdfast-bench-${process.pid}`)
  return preparedWith({ reports, ...options }, note, (pool) => {
    void readAll(pool.events)
    return () => pool.map(square, inputs)
  })
}

await contend({
  map: (count) => {
    const inputs = numbers(count)
    return prepared('processes, chunkSize "auto"', (pool) => () => pool.map(square, inputs))
  },
  "map-observed": (count) => observed(count, {}, "processes, reports, its events read"),
  "map-limited": (count) => observed(count, { timeout: "1 minute" }, "the same, and a timeout"),
  "map-unobserved": (count) => {
    const inputs = numbers(count)
    const off = { logger: false, stallWarning: Number.POSITIVE_INFINITY, dumpSignal: "off" } as const
    return preparedWith(off, "processes, nothing listens", (pool) => () => pool.map(square, inputs))
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
