/** The census as text for a terminal: lists of what went wrong, one table, the totals. Sums come from `summary.ts`. */
import type { Run } from "./facts.ts"
import type { Summary } from "./summary.ts"

const shown = 20
const columns = ["files", "bytes", "gzip", "lines", "functions", "imports"] as const

const digits = (value: number): string => value.toLocaleString("en-US")

/** A number with its noun: `1 file`, `3,474 files`. */
export const count = (value: number, noun: string): string => `${digits(value)} ${noun}${value === 1 ? "" : "s"}`

/** Lines up columns: the first to the left, the others, which are numbers, to the right. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return rows.map((row) => row.map(pad).join("  ")).join("\n")
}

const list = (title: string, lines: ReadonlyArray<string>): Array<string> => {
  if (lines.length === 0) return []
  const rest = lines.length - shown
  const more = rest > 0 ? [`  … and ${digits(rest)} more (--json FILE keeps all)`] : []
  return [`${title} (${digits(lines.length)}):`, ...lines.slice(0, shown).map((line) => `  ${line}`), ...more, ""]
}

/** The whole summary. */
export const summaryText = (summary: Summary, run: Run): string => {
  const { extensions, totals, longestLine, unparsed, unreadable, lost } = summary
  const rows = [...extensions, { extension: "total", ...totals }].map((row) => [
    row.extension,
    ...columns.map((column) => digits(row[column]))
  ])
  const seconds = run.durationMs / 1000
  const speed = digits(Math.round(totals.files / Math.max(seconds, 0.001)))
  const incidents = [
    ...(run.restarts > 0 ? [`${count(run.restarts, "worker")} replaced`] : []),
    ...(run.retried.length > 0 ? [`${count(run.retried.length, "file")} tried again`] : [])
  ]
  return [
    ...list(
      "Not parsed",
      unparsed.map((each) => `${each.path}:${each.line}:${each.column}  ${each.message}`)
    ),
    ...list(
      "Could not be read",
      unreadable.map((each) => `${each.path}  ${each.reason}`)
    ),
    ...list(
      "Lost",
      lost.map((each) => `${each.path}  ${each.reason}`)
    ),
    table([["extension", ...columns], ...rows]),
    "",
    ...(longestLine === undefined
      ? []
      : [`Longest line: ${digits(longestLine.length)} characters in ${longestLine.path}`]),
    [`${count(totals.files, "file")} in ${seconds.toFixed(1)} s (${speed} per second)`, ...incidents].join(", "),
    ...(run.stoppedBy === null ? [] : [`Stopped by ${run.stoppedBy}: ${count(run.notExamined, "file")} not examined.`])
  ].join("\n")
}
