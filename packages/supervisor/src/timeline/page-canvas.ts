/**
 * The drawing part of the page's script: the timeline on a canvas, and what is at a place of it. It runs in a browser,
 * as its own source text: so `canvasOf` uses nothing of this file or another, but what it is given.
 */
import type { PageData } from "./page-data.ts"
import type { PageCanvas, PageWindow } from "./page-window.ts"

/** Functions that the script shares with the rest; each must stand alone, too. */
export interface PageTools {
  duration(ms: number): string
  ticks(most: number, steps: number): Array<number>
}

/** What is shown of the run, in milliseconds from its begin, and which bar is chosen. */
export interface PageView {
  from: number
  to: number
  chosen: { readonly row: number; readonly bar: number } | undefined
}

export interface PageChart {
  readonly view: PageView
  readonly rowHeight: number
  /** Columns left of the plot, where the rows are named. */
  readonly left: number
  /** The starts and lengths of each row's bars. */
  readonly rows: ReadonlyArray<{
    readonly id: number
    readonly starts: ReadonlyArray<number>
    readonly span: ReadonlyArray<number>
  }>
  width(): number
  plot(): number
  xOf(at: number): number
  atOf(x: number): number
  firstFrom(starts: ReadonlyArray<number>, at: number): number
  linesOf(row: number, bar: number): ReadonlyArray<string>
  barAt(row: number, x: number, y: number): number | undefined
  endAt(row: number, x: number): string | undefined
  draw(): void
  readColours(): void
}

export const canvasOf = (
  page: PageWindow,
  canvas: PageCanvas,
  data: PageData,
  { duration, ticks }: PageTools
): PageChart => {
  const brush = canvas.getContext("2d")
  const view: PageView = { from: 0, to: data.length, chosen: undefined }
  const LEFT = 92
  const RIGHT = 12
  const AXIS = 24
  const count = data.rows.length
  const rowHeight = count <= 12 ? 30 : count <= 40 ? 18 : count <= 120 ? 10 : count <= 400 ? 6 : 4
  const height = count * rowHeight + AXIS
  // Added up again; what was joined ends where its last job did.
  const rows = data.rows.map((row) => {
    let at = 0
    const starts = row.start.map((step) => {
      at += step
      return at
    })
    const longest = row.span.reduce((most, each) => Math.max(most, each), 0)
    return { ...row, starts, longest }
  })
  let width = 600
  let colours: Record<string, string> = {}

  const readColours = (): void => {
    const style = page.getComputedStyle(page.document.documentElement)
    const names = ["ground", "text", "quiet", "line", "alive", "death", "focus", ...data.ends.map(({ id }) => id)]
    colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--hf-${name}`).trim()]))
  }
  const plot = (): number => width - LEFT - RIGHT
  const xOf = (at: number): number => LEFT + ((at - view.from) / (view.to - view.from)) * plot()
  const atOf = (x: number): number => view.from + ((x - LEFT) / plot()) * (view.to - view.from)
  /** The first bar of a row that can reach into what is shown. */
  const firstFrom = (starts: ReadonlyArray<number>, at: number): number => {
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) < at) low = middle + 1
      else high = middle
    }
    return low
  }

  const drawRow = (row: (typeof rows)[number], top: number): void => {
    const { from, to } = view
    const pad = rowHeight >= 10 ? 3 : rowHeight >= 6 ? 1 : 0
    const line = (rowHeight - 2 * pad) / row.tracks
    brush.fillStyle = colours.alive ?? ""
    for (const [start, ready, end] of row.lives) {
      brush.fillRect(xOf(ready), top + pad, Math.max(0, xOf(end) - xOf(ready)), rowHeight - 2 * pad)
      if (ready > start) brush.fillRect(xOf(start), top + rowHeight / 2 - 0.5, xOf(ready) - xOf(start), 1)
    }
    // Of bars on the same pixel, the worst is seen.
    let [cellX, cellTrack, cellEnd] = [-1, -1, -1]
    for (let at = firstFrom(row.starts, from - row.longest); at < row.starts.length; at++) {
      const start = row.starts[at] ?? 0
      if (start > to) break
      const x = xOf(start)
      const w = xOf(start + (row.span[at] ?? 0)) - x
      const track = row.track?.[at] ?? 0
      const end = row.end[at] ?? 0
      const pixel = Math.round(x)
      if (w < 1 && pixel === cellX && track === cellTrack && end <= cellEnd) continue
      if (w < 1) [cellX, cellTrack, cellEnd] = [pixel, track, end]
      brush.fillStyle = colours[data.ends[end]?.id ?? ""] ?? ""
      brush.fillRect(
        x,
        top + pad + track * line,
        Math.max(1, w > 3 ? w - 0.7 : w),
        Math.max(1, line - (row.tracks > 1 ? 1 : 0))
      )
    }
    for (const [at, [, , end, how]] of row.lives.entries()) {
      if (how === "alive" || (how === "left" && at === row.lives.length - 1)) continue
      const x = xOf(end)
      const half = Math.min(5, rowHeight / 4)
      brush.strokeStyle = (how === "left" ? colours.quiet : colours.death) ?? ""
      brush.lineWidth = 1.5
      brush.beginPath()
      brush.moveTo(x, top)
      brush.lineTo(x, top + rowHeight)
      if (how !== "left") {
        const middle = top + rowHeight / 2
        brush.moveTo(x - half, middle - half)
        brush.lineTo(x + half, middle + half)
        brush.moveTo(x + half, middle - half)
        brush.lineTo(x - half, middle + half)
      }
      brush.stroke()
    }
  }

  const draw = (): void => {
    const { chosen, from, to } = view
    const ratio = page.devicePixelRatio || 1
    const wanted = Math.max(320, canvas.getBoundingClientRect().width)
    if (wanted !== width || canvas.width !== Math.round(width * ratio)) {
      width = wanted
      canvas.width = Math.round(width * ratio)
      canvas.height = Math.round(height * ratio)
    }
    brush.setTransform(ratio, 0, 0, ratio, 0, 0)
    brush.clearRect(0, 0, width, height)
    brush.font = "12px system-ui, sans-serif"
    brush.textBaseline = "middle"
    // Ticks count from the run's begin, and are fine enough for what is shown.
    const step = ticks(to - from, Math.max(2, plot() / 110))[1] ?? to - from
    brush.textAlign = "center"
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      const x = xOf(at)
      brush.fillStyle = colours.line ?? ""
      brush.fillRect(x, 0, 1, height - AXIS)
      brush.fillStyle = colours.quiet ?? ""
      const text =
        step < 1
          ? `${at.toFixed(2)} ms`
          : at < 1000
            ? `${Math.round(at)} ms`
            : at < 60000
              ? `${Math.round(at) / 1000} s`
              : duration(at)
      brush.fillText(at === 0 ? "0" : text, Math.min(Math.max(x, LEFT), width - 26), height - AXIS / 2)
    }
    brush.textAlign = "right"
    const every = Math.ceil(13 / rowHeight)
    for (const [at, { id }] of rows.entries()) {
      brush.fillStyle = colours.quiet ?? ""
      if (at % every === 0) brush.fillText(`worker ${id}`, LEFT - 8, at * rowHeight + rowHeight / 2)
    }
    brush.save()
    brush.beginPath()
    brush.rect(LEFT, 0, plot() + 6, height)
    brush.clip()
    for (const [at, row] of rows.entries()) drawRow(row, at * rowHeight)
    const row = chosen === undefined ? undefined : rows[chosen.row]
    if (chosen !== undefined && row !== undefined) {
      const x = xOf(row.starts[chosen.bar] ?? 0)
      const w = Math.max(2, xOf((row.starts[chosen.bar] ?? 0) + (row.span[chosen.bar] ?? 0)) - x)
      brush.strokeStyle = colours.focus ?? ""
      brush.lineWidth = 2
      brush.strokeRect(x - 1, chosen.row * rowHeight + 1, w + 2, rowHeight - 2)
    }
    brush.restore()
  }

  /** What is known of a bar. */
  const linesOf = (rowAt: number, bar: number): ReadonlyArray<string> => {
    const row = rows[rowAt]
    if (row === undefined) return []
    const known = row.details[bar]
    if (known !== undefined) return known
    const jobs = row.count[bar] ?? 1
    const busy = row.busy[bar] ?? 0
    const first = row.index[bar] ?? 0
    return [
      `${data.tasks[row.task[bar] ?? 0]} · ${jobs === 1 ? `job ${first}` : `${jobs.toLocaleString("en-US")} jobs from ${first} on`}`,
      data.ends[row.end[bar] ?? 0]?.name ?? "",
      `worker ${row.id} · at ${duration(row.starts[bar] ?? 0)} · took ${duration(busy)}${jobs > 1 ? `, ${duration(busy / jobs)} each` : ""}`
    ]
  }

  /** The bar at a place, or the nearest within a few pixels. */
  const barAt = (rowAt: number, x: number, y: number): number | undefined => {
    const row = rows[rowAt]
    if (row === undefined) return undefined
    const slack = ((view.to - view.from) / plot()) * 3
    const at = atOf(x)
    const track = Math.min(row.tracks - 1, Math.floor(((y - rowAt * rowHeight) / rowHeight) * row.tracks))
    let best: number | undefined
    let least = Number.POSITIVE_INFINITY
    for (let bar = firstFrom(row.starts, at - row.longest - slack); bar < row.starts.length; bar++) {
      const start = row.starts[bar] ?? 0
      if (start > at + slack) break
      const end = start + (row.span[bar] ?? 0)
      if (end < at - slack || (row.tracks > 1 && row.track?.[bar] !== track)) continue
      // Of several at one place the worst; else the nearest.
      const far = (at < start ? start - at : at > end ? at - end : 0) - (row.end[bar] ?? 0) * 1e-6
      if (far < least) [least, best] = [far, bar]
    }
    return best
  }

  const endAt = (rowAt: number, x: number): string | undefined =>
    rows[rowAt]?.lives.find(
      ([, , end, how], at, all) =>
        how !== "alive" && (how !== "left" || at < all.length - 1) && Math.abs(xOf(end) - x) < 5
    )?.[4]

  canvas.style.height = `${height}px`
  readColours()
  return {
    view,
    rowHeight,
    left: LEFT,
    rows,
    width: () => width,
    plot,
    xOf,
    atOf,
    firstFrom,
    linesOf,
    barAt,
    endAt,
    draw,
    readColours
  }
}
