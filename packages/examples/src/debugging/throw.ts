/** Has three lines read, one of which can't be, and prints all that is known of that failure. */
import { createPool, explain } from "holdfast"
import { parse } from "./catalogue.ts"

await using pool = await createPool({ workers: 1, logger: false })
const readAll = (lines: ReadonlyArray<string>) => pool.map(parse, lines)
try {
  await readAll(["tea,3.50", "cake,4.50", "jam,abc"])
} catch (error) {
  console.log(explain(error))
}
