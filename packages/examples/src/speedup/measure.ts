/** Sums of numbers that are held as rows: by the program alone, and by a pool of so many workers, timed. */
import { createPool, SharedArray, Task } from "holdfast"

/** Numbers in a row. */
const WIDTH = 1_000
/** Parts that each worker is given: more than one, so that none waits long for the slowest. */
const PARTS = 4
const REPEATS = 3

export interface Rows {
  readonly numbers: Float64Array
  readonly from: number
  readonly to: number
}

/** Adds up rows `from` to `to`, one after another, and then their sums. */
const addUp = ({ from, numbers, to }: Rows): number => {
  let sum = 0
  for (let row = from; row < to; row++) {
    let inRow = 0
    const end = Math.min(numbers.length, (row + 1) * WIDTH)
    for (let at = row * WIDTH; at < end; at++) inRow += numbers[at] ?? 0
    sum += inRow
  }
  return sum
}

export const sumRows = Task.fn(import.meta, "sumRows", addUp)

/** How long it took, serially and by each number of workers: the best of three, in milliseconds. */
export interface Measured {
  readonly numbers: number
  readonly serialMs: number
  readonly parallelMs: ReadonlyArray<number>
}

const bestOf = async (sum: () => number | Promise<number>, expected: number): Promise<number> => {
  let best = Number.POSITIVE_INFINITY
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const start = performance.now()
    const result = await sum()
    best = Math.min(best, performance.now() - start)
    if (result !== expected) throw new Error(`the sum is ${result}, and should be ${expected}`)
  }
  return best
}

const rowsOf = (count: number): number => Math.ceil(count / WIDTH)

/** What each part of the first `count` numbers is: some rows of them. */
const partsOf = (all: Float64Array, count: number, workers: number): Array<Rows> => {
  const numbers = all.subarray(0, count)
  const rows = rowsOf(count)
  const parts = Math.min(rows, workers * PARTS)
  return Array.from({ length: parts }, (_, part) => ({
    numbers,
    from: Math.floor((part * rows) / parts),
    to: Math.floor(((part + 1) * rows) / parts)
  }))
}

/**
 * Sums the first 1, 10, 100 … numbers of 0 to 9 over and over, serially and with 1 to `mostWorkers` workers. The workers
 * see them in shared memory: no row is copied.
 */
export const measure = async (exponent: number, mostWorkers: number): Promise<Array<Measured>> => {
  const all = SharedArray.make(Float64Array, 10 ** exponent)
  for (let at = 0; at < all.length; at++) all[at] = at % 10
  const counts = Array.from({ length: exponent + 1 }, (_, power) => 10 ** power)
  const serially = (count: number): number => addUp({ numbers: all.subarray(0, count), from: 0, to: rowsOf(count) })
  const sums = counts.map(serially)
  const serialMs: Array<number> = []
  for (const [at, count] of counts.entries()) serialMs.push(await bestOf(() => serially(count), sums[at] ?? 0))
  const byWorkers: Array<Array<number>> = []
  for (let workers = 1; workers <= mostWorkers; workers++) {
    await using pool = await createPool({ workers })
    // Workers that are still starting are not what is measured here.
    await pool.broadcast(sumRows, { numbers: all, from: 0, to: 0 })
    const times: Array<number> = []
    for (const [at, count] of counts.entries()) {
      const parts = partsOf(all, count, workers)
      const sum = async (): Promise<number> => (await pool.map(sumRows, parts)).reduce((a, b) => a + b, 0)
      times.push(await bestOf(sum, sums[at] ?? 0))
    }
    byWorkers.push(times)
  }
  SharedArray.release(all)
  return counts.map((numbers, at) => ({
    numbers,
    serialMs: serialMs[at] ?? 0,
    parallelMs: byWorkers.map((times) => times[at] ?? 0)
  }))
}
