/** A report as one picture, which stands alone: headline, timeline, slowest jobs, failures by cause. */
import { chartSvg, WIDTH } from "./chart.ts"
import { count, counted, duration, ENDS, jobsOf, OUTCOMES, percent } from "./figures.ts"
import { clipped, escaped } from "./markup.ts"
import { chartStyle, colours } from "./palette.ts"
import type { ReportBar, ReportData, ReportFailures } from "./report-data.ts"

const MARGIN = 16
const LINE = 20
const MOST_LISTED = 10

const text = (x: number, y: number, kind: string, content: string): string =>
  `<text class="${kind}" x="${x}" y="${y}">${escaped(content)}</text>`

/** The totals in one line. */
export const headline = ({ summary }: ReportData): string => {
  const { cancelled, efficiency, failed, jobMs, retried, speedUp, succeeded, wallMs, workers } = summary
  return [
    `${count(succeeded)} succeeded`,
    `${count(failed)} failed`,
    ...(cancelled > 0 ? [`${count(cancelled)} cancelled`] : []),
    ...(retried > 0 ? [`${counted(retried, "further attempt")}`] : []),
    `${duration(jobMs)} of jobs in ${duration(wallMs)}`,
    `${counted(workers, "worker")}: speed-up ${speedUp.toFixed(2)}, efficiency ${percent(efficiency)}`
  ].join(" · ")
}

const legend = (y: number): string => {
  let x = MARGIN
  return ENDS.map((end) => {
    const { name } = OUTCOMES[end]
    const part = `<rect class="hf-${end}" x="${x}" y="${y - 10}" width="12" height="12" rx="2"/>${text(x + 18, y, "hf-quiet", name)}`
    x += 34 + name.length * 7
    return part
  })
    .concat(
      `<path class="hf-end hf-died" d="M${x + 6} ${y - 12}v16M${x + 2} ${y - 8}l8 8m0 -8l-8 8"/>${text(x + 18, y, "hf-quiet", "worker died or was killed")}`
    )
    .join("")
}

const slowLine = (bar: ReportBar): string =>
  `${duration(bar.busyMs).padEnd(8)}  ${bar.task} · ${jobsOf(bar)}${bar.inputPreview === undefined ? "" : ` · input ${bar.inputPreview}`} · worker ${bar.worker ?? "none"} · ${OUTCOMES[bar.outcome].name}`

const causeLine = ({ cause, count: times, failure, tasks }: ReportFailures): string =>
  `${count(times)} ×  ${failure} · ${cause} · ${tasks.join(", ")}`

const list = (
  y: number,
  title: string,
  lines: ReadonlyArray<string>
): { readonly svg: string; readonly end: number } => {
  if (lines.length === 0) return { svg: "", end: y }
  const shown = lines.slice(0, MOST_LISTED)
  const more = lines.length > shown.length ? [`… and ${lines.length - shown.length} more`] : []
  const body = [...shown, ...more].map((line, at) => text(MARGIN, y + (at + 2) * LINE, "hf-line", clipped(line, 160)))
  return {
    svg: `${text(MARGIN, y + LINE, "hf-title", title)}${body.join("")}`,
    end: y + (shown.length + more.length + 2) * LINE
  }
}

const style = [
  "text{font-family:system-ui,sans-serif;font-size:13px;fill:var(--hf-text)}",
  ".hf-head{font-size:18px;font-weight:600}",
  ".hf-title{font-size:14px;font-weight:600}",
  ".hf-quiet{fill:var(--hf-quiet)}",
  ".hf-ground{fill:var(--hf-ground)}",
  chartStyle
].join("")

/** The report as an SVG document. */
export const svgOf = (report: ReportData): string => {
  const chart = chartSvg(report, 104)
  const slowest = list(104 + chart.height + 8, "Slowest jobs", report.slowest.map(slowLine))
  const failures = list(slowest.end + 8, "Failures by cause", report.failures.map(causeLine))
  const notes = report.aggregated.map((note, at) =>
    text(MARGIN, failures.end + (at + 1) * LINE, "hf-quiet", clipped(note, 170))
  )
  const height = failures.end + report.aggregated.length * LINE + MARGIN
  const when = new Date(report.openedAt).toISOString().replace("T", " ").slice(0, 19)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(`Holdfast run of ${when} UTC`)}</title><desc>${escaped(headline(report))}</desc>`,
    `<style>${colours("svg")}${style}</style>`,
    `<rect class="hf-ground" width="${WIDTH}" height="${height}"/>`,
    text(MARGIN, 30, "hf-head", `Run of ${when} UTC`),
    text(MARGIN, 54, "hf-quiet", headline(report)),
    legend(82),
    chart.svg,
    slowest.svg,
    failures.svg,
    notes.join(""),
    "</svg>\n"
  ].join("")
}
