/** A function of several inputs, two of them bound, and its parallel version, called like any function. */
import { createPool, Task } from "holdfast"

export const line = Task.spread(import.meta, "line", (slope: number, offset: number, x: number) => slope * x + offset)

if (import.meta.main) {
  await using pool = await createPool()
  const parallelLine = pool.lift(line.with(2).with(1))
  console.log(await parallelLine([[0], [1], [2], [3]]))

  const lines = await pool.map(line, [
    [1, 0, 5],
    [10, 1, 5]
  ])
  console.log(lines)
}
