/**
 * `npm run bench -- faults`: plays every fault on every pool, two trials at a time, keeps them as JSON and writes the
 * matrix into `docs/faults.md`. Wires the parts; what a fault is, and what is right, is in `faults.ts`, `verdict.ts`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { type Machine, packageVersion } from "../runner/machine.ts"
import { type Fault, faults } from "./faults.ts"
import { matrixOf } from "./matrix.ts"
import type { Trial } from "./Observation.ts"
import { type Contestant, contestants } from "./pools.ts"
import { skip, tryOut } from "./trial.ts"
import { isByNature, problemsOf, seen } from "./verdict.ts"

export const name = "faults"
export const title = "what becomes of a job, its neighbours and its pool under each fault; writes docs/faults.md"

const AT_ONCE = 2
const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "")
const document = new URL("../../docs/faults.md", import.meta.url)
const results = new URL("../results/faults.json", import.meta.url)

/** Documents and results name no path of the machine. */
const withoutPaths = (trial: Trial): Trial =>
  JSON.parse(
    JSON.stringify(trial)
      .replaceAll(`file://${root}/`, "")
      .replaceAll(`${root}/`, "")
      .replaceAll(process.execPath, "node")
      .replaceAll(tmpdir(), "<tmp>")
  )

/**
 * One that is only slow to close is tried again, since that may be the machine; the record says so. Everything else
 * counts the first time.
 */
const tryOrSkip = async (contestant: Contestant, fault: Fault): Promise<Trial> => {
  if (contestant.isolation === "thread" && fault.processesOnly !== undefined)
    return skip(contestant, fault, fault.processesOnly)
  const first = withoutPaths(await tryOut(contestant, fault))
  const problems = problemsOf(fault, first)
  if (problems.length !== 1 || problems[0] !== "not closed") return first
  return { ...withoutPaths(await tryOut(contestant, fault)), triedAgain: "not closed" }
}

/** All of these trials, so many at a time, in any order. */
export const playAll = async (
  pairs: ReadonlyArray<readonly [Contestant, Fault]>,
  tell: (trial: Trial) => void
): Promise<Array<Trial>> => {
  const trials: Array<Trial> = []
  const waiting = pairs.values()
  const turn = async (): Promise<void> => {
    for (const [contestant, fault] of waiting) {
      const trial = await tryOrSkip(contestant, fault)
      trials.push(trial)
      tell(trial)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, turn))
  return trials
}

/** Why a pool can't take part: its package is not installed, or it refuses to be set up so. */
const refusal = async (contestant: Contestant, [first]: ReadonlyArray<Fault>): Promise<string | undefined> => {
  if (first === undefined) return undefined
  const trial = withoutPaths(await tryOut(contestant, first))
  if (trial.parent.how !== "died" || seen(trial, "job") !== undefined) return undefined
  // The line that names the error, and the first that says more.
  const line = /^(?:\S*Error|InvalidOptions)\b.*(?:\n {2}\w.*)?/m.exec(trial.parent.said)?.[0]
  return line?.replace(/\s+/g, " ") ?? "it could not be set up"
}

const versionsOf = (machine: Machine, played: ReadonlyArray<Contestant>): Record<string, string> => {
  const names = new Set(played.map(({ packageName }) => packageName))
  const ours = machine.versions.holdfast ?? ""
  return Object.fromEntries(Array.from(names, (each) => [each, each === "holdfast" ? ours : packageVersion(each)]))
}

/** Replaces what stands between the document's two marks. */
const write = (generated: string): void => {
  const text = readFileSync(document, "utf8")
  const marks = /(<!-- measured -->\n)[\s\S]*(<!-- end of measured -->)/
  if (!marks.test(text)) throw new Error("docs/faults.md has no <!-- measured --> … <!-- end of measured -->")
  writeFileSync(
    document,
    text.replace(marks, (_, from: string, to: string) => `${from}\n${generated}\n\n${to}`)
  )
}

/** Runs them all; whether ours came out clean, native deaths on threads aside. */
export const run = async (machine: Machine, tell: (text: string) => void): Promise<boolean> => {
  tell(`\n${name}: ${title}`)
  const taking: Array<Contestant> = []
  const absent: Array<string> = []
  for (const contestant of contestants) {
    const reason = await refusal(contestant, faults)
    if (reason === undefined) taking.push(contestant)
    else absent.push(`${contestant.name} (${reason})`)
  }
  for (const each of absent) tell(`  takes no part: ${each}`)
  const pairs = faults.flatMap((fault) => taking.map((contestant) => [contestant, fault] as const))
  const trials = await playAll(pairs, (trial) => {
    const fault = faults.find(({ id }) => id === trial.fault)
    const problems = fault === undefined ? [] : problemsOf(fault, trial)
    tell(
      `  ${trial.fault.padEnd(16)} ${trial.pool.padEnd(22)} ${trial.skipped ?? (problems.join(", ") || "ok")}${trial.triedAgain === undefined ? "" : ", tried again"}`
    )
  })
  const versions = versionsOf(machine, taking)
  const names = taking.map((contestant) => contestant.name)
  trials.sort((a, b) => names.indexOf(a.pool) - names.indexOf(b.pool))
  mkdirSync(new URL(".", results), { recursive: true })
  const record = { measurement: name, title, machine: { ...machine, versions: { ...machine.versions, ...versions } } }
  // A line for each trial, so that a change can be read.
  const lines = trials.map((trial) => `  ${JSON.stringify(trial)}`)
  const head = JSON.stringify(record, undefined, 2).replace(/\n\}$/, "")
  writeFileSync(results, `${head},\n  "trials": [\n${lines.join(",\n")}\n  ]\n}\n`)
  const where = `${machine.date.slice(0, 10)}, Node ${process.versions.node}, ${machine.system}, ${machine.cores} cores. `
  const what = Object.entries(versions)
    .map((pair) => pair.join(" "))
    .join(", ")
  const missing = absent.length > 0 ? ` Not taking part: ${absent.join(", ")}.` : ""
  write(`${where}${what}.${missing}\n\n${matrixOf({ contestants: taking, faults, trials })}`)
  return pairs.every(([contestant, fault]) => {
    if (contestant.packageName !== "holdfast") return true
    const trial = trials.find((each) => each.pool === contestant.name && each.fault === fault.id)
    const problems = trial === undefined ? [] : problemsOf(fault, trial)
    return problems.length === 0 || isByNature(fault, contestant.isolation, problems)
  })
}
