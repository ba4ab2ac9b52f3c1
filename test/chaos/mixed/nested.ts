/** What a job does that makes a pool of its own, in its worker: a file of its own, for the others need no pool. */
import { currentTask } from "@holdfast/core"
import { createPool, type PromisePool } from "holdfast"
import { plusOne } from "./plain.ts"

const OPTIONS = { workers: 2, isolation: "thread", allowNested: true, logger: false, killGrace: 100 } as const

const INPUTS = [1, 2, 3, 4, 5]

const summed = async (pool: PromisePool): Promise<number> => {
  const { signal } = currentTask()
  const values = await pool.map(plusOne, INPUTS, { signal, chunkSize: 2 })
  return values.reduce((sum, value) => sum + value, 0)
}

/** Makes one, and closes it whatever becomes of the job. */
export const nests = async (ms: number): Promise<number> => {
  await using pool = await createPool({ ...OPTIONS, isolation: ms % 3 === 0 ? "process" : "thread" })
  return await summed(pool)
}

let kept: Promise<PromisePool> | undefined

/** Uses one that its worker keeps, and never closes: it ends with its worker. */
export const nestsOn = async (ms: number): Promise<number> => {
  kept ??= createPool({ ...OPTIONS, isolation: ms % 3 === 0 ? "process" : "thread" })
  return await summed(await kept)
}
