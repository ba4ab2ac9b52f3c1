/** The other pools of Node at the work that needs more than one number: `peers.ts WORKLOAD COUNT POOL`. */
import { countsOf, documents, objects, rangesOf } from "../runner/work.ts"
import { contend, type Prepared } from "./contender.ts"
import { largeArray, trips } from "./large.ts"
import { type OpenPool, pools } from "./pools.ts"
import { recovery } from "./recovery.ts"

const IN_FLIGHT = 1024
const [, , , , name = ""] = process.argv

const open = (workers: number): OpenPool => {
  const pool = pools[name]?.(workers)
  if (pool === undefined) throw new Error(`expected one of ${Object.keys(pools)}, received ${name || "nothing"}`)
  return pool
}

const prepared = (note: string, work: (pool: OpenPool) => Prepared["round"]): Prepared => {
  const pool = open(2)
  return { round: work(pool), end: async () => void (await pool.close()), note }
}

/** Each a message of its own, so many under way at once: what comes of each has a sum. */
const inFlight = (inputs: ReadonlyArray<object>, job: "turn" | "settle"): Prepared =>
  prepared(`${IN_FLIGHT} in flight`, (pool) => async () => {
    const results = new Array<number>(inputs.length)
    let next = 0
    const feed = async (): Promise<void> => {
      while (next < inputs.length) {
        const at = next++
        results[at] = ((await pool.run(job, inputs[at])) as { readonly sum: number }).sum
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, feed))
    return results
  })

await contend({
  objects: async (count) => inFlight(objects(count), "turn"),
  documents: async (count) => inFlight(documents(count), "settle"),
  ranges: async (count) => {
    const ranges = rangesOf(count)
    return prepared(`${ranges.length} ranges`, (pool) => async () => {
      const counts = await Promise.all(ranges.map((range) => pool.run("countInRange", range)))
      return countsOf(counts as Array<Array<number>>)
    })
  },
  large: async (count) => prepared("copied", (pool) => trips(count, (array) => pool.run("touchEnds", array))),
  moved: async (count) =>
    prepared("handed over, not copied", (pool) =>
      trips(count, (array) => pool.move?.("touchMoved", array) ?? Promise.reject(new Error(`${name} can't`)))
    ),
  shared: async (count) =>
    prepared("a SharedArrayBuffer", (pool) => {
      const array = largeArray(new SharedArrayBuffer(8 * 2 ** 20))
      return trips(count, (same) => pool.run("touchShared", same), array)
    }),
  recovery: async () => recovery(() => open(1))
})
