/**
 * `npm run bench`: builds, runs the measurements asked for one after another, prints a table of each and keeps JSON and a
 * chart in `results/`, and the numbers of a quiet machine in `docs/benchmarks.md`. Wires the parts and decides nothing about them; how to read the numbers is in `docs/benchmarks.md`.
 *
 * Exits with 1 if a contender failed or gave wrong results, with 2 if it was misused. Slow is no failure.
 */
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import * as faultsBeside from "./faults/run.ts"
import * as hangStacks from "./hangs/run.ts"
import { measurements } from "./measurements/index.ts"
import { build } from "./runner/build.ts"
import { type Asked, Misused, readCommand, usage } from "./runner/command.ts"
import type { Compared, Measurement } from "./runner/Measurement.ts"
import { describeMachine } from "./runner/machine.ts"
import { keepOnPage } from "./runner/page.ts"
import { isQuiet, partInUse } from "./runner/quiet.ts"
import { keep, type MeasurementRecord, recordOf } from "./runner/results.ts"
import { compare } from "./runner/rounds.ts"
import { machineLine, tableOf } from "./runner/table.ts"

const run = async (measurement: Measurement, asked: Asked, tell: (text: string) => void): Promise<Array<Compared>> => {
  const rounds = asked.rounds ?? measurement.rounds[asked.quick ? "quick" : "full"]
  tell(`\n${measurement.name}: ${measurement.title}; ${rounds} rounds`)
  const results: Array<Compared> = []
  for (const comparison of measurement.comparisons(asked)) {
    const compared = await compare(comparison, rounds)
    tell(`\n${tableOf(compared)}`)
    results.push(compared)
  }
  if (asked.detail && measurement.detail !== undefined) tell(`\n${await measurement.detail()}`)
  return results
}

/** These take minutes and compare with nobody's numbers: they are played only when they are named. */
const known = [...measurements, faultsBeside, hangStacks]

const main = async (): Promise<void> => {
  const asked = readCommand(
    process.argv.slice(2),
    known.map(({ name }) => name)
  )
  if (asked.help) {
    console.log(usage(known))
    return
  }
  const tell = asked.json ? () => undefined : (text: string) => console.log(text)
  if (asked.build) build()
  const machine = describeMachine()
  tell(machineLine(machine))
  const records: Array<MeasurementRecord> = []
  for (const measurement of measurements) {
    if (asked.names.length > 0 && !asked.names.includes(measurement.name)) continue
    const before = await partInUse()
    const results = await run(measurement, asked, tell)
    const quiet = isQuiet(before) && isQuiet(await partInUse())
    const record = recordOf(measurement, results, { machine, quick: asked.quick, quiet })
    records.push(record)
    tell(`kept in ${relative(process.cwd(), fileURLToPath(keep(record)))}, and as a chart beside it`)
    const unchanged = keepOnPage(record)
    tell(unchanged === undefined ? "written to docs/benchmarks.md" : `docs/benchmarks.md stays as it is: ${unchanged}`)
    if (results.some(({ rows }) => rows.some(({ failure }) => failure !== undefined && !failure.absent)))
      process.exitCode = 1
  }
  if (asked.names.includes(faultsBeside.name) && !(await faultsBeside.run(machine, tell))) process.exitCode = 1
  if (asked.names.includes(hangStacks.name) && !(await hangStacks.run(machine, tell, asked.rounds)))
    process.exitCode = 1
  if (asked.json) console.log(JSON.stringify(records, undefined, 2))
}

try {
  await main()
} catch (error) {
  if (error instanceof Misused) {
    console.error(`${error.message}\n\n${usage(known)}`)
    process.exitCode = 2
  } else {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
