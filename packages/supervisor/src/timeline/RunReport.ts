/**
 * A report of what a pool has done so far: plain data, and the ways to look at it. A snapshot: what happens later is in
 * a later one. How it is shown is `html.ts`, `svg.ts` and `text.ts`.
 */
import { writeFile } from "node:fs/promises"
import { extname } from "node:path"
import { htmlOf } from "./html.ts"
import type { ReportBar, ReportCall, ReportData, ReportFailures, ReportSummary, ReportWorker } from "./report-data.ts"
import { svgOf } from "./svg.ts"
import type { Timeline } from "./Timeline.ts"
import type { Bar } from "./Track.ts"
import { textOf } from "./text.ts"
import { laidOut } from "./tracks.ts"

// By its name, as core does: whatever copy of Node's util prints it.
const INSPECT = Symbol.for("nodejs.util.inspect.custom")

/** What `pool.report()` gives. Its fields are plain data, and all that `JSON.stringify` writes. */
export class RunReport implements ReportData {
  readonly version = 1
  /** When the pool was made, in milliseconds since the Unix epoch. */
  readonly openedAt: number
  /** When this was taken. */
  readonly takenAt: number
  /**
   * Totals. With `jobMs` the sum of the times of all attempts and `wallMs` the time from the first one's start to the
   * last one's end: `speedUp = jobMs / wallMs`, `efficiency = speedUp / workers`. These are the textbook's S = T1 / Tp
   * and E = S / p (Grama, Gupta, Karypis, Kumar: Introduction to Parallel Computing, section 5.2), with the sum of job
   * times in the place of T1, the time that one worker alone would take. Jobs that slow each other down (more workers
   * than cores) take longer than alone, so they make it look better than it is. Jobs that wait side by side in one
   * worker (`concurrency`) can bring the efficiency above 1.
   */
  readonly summary: ReportSummary
  readonly calls: ReadonlyArray<ReportCall>
  readonly workers: ReadonlyArray<ReportWorker>
  /** The attempts that took longest, slowest first. */
  readonly slowest: ReadonlyArray<ReportBar>
  /** By cause, most frequent first. */
  readonly failures: ReadonlyArray<ReportFailures>
  /** What was put together or left out, in sentences: a report is bounded, whatever the run. */
  readonly aggregated: ReadonlyArray<string>

  constructor(data: ReportData) {
    this.openedAt = data.openedAt
    this.takenAt = data.takenAt
    this.summary = data.summary
    this.calls = data.calls
    this.workers = data.workers
    this.slowest = data.slowest
    this.failures = data.failures
    this.aggregated = data.aggregated
  }

  /**
   * A summary of a few lines, which `console.log` prints as well: what became of the jobs, the most frequent failures by
   * cause, the slowest jobs.
   *
   * @example
   * console.log(String(pool.report()))
   */
  toString(): string {
    return textOf(this)
  }

  [INSPECT](): string {
    return textOf(this)
  }

  /**
   * One self-contained HTML page: a timeline to zoom into, the slowest jobs, failures by cause. Loads nothing from
   * anywhere, and shows whatever jobs were given or said as text.
   */
  toHtml(): string {
    return htmlOf(this)
  }

  /** The same as one picture, whose bars tell their details when they are pointed at. */
  toSvg(): string {
    return svgOf(this)
  }

  /**
   * Writes it to a file: `.html`, `.svg` or `.json`, by the path's extension. Rejects with a `TypeError` for another
   * one, or with what the file system says.
   *
   * @example
   * await pool.report().write("run.html")
   */
  async write(path: string): Promise<void> {
    await writeFile(path, this.#textFor(path))
  }

  #textFor(path: string): string {
    switch (extname(path).toLowerCase()) {
      case ".html":
      case ".htm":
        return this.toHtml()
      case ".svg":
        return this.toSvg()
      case ".json":
        return `${JSON.stringify(this)}\n`
      default:
        throw new TypeError(
          `report.write: expected a path that ends in .html, .svg or .json, received ${JSON.stringify(path)}`
        )
    }
  }
}

const many = (count: number, one: string, more: string): string =>
  `${count.toLocaleString("en-US")} ${count === 1 ? one : more}`

const aggregatedOf = ({ causes, rows, undescribed, unkept }: Timeline): Array<string> => {
  const { forgotten } = rows
  const tracks = [...rows.all.values()]
  const merged = tracks.reduce((sum, { track }) => sum + track.merged, 0)
  const undrawn = tracks.reduce((sum, { track }) => sum + track.forgotten, 0)
  const told = tracks.reduce(
    (sum, { track }) => sum + track.bars.reduce((jobs, { count }) => jobs + (count > 1 ? count : 0), 0),
    0
  )
  const lives = tracks.reduce((sum, row) => sum + row.lives.left, 0)
  return [
    ...(told > 0
      ? [
          `${many(told, "short job shares", "short jobs share")} a bar with others: workers answer for tiny jobs together${merged > 0 ? ", and bars next to each other were joined to bound the report" : ""}.`
        ]
      : []),
    ...(undrawn > 0
      ? [
          `${many(undrawn, "job is counted, but not drawn", "jobs are counted, but not drawn")}: the oldest of their workers, to bound the report.`
        ]
      : []),
    ...(undescribed > 0
      ? [
          `${many(undescribed, "job that succeeded is", "jobs that succeeded are")} shown without key and input: these are kept for the first ones, the slowest ones and the ones that failed.`
        ]
      : []),
    ...(unkept > 0
      ? [`${many(unkept, "failed attempt is", "failed attempts are")} shown without details, and counted by cause.`]
      : []),
    ...(causes.others > 0
      ? [`${many(causes.others, "failure", "failures")} of further causes: too many kinds to list each.`]
      : []),
    ...(forgotten > 0
      ? [`${many(forgotten, "worker that ended long ago is", "workers that ended long ago are")} not shown.`]
      : []),
    ...(lives > 0 ? [`${many(lives, "start of a worker is", "starts of workers are")} not shown.`] : [])
  ]
}

/** A call none of whose jobs ever ran has neither start nor end. */
const finite = (call: ReportCall): ReportCall =>
  Number.isFinite(call.startedAt) ? { ...call } : { ...call, startedAt: 0, endedAt: 0 }

/** What runs now, as bars that end now, by worker. */
const runningIn = ({ live }: Timeline, now: number): Map<number, Array<Bar>> => {
  const bars = new Map<number, Array<Bar>>()
  for (const { attempt, beside, call, job } of live.running) {
    const { number, startedAt = now, worker } = attempt
    if (worker === undefined) continue
    const bar: Bar = {
      worker,
      task: job.task,
      call,
      index: job.index,
      count: 1,
      attempt: number,
      outcome: "running",
      startedAt,
      endedAt: now,
      busyMs: Math.max(0, now - startedAt),
      track: 0,
      key: job.key,
      inputPreview: job.inputPreview,
      beside,
      pinned: false
    }
    bars.set(worker, [...(bars.get(worker) ?? []), bar])
  }
  return bars
}

/** What a timeline has seen so far. */
export const reportOf = (timeline: Timeline): RunReport => {
  const { calls, causes, firstAt, lastAt, openedAt, rows, slowest, totals } = timeline
  const takenAt = Date.now()
  const running = runningIn(timeline, takenAt)
  const workers = [...rows.all].map(([id, { busyMs, jobs, lives, track }]): ReportWorker => {
    const bars = [...track.bars, ...(running.get(id) ?? [])]
    return { id, jobs, busyMs, lives: lives.all.map((life) => ({ ...life })), ...laidOut(bars) }
  })
  // Spares that never stepped in have nothing to show.
  const shown = workers.filter(({ bars, id }) => bars.length > 0 || id <= timeline.workers).sort((a, b) => a.id - b.id)
  const size = Math.max(timeline.workers, timeline.live.workers)
  const wallMs = lastAt > firstAt ? lastAt - firstAt : 0
  const speedUp = wallMs > 0 ? totals.jobMs / wallMs : 0
  return new RunReport({
    version: 1,
    openedAt,
    takenAt,
    summary: {
      ...totals,
      workers: size,
      wallMs,
      speedUp,
      efficiency: size > 0 ? speedUp / size : 0
    },
    calls: [...calls.values()].filter(({ failed, succeeded, retried }) => failed + succeeded + retried > 0).map(finite),
    workers: shown,
    slowest: [...slowest.bars],
    failures: causes.all,
    aggregated: aggregatedOf(timeline)
  })
}
