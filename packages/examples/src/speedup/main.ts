/**
 * When do workers pay? Sums 10^0 to 10^8 numbers, held as rows, serially and with 1 to 4 workers, and writes speed-up
 * and efficiency as a table and as a plot: `speedup [FILE.svg] [EXPONENT] [WORKERS]`. 10^8 numbers take 800 MB.
 */
import { writeFileSync } from "node:fs"
import { countOf } from "../count.ts"
import { measure } from "./measure.ts"
import { plotOf, tableOf } from "./plot.ts"

if (import.meta.main) {
  const [file = "speedup.svg", exponent, workers] = process.argv.slice(2)
  const [highest, mostWorkers] = [countOf(exponent, 8), countOf(workers, 4, 1)]
  if (!file.endsWith(".svg") || highest > 9) {
    console.error("usage: speedup [FILE.svg] [EXPONENT, 9 at most] [WORKERS]")
    process.exitCode = 2
  } else {
    const all = await measure(highest, mostWorkers)
    for (const line of tableOf(all)) console.log(line)
    writeFileSync(file, plotOf(all))
    console.log(`the plot is in ${file}`)
  }
}
