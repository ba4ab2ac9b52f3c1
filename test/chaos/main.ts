/**
 * Chaos for as long as one likes: `npm run chaos -- --minutes 20`. Prints what is wrong with the seed that shows it
 * again, and at the end a summary.
 */
import { parseArgs } from "node:util"
import { besideOf } from "./beside/draw.ts"
import { runBeside } from "./beside/run.ts"
import { runEnds } from "./ends/run.ts"
import { errandsOf } from "./errands/draw.ts"
import { runErrands } from "./errands/run.ts"
import { flowOf } from "./flows/draw.ts"
import { runFlow } from "./flows/run.ts"
import { planOf } from "./mixed/draw.ts"
import { type MixedResult, runMixed } from "./mixed/run.ts"
import { programOf } from "./program.ts"
import { type ChaosResult, runProgram } from "./run.ts"

const USAGE = `Runs random programs against the pool and looks for what it has promised.

  npm run chaos -- --minutes 20              for that long, of all kinds, on processes and threads and inline in turn
  npm run chaos -- --kind mixed              of one kind: faults in plenty; options and calls of all sorts mixed; flows, which
                                             are pipelines of any shape; errands, which are asked of workers and their stores;
                                             ends, which are programs that signals end; beside, where jobs run side by side
  npm run chaos -- --isolation process       on one of them
  npm run chaos -- --kind mixed --isolation process --seed 4711 --count 1    the program of that seed again
`

type Run = (seed: number) => Promise<ChaosResult>

type Isolation = "process" | "thread" | "inline"

const told = async (result: Promise<MixedResult>): Promise<ChaosResult> => ({
  ...(await result),
  ...{ faults: new Map(), hangs: 0, lost: 0, duplicated: 0 }
})

const mixed =
  (isolation: Isolation): Run =>
  (seed) =>
    told(runMixed(planOf(isolation, seed)))

const flows =
  (isolation: Isolation): Run =>
  (seed) =>
    told(runFlow(flowOf(isolation, seed)))

const errands =
  (isolation: Isolation): Run =>
  (seed) =>
    told(runErrands(errandsOf(isolation, seed)))

const beside =
  (isolation: Isolation): Run =>
  (seed) =>
    told(runBeside(besideOf(isolation, seed)))

/** What there is to run. Inline, a fault is the program's own end. */
const CHOICES: ReadonlyArray<{ readonly kind: string; readonly isolation: string; readonly run: Run }> = [
  { kind: "faults", isolation: "process", run: (seed) => runProgram(programOf("process", seed)) },
  { kind: "mixed", isolation: "process", run: mixed("process") },
  { kind: "faults", isolation: "thread", run: (seed) => runProgram(programOf("thread", seed)) },
  { kind: "mixed", isolation: "thread", run: mixed("thread") },
  { kind: "mixed", isolation: "inline", run: mixed("inline") },
  { kind: "flows", isolation: "process", run: flows("process") },
  { kind: "flows", isolation: "thread", run: flows("thread") },
  { kind: "flows", isolation: "inline", run: flows("inline") },
  { kind: "errands", isolation: "process", run: errands("process") },
  { kind: "errands", isolation: "thread", run: errands("thread") },
  { kind: "errands", isolation: "inline", run: errands("inline") },
  { kind: "beside", isolation: "process", run: beside("process") },
  { kind: "beside", isolation: "thread", run: beside("thread") },
  { kind: "beside", isolation: "inline", run: beside("inline") },
  { kind: "ends", isolation: "process", run: (seed) => told(runEnds("process", seed)) },
  { kind: "ends", isolation: "thread", run: (seed) => told(runEnds("thread", seed)) }
]

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seed: { type: "string" },
    count: { type: "string" },
    isolation: { type: "string" },
    kind: { type: "string" },
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
const wanted = CHOICES.filter(
  ({ isolation, kind }) => (values.isolation ?? isolation) === isolation && (values.kind ?? kind) === kind
)
if (wanted.length === 0) {
  const given = JSON.stringify({ kind: values.kind, isolation: values.isolation })
  console.error(
    `expected --kind faults, mixed, flows, errands, beside or ends, --isolation process, thread, or but for faults and ends inline; received ${given}`
  )
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
  const { isolation, kind, run } = wanted[programs % wanted.length] as (typeof CHOICES)[number]
  const result = await run(seed)
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
    const again = `--kind ${kind} --isolation ${isolation} --seed ${seed} --count 1`
    console.error(`seed ${seed}, ${kind} on ${isolation}: npm run chaos -- ${again}`)
    for (const objection of result.objections) console.error(`  ${objection}`)
  }
  if (performance.now() - lastTold > 30_000) {
    lastTold = performance.now()
    console.error(`${minutesRun().toFixed(1)} min: ${programs} programs, ${jobs} jobs, ${wrong} wrong, ${rss()} MB`)
  }
}
console.log(
  [
    `${programs} programs from seed ${firstSeed} on, in ${minutesRun().toFixed(1)} minutes: ${wanted.map(({ isolation, kind }) => `${kind} on ${isolation}`).join(", ")}`,
    `jobs ${jobs}`,
    `faults ${[...faults].map(([tag, times]) => `${tag} ${times}`).join(", ") || "none"}`,
    `hangs ${hangs}, lost ${lost}, duplicated ${duplicated}, left behind ${orphans.length}; programs with something wrong ${wrong}`,
    `resident memory of the parent ${firstRss} MB after 20 programs, ${rss()} MB at the end`
  ].join("\n")
)
process.exitCode = wrong > 0 ? 1 : interrupted ? 130 : 0
