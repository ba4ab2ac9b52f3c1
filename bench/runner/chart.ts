/**
 * A measurement as a picture: bars in SVG, one group for each comparison, ours first and in colour, the range of half
 * of all rounds drawn over each. Readable on light and on dark ground. Not the numbers' source: that is the JSON.
 */
import type { MeasurementRecord } from "./results.ts"
import { digits } from "./table.ts"

const WIDTH = 900
const LABELS = 290
const BARS = 430
const ROW = 24
const HEAD = 34

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[character] ?? "")

type ComparisonRecord = MeasurementRecord["comparisons"][number]

const rowOf = (
  row: ComparisonRecord["rows"][number],
  nth: number,
  longest: number,
  unit: string,
  top: number
): string => {
  const middle = top + ROW / 2
  const label = `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escaped(row.name)}</text>`
  if (row.summary === undefined)
    return `${label}<text class="quiet" x="${LABELS}" y="${middle + 4}">${row.failure === undefined ? "" : "no result"}</text>`
  const { median, lower, upper } = row.summary
  const at = (value: number): string => (LABELS + (BARS * Math.max(0, value)) / longest).toFixed(1)
  const width = Math.max(1, (BARS * Math.max(0, median)) / longest).toFixed(1)
  const ratio = nth === 0 || row.oursInPartsOfIt === undefined ? "" : `, ours ${digits(row.oursInPartsOfIt)} ×`
  return (
    `${label}<rect class="${nth === 0 ? "ours" : "other"}" x="${LABELS}" y="${top + 4}" width="${width}" height="${ROW - 8}"/>` +
    `<path class="range" d="M${at(lower)} ${middle}H${at(upper)}"/>` +
    `<text class="quiet" x="${LABELS + BARS + 12}" y="${middle + 4}">${digits(median)} ${unit}${ratio}</text>`
  )
}

const groupOf = ({ title, unit, rows }: ComparisonRecord, top: number): string => {
  const longest = Math.max(Number.MIN_VALUE, ...rows.map(({ summary }) => summary?.upper ?? 0))
  const bars = rows.map((row, nth) => rowOf(row, nth, longest, unit, top + HEAD + nth * ROW))
  return `<text class="title" x="12" y="${top + 22}">${escaped(title)} (${unit})</text>${bars.join("\n")}`
}

/** The whole picture. */
export const chartOf = ({ comparisons, machine, title }: MeasurementRecord): string => {
  let height = HEAD
  const groups = comparisons.map((comparison) => {
    const group = groupOf(comparison, height)
    height += HEAD + comparison.rows.length * ROW + 8
    return group
  })
  const { cores, cpu, date, load } = machine
  const where = `${date.slice(0, 10)}, ${cpu}, ${cores} cores, load ${load.toFixed(1)} at its start`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height + 24}" role="img" aria-label="${escaped(title)}">
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .quiet { fill: #59636e }
  .ours { fill: #0969da } .other { fill: #afb8c1 } .range { stroke: #1f2328; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 }
    .ours { fill: #4493f8 } .other { fill: #57606a } .range { stroke: #e6edf3 }
  }
</style>
<text class="title" x="12" y="22">${escaped(title)}</text>
${groups.join("\n")}
<text class="quiet" x="12" y="${height + 14}">${escaped(where)}; bars are medians, lines half of all rounds</text>
</svg>
`
}
