/**
 * Piscina on two threads. It runs items one by one, so many of them are kept in flight: 1,024, of which 64 may wait
 * at a thread, was the quickest of the settings tried (1 to all in flight; 1, 8 and 64 at a thread; its three
 * `atomics` modes), three to four times its defaults.
 */
import { Piscina } from "piscina"
import { contend, numbers, type Prepared } from "./contender.ts"

const IN_FLIGHT = 1024

const open = (): Piscina<number, number> =>
  new Piscina({
    filename: new URL("../tasks/plain.mjs", import.meta.url).href,
    name: "squareOf",
    minThreads: 2,
    maxThreads: 2,
    concurrentTasksPerWorker: 64,
    atomics: "sync",
    recordTiming: false
  })

const prepared = async (
  note: string,
  work: (pool: Piscina<number, number>) => () => Promise<Array<number>>
): Promise<Prepared> => {
  const pool = open()
  return { round: work(pool), end: () => pool.close(), note }
}

await contend({
  "in-flight": (count) =>
    prepared(`threads, ${IN_FLIGHT} in flight`, (pool) => async () => {
      const results = new Array<number>(count)
      let next = 0
      const feed = async (): Promise<void> => {
        while (next < count) {
          const n = next++
          results[n] = await pool.run(n)
        }
      }
      await Promise.all(Array.from({ length: IN_FLIGHT }, feed))
      return results
    }),
  submit: (count) => {
    const inputs = numbers(count)
    return prepared("threads, all at once", (pool) => () => Promise.all(inputs.map((n) => pool.run(n))))
  },
  "round-trip": (count) =>
    prepared("threads", (pool) => async () => {
      const results: Array<number> = []
      for (let n = 0; n < count; n++) results.push(await pool.run(n))
      return results
    })
})
