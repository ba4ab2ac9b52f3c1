/** Writes the trials as a document: one matrix, then for each fault what each pool did, alike ones together. */
import type { Fault } from "./faults.ts"
import type { Settled, Trial } from "./Observation.ts"
import type { Contestant } from "./pools.ts"
import { isByNature, problemsOf, seen, toldAside } from "./verdict.ts"

export interface Played {
  readonly contestants: ReadonlyArray<Contestant>
  readonly faults: ReadonlyArray<Fault>
  readonly trials: ReadonlyArray<Trial>
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replace(/\s+/g, " ").trim()

/** Aligned as Markdown formatters would have it. */
const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const all = [head, ...rows].map((cells) => cells.map(cell))
  const widths = head.map((_, column) => Math.max(3, ...all.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`
  const [first = [], ...others] = all
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...others.map(line)].join("\n")
}

const verdictOf = (fault: Fault, { isolation }: Contestant, trial: Trial): string => {
  if (trial.skipped !== undefined) return "–"
  const problems = problemsOf(fault, trial)
  if (problems.length === 0) return "ok"
  return `**${problems.join(", ")}**${isByNature(fault, isolation, problems) ? " †" : ""}`
}

const stateWords = (settled: Settled | undefined): string => {
  if (settled === undefined) return "–"
  if (settled.state === "pending") return "no answer"
  return settled.state === "failed" ? "fails" : settled.right ? "works" : "wrong value"
}

const LONGEST_QUOTE = 110

const quoted = (said: string): string => {
  const text = said.replace(/\s+/g, " ").replaceAll("`", "'")
  return `\`${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text}\``
}

const outcomeWords = (fault: Fault, trial: Trial): string => {
  if (trial.skipped !== undefined) return trial.skipped
  const job = seen(trial, "job")?.settled
  if (trial.parent.how === "killed") return "–"
  if (job === undefined) return `the parent died (${trial.parent.signal ?? `exit code ${trial.parent.exitCode}`})`
  if (job.state === "pending") return "no answer in 5 s"
  if (job.state === "failed") return quoted(job.said)
  return fault.wanted === "value" && job.right ? "the value" : `success, with the value ${quoted(job.value)}`
}

const toldWords = (fault: Fault, trial: Trial): string => {
  const told = [...(seen(trial, "job")?.told ?? [])]
  if (fault.aside !== undefined && seen(trial, "job") !== undefined && told.every((each) => !each.told))
    told.push({ what: "the late error, in the log or an event", needed: true, told: toldAside(fault, trial) })
  if (fault.lines !== undefined && seen(trial, "job") !== undefined)
    told.push({ what: `${trial.lines} of ${fault.lines} lines`, needed: true, told: true })
  const has = told.filter((each) => each.told).map(({ what }) => what)
  const lacks = told
    .filter((each) => !each.told)
    .map(({ what }) => (what.startsWith("an ") ? `not ${what}` : `no ${what}`))
  return [...has, ...lacks].join(", ")
}

const othersWords = (trial: Trial): string => {
  const others = seen(trial, "bystanders")?.settled
  if (others === undefined) return trial.parent.how === "died" && trial.starts.bystander ? "lost" : "–"
  const right = others.filter((each) => each.state === "value" && each.right).length
  if (right === others.length) return others.length === 1 ? "done" : `all ${right}`
  const failed = others.filter((each) => each.state === "failed").length
  const pending = others.filter((each) => each.state === "pending").length
  const parts = [`${right} of ${others.length}`]
  const wrong = others.length - right - failed - pending
  if (failed > 0) parts.push(`${failed} failed`)
  if (pending > 0) parts.push(`${pending} without answer`)
  if (wrong > 0) parts.push(`${wrong} with another job's value`)
  return parts.join(", ")
}

const leftWords = (trial: Trial): string => {
  const left: Array<string> = []
  if (trial.orphans > 0) left.push(`${trial.orphans} ${trial.orphans === 1 ? "process" : "processes"}`)
  if (seen(trial, "closed")?.settled.state === "pending") left.push("its close() did not return in 3 s")
  if (trial.parent.how === "died")
    left.push(`parent dead (${trial.parent.signal ?? `exit code ${trial.parent.exitCode}`})`)
  if (trial.parent.how === "overdue") left.push("the parent did not end by itself")
  const again = Object.entries(trial.starts).filter(([label, times]) => label !== "import" && times > 1)
  for (const [label, times] of again) left.push(`"${label}" run ${times} times`)
  const imports = trial.starts.import ?? 0
  if (imports > 1) left.push(`imported ${imports} times`)
  return left.join(", ") || "nothing"
}

const HEAD = ["pool", "verdict", "what the caller gets", "told", "others", "next job", "left behind"]

const detail = ({ contestants, trials }: Played, fault: Fault): string => {
  const rows = new Map<string, Array<string>>()
  for (const contestant of contestants) {
    const trial = trials.find(({ pool, fault: id }) => pool === contestant.name && id === fault.id)
    if (trial === undefined) continue
    const facts = [
      toldWords(fault, trial),
      othersWords(trial),
      stateWords(seen(trial, "next")?.settled),
      leftWords(trial)
    ]
    const verdict = verdictOf(fault, contestant, trial)
    const job = seen(trial, "job")?.settled
    // Of pools that did the same, only the first is quoted.
    const key = [verdict, job?.state ?? outcomeWords(fault, trial), ...facts].join("\n")
    const known = rows.get(key)
    if (known === undefined) rows.set(key, [contestant.name, verdict, outcomeWords(fault, trial), ...facts])
    else known[0] = `${known[0]}; ${contestant.name}`
  }
  const pieces = [`### ${fault.title[0]?.toUpperCase()}${fault.title.slice(1)}`]
  const limited = contestants.filter(({ timeLimit }) => timeLimit !== undefined)
  if (fault.timeoutMs !== undefined) {
    const features = new Map(limited.map(({ packageName, timeLimit }) => [packageName, timeLimit]))
    const without = [
      ...new Set(contestants.filter(({ timeLimit }) => timeLimit === undefined).map((c) => c.packageName))
    ]
    const words = Array.from(features, ([name, feature]) => `${name}: ${feature}`).join("; ")
    pieces.push(
      `Limited by the pool's own feature. ${words}.${without.length > 0 ? ` ${without.join(", ")}: none.` : ""}`
    )
  }
  pieces.push(table(HEAD, [...rows.values()]))
  return pieces.join("\n\n")
}

/** The generated part of the document. */
export const matrixOf = (played: Played): string => {
  const { contestants, faults, trials } = played
  const cells = faults.map((fault) => [
    fault.title,
    ...contestants.map((contestant) => {
      const trial = trials.find(({ pool, fault: id }) => pool === contestant.name && id === fault.id)
      return trial === undefined ? "" : verdictOf(fault, contestant, trial)
    })
  ])
  const clean = contestants.map((_, column) => `${cells.filter((line) => line[column + 1] === "ok").length}`)
  return [
    table(["the job …", ...contestants.map(({ name }) => name)], [...cells, [`ok, of ${faults.length}`, ...clean]]),
    "## What each did",
    ...faults.map((fault) => detail(played, fault))
  ].join("\n\n")
}
