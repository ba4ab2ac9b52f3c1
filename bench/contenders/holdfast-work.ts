/** Ours at the work that needs more than one number. As in `holdfast.ts`, every option is at its default but where it is named. */
import { createPool, type PoolOptions, SharedArray } from "holdfast"
import { countsOf, documents, objects, work as plain, rangesOf } from "../runner/work.ts"
import type { WorkTasks } from "../tasks/work-types.ts"
import { contend, numbers, type Prepared } from "./contender.ts"
import { trips } from "./large.ts"
import { recovery } from "./recovery.ts"

// By its address: TypeScript knows the types of its twin.
const tasks = (await import(new URL("../tasks/work-tasks.mjs", import.meta.url).href)) as WorkTasks

type Pool = Awaited<ReturnType<typeof createPool>>

const prepared = async (
  note: string,
  work: (pool: Pool) => Prepared["round"],
  options: PoolOptions = {}
): Promise<Prepared> => {
  const pool = await createPool({ workers: 2, ...options })
  return { round: work(pool), end: () => pool.close(), note }
}

const recovering = async (spare: number) => {
  const pool = await createPool({ workers: 1, spare, logger: false })
  return {
    run: (job: "pidOf" | "wait", input: number) => pool.run(job === "wait" ? tasks.wait : tasks.pidOf, input),
    close: () => pool.terminate()
  }
}

await contend({
  objects: (count) => {
    const inputs = objects(count)
    return prepared(
      'map, chunkSize "auto"',
      (pool) => async () => (await pool.map(tasks.turn, inputs)).map(({ sum }) => sum)
    )
  },
  documents: (count) => {
    const inputs = documents(count)
    return prepared(
      'map, chunkSize "auto"',
      (pool) => async () => (await pool.map(tasks.settle, inputs)).map(({ sum }) => sum)
    )
  },
  factors: (count) => {
    const inputs = numbers(count + 1).slice(2)
    return prepared('per number, chunkSize "auto"', (pool) => async () => {
      const counts = new Array<number>(plain.MOST_FACTORS).fill(0)
      for (const factors of await pool.map(tasks.countFactors, inputs)) counts[factors] = (counts[factors] ?? 0) + 1
      return counts
    })
  },
  ranges: (count) => {
    const ranges = rangesOf(count)
    return prepared(
      `${ranges.length} ranges`,
      (pool) => async () => countsOf(await pool.map(tasks.countInRange, ranges))
    )
  },
  large: (count) => prepared("copied", (pool) => trips(count, (array) => pool.run(tasks.touchEnds, array))),
  "large-threads": (count) =>
    prepared("copied, isolation thread", (pool) => trips(count, (array) => pool.run(tasks.touchEnds, array)), {
      isolation: "thread"
    }),
  shared: (count) =>
    prepared("a SharedArray, processes", (pool) => {
      const array = SharedArray.make(Float64Array, 2 ** 20)
      return trips(count, (same) => pool.run(tasks.touchShared, same), array)
    }),
  recovery: () => recovery(() => recovering(0), "no spare"),
  "recovery-spare": () => recovery(() => recovering(1), "a spare"),
  // So many jobs wait at once: 100,000 in all, or one batch of more.
  queued: (count) =>
    prepared("submitted at once, awaited together", (pool) => async () => {
      const results: Array<number> = []
      for (let left = Math.max(1, Math.ceil(100_000 / count)); left > 0; left--) {
        const handles = Array.from({ length: count }, (_, n) => pool.submit(tasks.square, n))
        for (const result of await Promise.all(handles.map((handle) => handle.result()))) results.push(result)
      }
      return results
    }),
  // So many workers, each with jobs that wait 5 ms: the time that the parent itself needs for them.
  waiting: async (count) => {
    const pool = await createPool({ workers: count })
    const inputs = new Array<number>(400 * Math.min(16, count)).fill(5)
    let spent = 0
    return {
      round: async () => {
        const before = process.cpuUsage()
        const results = await pool.map(tasks.wait, inputs, { chunkSize: 1 })
        const { user, system } = process.cpuUsage(before)
        spent = (user + system) / 1000
        return results
      },
      measured: () => spent,
      end: () => pool.close()
    }
  }
})
