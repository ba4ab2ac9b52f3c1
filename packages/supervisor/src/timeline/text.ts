/** A report in a few lines, for a terminal: what became of the jobs, failures by cause, the slowest. Pure. */
import { count, counted, duration, jobsOf, OUTCOMES, percent } from "./figures.ts"
import type { ReportBar, ReportData, ReportFailures } from "./report-data.ts"

/** Of each list: the page has the rest. */
const MOST = 5
const LONGEST_INPUT = 60

/** What stays within its line, whatever a job was given or said. */
const within = (text: string, most = Number.POSITIVE_INFINITY): string => {
  const line = text.replace(/\p{Cc}+/gu, " ")
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`
}

const totals = ({ summary, workers }: ReportData): string => {
  const { cancelled, died, efficiency, failed, jobMs, killed, retried, speedUp, succeeded, wallMs } = summary
  const running = workers.flatMap(({ bars }) => bars).filter(({ outcome }) => outcome === "running").length
  const facts = [
    `${count(succeeded)} succeeded`,
    `${count(failed)} failed`,
    ...(cancelled > 0 ? [`${count(cancelled)} cancelled`] : []),
    ...(running > 0 ? [`${count(running)} still running`] : []),
    ...(retried > 0 ? [`${counted(retried, "attempt")} tried again`] : [])
  ].join(", ")
  const settled = counted(succeeded + failed + cancelled, "job")
  if (wallMs === 0) return `${settled}: ${facts}`
  return [
    `${settled} in ${duration(wallMs)}: ${facts}`,
    [
      `${counted(summary.workers, "worker")}, speed-up ${speedUp.toFixed(2)}, efficiency ${percent(efficiency)}`,
      `time of all jobs ${duration(jobMs)}`,
      ...(died > 0 ? [`${count(died)} died`] : []),
      ...(killed > 0 ? [`${count(killed)} killed to free them`] : [])
    ].join(", ")
  ].join("\n")
}

const failureOf = ({ cause, count: times, failure, retried, tasks }: ReportFailures): string => {
  const again = retried > 0 ? ` (${count(retried)} of them tried again)` : ""
  return `  ${count(times)} × ${failure}: ${within(cause)}${again} in ${tasks.join(", ")}`
}

const slowOf = (bar: ReportBar): string => {
  const { busyMs, failure, inputPreview, outcome, task } = bar
  const end =
    outcome === "succeeded" ? "" : `, ${OUTCOMES[outcome].name}${failure === undefined ? "" : ` (${failure})`}`
  const input = inputPreview === undefined ? "" : `, input ${within(inputPreview, LONGEST_INPUT)}`
  return `  ${duration(busyMs)}  ${task} ${within(jobsOf(bar), LONGEST_INPUT)}${input}${end}`
}

const section = (title: string, lines: ReadonlyArray<string>, left = 0): Array<string> =>
  lines.length === 0 ? [] : [title, ...lines, ...(left > 0 ? [`  … and ${count(left)} more`] : [])]

/** The report as text of a few lines, without one at the end. */
export const textOf = (report: ReportData): string =>
  [
    totals(report),
    ...section("failures by cause", report.failures.slice(0, MOST).map(failureOf), report.failures.length - MOST),
    ...section("slowest", report.slowest.slice(0, MOST).map(slowOf))
  ].join("\n")
