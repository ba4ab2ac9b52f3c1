/**
 * Chaos for as long as one likes: `npm run chaos -- --minutes 20`. Prints what is wrong with the seed that shows it
 * again, and at the end a summary.
 */
import { parseArgs } from "node:util"
import { type ChaosProgram, programOf } from "./program.ts"
import { runProgram } from "./run.ts"

const USAGE = `Runs random programs against the pool and looks for what it has promised.

  npm run chaos -- --minutes 20              for that long, on processes and threads in turn
  npm run chaos -- --isolation process       on one of them
  npm run chaos -- --isolation process --seed 4711 --count 1    the program of that seed again
`

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seed: { type: "string" },
    count: { type: "string" },
    isolation: { type: "string" },
    help: { type: "boolean" }
  }
})
if (values.help === true) {
  console.log(USAGE)
  process.exit(0)
}
const numberOf = (name: "minutes" | "seed" | "count", fallback: number): number => {
  const given = values[name]
  if (given === undefined) return fallback
  const number = Number(given)
  if (Number.isFinite(number) && number >= 0) return number
  console.error(`--${name}: expected a number, received ${JSON.stringify(given)}`)
  process.exit(2)
}
const isolations = ["process", "thread"] as const
const wanted = isolations.filter((each) => values.isolation === undefined || values.isolation === each)
if (wanted.length === 0) {
  console.error(`--isolation: expected process or thread, received ${JSON.stringify(values.isolation)}`)
  process.exit(2)
}
const count = numberOf("count", Number.POSITIVE_INFINITY)
const minutes = numberOf("minutes", count === Number.POSITIVE_INFINITY ? 1 : Number.POSITIVE_INFINITY)
const firstSeed = numberOf("seed", Math.trunc(Math.random() * 1e9))
const started = performance.now()

let programs = 0
let jobs = 0
let hangs = 0
let wrong = 0
let lost = 0
let duplicated = 0
let interrupted = false
const faults = new Map<string, number>()
const orphans: Array<string> = []
process.once("SIGINT", () => {
  interrupted = true
})
const minutesRun = (): number => (performance.now() - started) / 60_000
const rss = (): number => Math.round(process.memoryUsage.rss() / 2 ** 20)
let firstRss = 0
let lastTold = started
while (!interrupted && programs < count && minutesRun() < minutes) {
  const seed = firstSeed + programs
  const isolation = wanted[programs % wanted.length] as ChaosProgram["isolation"]
  const result = await runProgram(programOf(isolation, seed))
  programs++
  jobs += result.jobs
  hangs += result.hangs
  lost += result.lost
  duplicated += result.duplicated
  if (programs === 20) firstRss = rss()
  for (const [tag, times] of result.faults) faults.set(tag, (faults.get(tag) ?? 0) + times)
  if (result.objections.length > 0) {
    wrong++
    orphans.push(...result.objections.filter((each) => each.includes("Left behind")))
    console.error(`seed ${seed}, ${isolation}: npm run chaos -- --isolation ${isolation} --seed ${seed} --count 1`)
    for (const objection of result.objections) console.error(`  ${objection}`)
  }
  if (performance.now() - lastTold > 30_000) {
    lastTold = performance.now()
    console.error(`${minutesRun().toFixed(1)} min: ${programs} programs, ${jobs} jobs, ${wrong} wrong, ${rss()} MB`)
  }
}
console.log(
  [
    `${programs} programs from seed ${firstSeed} on, in ${minutesRun().toFixed(1)} minutes, on ${wanted.join(" and ")}`,
    `jobs ${jobs}`,
    `faults ${[...faults].map(([tag, times]) => `${tag} ${times}`).join(", ") || "none"}`,
    `hangs ${hangs}, lost ${lost}, duplicated ${duplicated}, left behind ${orphans.length}; programs with something wrong ${wrong}`,
    `resident memory of the parent ${firstRss} MB after 20 programs, ${rss()} MB at the end`
  ].join("\n")
)
process.exitCode = wrong > 0 ? 1 : interrupted ? 130 : 0
