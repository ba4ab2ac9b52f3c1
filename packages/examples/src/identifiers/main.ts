/** The identifiers that are used most in a folder of JavaScript and TypeScript: node main.ts FOLDER [HOW MANY] */
import { opendir } from "node:fs/promises"
import { join } from "node:path"
import { Pipeline } from "holdfast"
import { count, identifiers, read } from "./tasks.ts"

async function* sourcesIn(folder: string): AsyncGenerator<string> {
  for await (const entry of await opendir(folder, { recursive: true }))
    if (entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name)) yield join(entry.parentPath, entry.name)
}

const [folder = ".", most = "10"] = process.argv.slice(2)

const pipeline = Pipeline.make("identifiers")
  .stage("read", read, {
    concurrency: 8,
    ordered: false,
    deadLetter: ({ input, error }) => console.error(`left out ${input}: ${error.message.split("\n")[0]}`)
  })
  .filter("not empty", (source) => source.trim() !== "")
  .stage("identifiers", identifiers, { retry: 1, ordered: false })
  .batch("25 files", 25)
  .stage("count", count, { ordered: false })

const totals = new Map<string, number>()
for await (const counts of pipeline.stream(sourcesIn(folder), { signals: "drain" }))
  for (const [word, times] of counts) totals.set(word, (totals.get(word) ?? 0) + times)

const ranked = [...totals].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
for (const [word, times] of ranked.slice(0, Number(most))) console.log(`${String(times).padStart(6)}  ${word}`)
console.log(`\n${pipeline.report()}`)
