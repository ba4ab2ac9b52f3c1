/**
 * How many numbers from 2 to a limit have one distinct prime factor, how many have two, and so on:
 * `num-factors.ts s|m|i [limit]`. The first argument only chooses where the same program runs.
 */
import { createPool, Task } from "holdfast"

export const countFactors = Task.fn(import.meta, "countFactors", (number: number) => {
  let rest = number
  let distinct = 0
  for (let divisor = 2; divisor * divisor <= rest; divisor++) {
    if (rest % divisor !== 0) continue
    distinct++
    while (rest % divisor === 0) rest /= divisor
  }
  return rest > 1 ? distinct + 1 : distinct
})

const histogram = async (isolation: "inline" | "process", limit: number): Promise<Record<number, number>> => {
  await using pool = await createPool(isolation === "inline" ? { isolation, workers: 1 } : { isolation })
  const numbers = Array.from({ length: limit - 1 }, (_, i) => i + 2)
  const counts: Record<number, number> = {}
  for (const factors of await pool.map(countFactors, numbers)) counts[factors] = (counts[factors] ?? 0) + 1
  return counts
}

if (import.meta.main) {
  const [mode, limit = "500000"] = process.argv.slice(2)
  if (mode === "i") {
    console.error("i: a cluster of machines is not there yet; s (serial) and m (processes) are")
    process.exitCode = 2
  } else if ((mode !== "s" && mode !== "m") || !/^\d+$/.test(limit) || Number(limit) < 2) {
    console.error("usage: num-factors.ts s|m|i [limit], a limit of 2 or more")
    process.exitCode = 2
  } else {
    console.log(await histogram(mode === "s" ? "inline" : "process", Number(limit)))
  }
}
