/** The tables of the HTML page: slowest jobs, failures by cause, calls, workers. Text in, escaped markup out. */
import { spanOf } from "./chart.ts"
import { count, counted, duration, jobsOf, OUTCOMES, percent } from "./figures.ts"
import { escaped } from "./markup.ts"
import type { ReportBar, ReportData, ReportFailures } from "./report-data.ts"

/** Calls and workers in a table at most: of a thousand the timeline tells more. */
const MOST_ROWS = 200

type Column<A> = readonly [head: string, kind: "text" | "number", cell: (row: A) => string]

/** Cells are markup. */
const table = <A>(rows: ReadonlyArray<A>, columns: ReadonlyArray<Column<A>>): string => {
  const heads = columns.map(([head, kind]) => `<th scope="col" class="${kind}">${head}</th>`)
  const body = rows
    .slice(0, MOST_ROWS)
    .map((row) => `<tr>${columns.map(([, kind, cell]) => `<td class="${kind}">${cell(row)}</td>`).join("")}</tr>`)
  const more = rows.length > MOST_ROWS ? `<p class="quiet">… and ${count(rows.length - MOST_ROWS)} more.</p>` : ""
  return `<div class="wide"><table><thead><tr>${heads.join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>${more}`
}

const code = (text: string | undefined): string => (text === undefined ? "" : `<code>${escaped(text)}</code>`)

/** Leads to a bar of the timeline; shown where the page's script runs. */
const link = ({ endedAt, startedAt, worker }: ReportBar, zero: number): string => {
  if (worker === undefined) return ""
  const at = Math.round((startedAt - zero) * 100) / 100
  const name = `Show on the timeline: worker ${worker}, ${duration(endedAt - startedAt)}`
  return `<button hidden data-row="${worker}" data-at="${at}" aria-label="${name}">show</button>`
}

const outcome = ({ failure, outcome: end }: ReportBar): string =>
  `<span class="word-${end}">${OUTCOMES[end].name}</span>${failure === undefined ? "" : ` ${escaped(failure)}`}`

const slowest = (report: ReportData): string => {
  if (report.slowest.length === 0) return ""
  const zero = spanOf(report).from
  return `<h2>Slowest jobs</h2>${table(report.slowest, [
    ["took", "number", ({ busyMs }) => duration(busyMs)],
    ["task", "text", ({ task }) => escaped(task)],
    [
      "job",
      "text",
      (bar) => escaped(bar.count > 1 ? `job ${bar.index}, after ${counted(bar.count - 1, "short one")}` : jobsOf(bar))
    ],
    ["input", "text", ({ inputPreview }) => code(inputPreview)],
    ["attempt", "number", ({ attempt }) => count(attempt)],
    ["worker", "number", ({ worker }) => (worker === undefined ? "" : String(worker))],
    ["outcome", "text", outcome],
    ["", "text", (bar) => link(bar, zero)]
  ])}`
}

const cause = (group: ReportFailures, zero: number): string => {
  const { at, cause: what, count: times, examples, failure, message, retried, tasks } = group
  const kind = what.startsWith(failure) ? "" : `${escaped(failure)}: `
  const place = at === undefined ? "" : `${at.file}:${at.line}:${at.column}`
  const where = what.includes(place) ? "" : ` at ${code(place)}`
  const retries = retried > 0 ? ` <span class="quiet">(${count(retried)} of them tried again)</span>` : ""
  const more = times > examples.length ? `<p class="quiet">The first ${examples.length} of ${count(times)}.</p>` : ""
  const list = table(examples, [
    ["task", "text", ({ task }) => escaped(task)],
    ["job", "text", (bar) => escaped(jobsOf(bar))],
    ["input", "text", ({ inputPreview }) => code(inputPreview)],
    ["attempt", "number", ({ attempt }) => count(attempt)],
    ["took", "number", ({ busyMs, worker }) => (worker === undefined ? "" : duration(busyMs))],
    ["worker", "number", ({ worker }) => (worker === undefined ? "none" : String(worker))],
    ["", "text", (bar) => link(bar, zero)]
  ])
  return `<details><summary><b>${count(times)} ×</b> ${kind}${escaped(what)}${where}${retries} <span class="quiet">in ${escaped(tasks.join(", "))}</span></summary><pre>${escaped(message)}</pre>${list}${more}</details>`
}

const failures = (report: ReportData): string => {
  if (report.failures.length === 0) return ""
  const zero = spanOf(report).from
  return `<h2>Failures by cause</h2>${report.failures.map((group) => cause(group, zero)).join("")}`
}

const calls = ({ calls: all }: ReportData): string => {
  if (all.length === 0) return ""
  const wall = ({ endedAt, startedAt }: (typeof all)[number]): number => endedAt - startedAt
  return `<h2>Calls</h2>${table(all, [
    ["task", "text", ({ task }) => escaped(task)],
    ["kind", "text", ({ call }) => (call === undefined ? "single jobs" : `call ${call}`)],
    ["succeeded", "number", ({ succeeded }) => count(succeeded)],
    ["failed", "number", ({ failed }) => count(failed)],
    ["tried again", "number", ({ retried }) => count(retried)],
    ["time of its jobs", "number", ({ jobMs }) => duration(jobMs)],
    ["from first to last", "number", (call) => duration(wall(call))],
    ["at once, on average", "number", (call) => (wall(call) > 0 ? (call.jobMs / wall(call)).toFixed(2) : "")]
  ])}`
}

const workers = (report: ReportData): string => {
  const { wallMs } = report.summary
  return `<h2>Workers</h2>${table(report.workers, [
    ["worker", "number", ({ id }) => String(id)],
    ["jobs", "number", ({ jobs }) => count(jobs)],
    ["busy", "number", ({ busyMs }) => duration(busyMs)],
    ["of the time", "number", ({ busyMs }) => (wallMs > 0 ? percent(busyMs / wallMs) : "")],
    ["starts", "number", ({ lives }) => count(lives.length)],
    [
      "died or killed",
      "text",
      ({ lives }) =>
        lives
          .filter(({ how }) => how === "died" || how === "killed")
          .slice(0, 3)
          .map(({ end, pid }) => escaped(`${pid === undefined ? "" : `pid ${pid}: `}${end ?? ""}`))
          .join("<br>")
    ]
  ])}`
}

/** All tables that have something in them. */
export const tablesOf = (report: ReportData): string =>
  [slowest(report), failures(report), calls(report), workers(report)].join("")
