/**
 * The timeline as a static drawing, a part of an SVG: a row for each worker, a bar for each attempt, or for all that
 * share a pixel. What can be zoomed is `page-script.ts`.
 */
import { detailsOf, duration, ENDS, OUTCOMES, ticks, tickText } from "./figures.ts"
import { clipped, escaped } from "./markup.ts"
import type { AttemptEnd, ReportBar, ReportData, ReportLife, ReportWorker } from "./report-data.ts"

export const WIDTH = 1200
const LEFT = 96
const RIGHT = 16
const AXIS = 26
const PLOT = WIDTH - LEFT - RIGHT

/** Rectangles of bars at most, over all rows. */
const MOST_RECTS = 6_000

const px = (number: number): string => String(Math.round(number * 100) / 100)

/** Height of a row of so many. */
export const rowHeight = (rows: number): number =>
  rows <= 12 ? 28 : rows <= 30 ? 18 : rows <= 100 ? 10 : rows <= 300 ? 6 : 3

/** What stands at one place of a row. */
interface Cell {
  readonly first: ReportBar
  from: number
  to: number
  jobs: number
  outcome: AttemptEnd
}

/** Bars that would stand on the same pixels, as one: in the colour of the worst of them. */
const cellsOf = (bars: ReadonlyArray<ReportBar>, x: (at: number) => number, least: number): Array<Cell> => {
  const cells: Array<Cell> = []
  const open = new Map<number, Cell>()
  for (const bar of bars) {
    const from = x(bar.startedAt)
    const to = x(bar.endedAt)
    const last = open.get(bar.track)
    if (last !== undefined && to - last.from < least) {
      last.to = Math.max(last.to, to)
      last.jobs += bar.count
      if (ENDS.indexOf(bar.outcome) > ENDS.indexOf(last.outcome)) last.outcome = bar.outcome
      continue
    }
    const cell: Cell = { first: bar, from, to, jobs: bar.count, outcome: bar.outcome }
    open.set(bar.track, cell)
    cells.push(cell)
  }
  return cells
}

const titleOf = ({ first, jobs, outcome }: Cell, zero: number): string =>
  jobs === first.count && first.outcome === outcome
    ? detailsOf(first, zero).join("\n")
    : `${jobs.toLocaleString("en-US")} jobs, close together, from ${first.task} job ${first.index} on\nat ${duration(Math.max(0, first.startedAt - zero))}; the worst of them ${OUTCOMES[outcome].name}`

const lifeText = (id: number, { end, how, pid }: ReportLife): string =>
  `worker ${id}${pid === undefined ? "" : `, pid ${pid}`}: ${end ?? (how === "alive" ? "alive" : "ended")}`

const rowSvg = (
  worker: ReportWorker,
  {
    height,
    least,
    top,
    x,
    zero,
    until
  }: { height: number; least: number; top: number; x: (at: number) => number; zero: number; until: number }
): string => {
  const { bars, id, lives, tracks } = worker
  const pad = height >= 10 ? 3 : height >= 6 ? 1 : 0
  const line = (height - 2 * pad) / tracks
  const alive = lives.map((life) => {
    const from = Math.max(LEFT, x(life.startedAt))
    const ready = Math.max(from, x(life.readyAt ?? life.endedAt ?? until))
    const to = Math.max(ready, x(life.endedAt ?? until))
    const starting =
      ready - from > 0.5
        ? `<rect class="hf-starting" x="${px(from)}" y="${px(top + pad)}" width="${px(ready - from)}" height="${px(height - 2 * pad)}"/>`
        : ""
    return `${starting}<rect class="hf-alive" x="${px(ready)}" y="${px(top + pad)}" width="${px(to - ready)}" height="${px(height - 2 * pad)}"/>`
  })
  const cells = cellsOf(bars, x, least).map((cell) => {
    const width = Math.max(0.8, cell.to - cell.from - (cell.to - cell.from > 4 ? 0.6 : 0))
    const title = escaped(titleOf(cell, zero))
    return `<rect class="hf-${cell.outcome}" x="${px(cell.from)}" y="${px(top + pad + cell.first.track * line)}" width="${px(width)}" height="${px(Math.max(0.8, line - (tracks > 1 ? 0.5 : 0)))}"><title>${title}</title></rect>`
  })
  const ends = lives.flatMap((life) => {
    if (life.endedAt === undefined || life.how === "alive") return []
    // The end of the pool is no event of its own.
    if (life.how === "left" && life === lives.at(-1)) return []
    const at = x(life.endedAt)
    const half = Math.min(5, Math.max(1.5, height / 4))
    const middle = top + height / 2
    const cross = `M${px(at - half)} ${px(middle - half)}l${2 * half} ${2 * half}m0 ${-2 * half}l${-2 * half} ${2 * half}`
    const line = `M${px(at)} ${px(top)}v${height}`
    const title = `${lifeText(id, life)}\nat ${duration(Math.max(0, life.endedAt - zero))}`
    return `<path class="hf-end hf-${life.how}" d="${life.how === "left" ? line : `${line}${cross}`}"><title>${escaped(title)}</title></path>`
  })
  return [...alive, ...cells, ...ends].join("")
}

/** The span of time that is drawn. */
export const spanOf = ({ openedAt, takenAt, workers }: ReportData): { readonly from: number; readonly to: number } => {
  const ends = workers.flatMap(({ bars, lives }) => [
    ...bars.slice(-1).map(({ endedAt }) => endedAt),
    ...lives.map(({ endedAt, startedAt }) => endedAt ?? startedAt)
  ])
  const alive = workers.some(({ lives }) => lives.at(-1)?.endedAt === undefined)
  const from = workers.reduce((least, { bars }) => Math.min(least, bars[0]?.startedAt ?? least), openedAt)
  const to = ends.reduce((most, end) => Math.max(most, end), alive ? takenAt : from)
  return { from, to: Math.max(to, from + 1) }
}

/** The timeline below `top`, and how high it is. */
export const chartSvg = (report: ReportData, top: number): { readonly svg: string; readonly height: number } => {
  const { workers } = report
  const { from, to } = spanOf(report)
  const height = rowHeight(workers.length)
  const x = (at: number): number => LEFT + ((at - from) / (to - from)) * PLOT
  const least = Math.max(1, (workers.length * PLOT) / MOST_RECTS)
  const bottom = top + workers.length * height
  const grid = ticks(to - from, 10).map((ms) => {
    const at = px(x(from + ms))
    return `<path class="hf-grid" d="M${at} ${top}V${bottom}"/><text class="hf-tick" x="${at}" y="${bottom + 16}" text-anchor="middle">${tickText(ms)}</text>`
  })
  const every = Math.ceil(12 / height)
  const rows = workers.map((worker, at) => {
    const rowTop = top + at * height
    const label =
      at % every === 0
        ? `<text class="hf-label" x="${LEFT - 10}" y="${px(rowTop + height / 2 + 4)}" text-anchor="end">${clipped(`worker ${worker.id}`, 14)}</text>`
        : ""
    return `<g>${label}${rowSvg(worker, { height, least, top: rowTop, x, zero: from, until: to })}</g>`
  })
  return { svg: `${grid.join("")}${rows.join("")}`, height: workers.length * height + AXIS }
}
