/**
 * Keeps the numbers in `docs/benchmarks.md`: what each measurement's last full run on a quiet machine gave, between
 * two marks. A quick run, or one while others used the machine, changes nothing there.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import type { MeasurementRecord } from "./results.ts"
import { digits } from "./table.ts"

const page = new URL("../../docs/benchmarks.md", import.meta.url)

const begin = (name: string): string => `<!-- measured: ${name} -->`
const end = (name: string): string => `<!-- end of ${name} -->`

/** A table of Markdown, its columns aligned as the formatter has them. */
const aligned = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const lines = [head, ...rows].map((cells) => cells.map((text) => text.replaceAll("|", "\\|")))
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)))
  const [first = "", ...others] = lines.map(
    (cells) => `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`
  )
  return [first, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...others].join("\n")
}

/** The part of the page that one measurement fills. */
export const sectionOf = ({ comparisons, machine, measurement, title }: MeasurementRecord): string => {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  const { cores, cpu, date, memoryGB, system } = machine
  const parts = comparisons.map(({ aims, rows, title, unit }) => {
    const lines = rows.map(({ failure, name, note, oursInPartsOfIt, summary }, nth) => {
      const ratio = nth === 0 || oursInPartsOfIt === undefined ? "" : `${digits(oursInPartsOfIt)} ×`
      const median = summary === undefined ? (failure === undefined ? "" : "no result") : digits(summary.median)
      const range = summary === undefined ? "" : `${digits(summary.lower)} … ${digits(summary.upper)}`
      return [name, median, range, ratio, note ?? ""]
    })
    const judged = aims.map(({ aim, measured, reached }) => {
      const verdict = reached === undefined ? "not measured" : reached ? "reached" : "missed"
      return `${aim}: ${measured === undefined ? "" : `${digits(measured)}, `}${verdict}`
    })
    return [
      aligned([title, unit, "half of all rounds", "ours / it", "how"], lines),
      ...(judged.length === 0 ? [] : ["", `Aims: ${judged.join("; ")}.`])
    ].join("\n")
  })
  return [
    `### ${measurement}`,
    `${title[0]?.toUpperCase() ?? ""}${title.slice(1)}. ${date.slice(0, 10)}, ${cpu}, ${cores} cores, ${memoryGB} GB, ${system}; ${versions.join(", ")}.`,
    ...parts
  ].join("\n\n")
}

/** The page with a measurement's part replaced; undefined where it has no place for it. */
export const withSection = (text: string, name: string, section: string): string | undefined => {
  const from = text.indexOf(begin(name))
  const to = text.indexOf(end(name))
  if (from === -1 || to < from) return undefined
  return `${text.slice(0, from)}${begin(name)}\n\n${section}\n\n${text.slice(to)}`
}

/** Why the page stays as it is; undefined once it was written. */
export const keepOnPage = (record: MeasurementRecord): string | undefined => {
  if (record.quick) return "a quick run is no result"
  if (!record.quiet) return "others used the machine"
  const text = existsSync(page) ? readFileSync(page, "utf8") : ""
  const changed = withSection(text, record.measurement, sectionOf(record))
  if (changed === undefined) return `it has no ${begin(record.measurement)}`
  writeFileSync(page, changed)
  return undefined
}
