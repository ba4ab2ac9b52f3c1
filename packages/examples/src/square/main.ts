/** Python's `map`, `imap` and `imap_unordered`, with a count and a progress bar: `square [COUNT]`. */
import { createPool, Task } from "holdfast"
import { countOf } from "../count.ts"

export const square = Task.fn(import.meta, "square", (n: number) => n * n)

if (import.meta.main) {
  const inputs = Array.from({ length: countOf(process.argv[2], 10) }, (_, n) => n)
  await using pool = await createPool()

  let counted = 0
  const onProgress = ({ done }: { readonly done: number }) => {
    counted = done
  }
  console.log("map", await pool.map(square, inputs, { progress: "squares", onProgress }))
  console.log("counted", counted)

  const ordered: Array<number> = []
  for await (const value of pool.stream(square, inputs)) ordered.push(value)
  console.log("stream, ordered", ordered)

  let sum = 0
  for await (const value of pool.stream(square, inputs, { ordered: false })) sum += value
  console.log("stream, as they come: sum", sum)
}
