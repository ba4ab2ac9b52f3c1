/** Results as text for a terminal: one table for each comparison, then its aims. */
import { judge } from "./judgement.ts"
import type { Compared, Row } from "./Measurement.ts"
import type { Machine } from "./machine.ts"
import { ratioOf, summaryOf } from "./statistics.ts"

export const digits = (value: number): string =>
  value >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString("en")
    : value.toLocaleString("en", { maximumSignificantDigits: 3 })

const cellsOf = ({ name, note, values, failure }: Row, ours: ReadonlyArray<number>, isOurs: boolean): Array<string> => {
  if (failure !== undefined)
    return [name, failure.absent ? "–" : "failed", "", "", failure.absent ? failure.message : ""]
  const { median, lower, upper } = summaryOf(values)
  const ratio = ratioOf(ours, values)
  const spread = `${digits(lower)} … ${digits(upper)}`
  return [name, digits(median), spread, isOurs || ratio === undefined ? "" : `${digits(ratio)} ×`, note ?? ""]
}

const aligned = (lines: ReadonlyArray<ReadonlyArray<string>>): Array<string> => {
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join("  ")
      .trimEnd()
  )
}

/** The line of a program's last words that names its error, or else the end of them. */
const gist = (message: string): string => /^\w*Error\b.*$/m.exec(message)?.[0] ?? message.slice(-200)

/** The table of one comparison. */
export const tableOf = (compared: Compared): string => {
  const { comparison, rows } = compared
  const ours = rows[0]?.values ?? []
  const head = [comparison.title, comparison.unit, "half of all rounds", "ours / it", ""]
  const table = aligned([head, ...rows.map((row, index) => cellsOf(row, ours, index === 0))])
  const aims = judge(compared).map(({ aim, measured, reached }) => {
    const verdict = reached === undefined ? "not measured" : reached ? "reached" : "missed"
    return `  aim ${aim}: ${measured === undefined ? "" : `${digits(measured)}, `}${verdict}`
  })
  const failures = rows
    .filter(({ failure }) => failure !== undefined && !failure.absent)
    .map(({ name, failure }) => `  ${name} failed: ${gist(failure?.message ?? "")}`)
  return [...table, ...aims, ...failures].join("\n")
}

/** The line on where it was measured. */
export const machineLine = ({ cpu, cores, memoryGB, system, load, versions }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGB} GB, ${system}, load ${load.toFixed(1)}; ` +
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")
