/**
 * A report's bars as the page's script reads them: columns of numbers, which take a tenth of the space that objects
 * would. Written here, read in `page-script.ts`; the layout is this type.
 */

import { spanOf } from "./chart.ts"
import { detailsOf, ENDS, OUTCOMES } from "./figures.ts"
import type { ReportBar, ReportData } from "./report-data.ts"

/** Times are milliseconds since `zero`. */
export interface PageRow {
  readonly id: number
  readonly tracks: number
  /** Start of each bar, less that of the one before. */
  readonly start: ReadonlyArray<number>
  readonly span: ReadonlyArray<number>
  readonly busy: ReadonlyArray<number>
  /** Index in `tasks`. */
  readonly task: ReadonlyArray<number>
  readonly index: ReadonlyArray<number>
  readonly count: ReadonlyArray<number>
  /** Index in `ends`. */
  readonly end: ReadonlyArray<number>
  /** Left out where all are on the first line. */
  readonly track: ReadonlyArray<number> | undefined
  /** All that is known of some bars, by their place. */
  readonly details: Readonly<Record<number, ReadonlyArray<string>>>
  /** Start, ready, end, how it ended, and what is said of it. */
  readonly lives: ReadonlyArray<readonly [number, number, number, string, string]>
}

export interface PageData {
  readonly length: number
  readonly tasks: ReadonlyArray<string>
  readonly ends: ReadonlyArray<{ readonly id: string; readonly name: string }>
  readonly rows: ReadonlyArray<PageRow>
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100

const isPlain = ({ attempt, failure, inputPreview, message }: ReportBar): boolean =>
  attempt === 1 && failure === undefined && inputPreview === undefined && message === undefined

export const pageDataOf = (report: ReportData): PageData => {
  const { from: zero, to } = spanOf(report)
  const tasks = new Map<string, number>()
  const taskOf = (task: string): number => {
    const known = tasks.get(task) ?? tasks.size
    tasks.set(task, known)
    return known
  }
  const rows = report.workers.map(({ bars, id, lives, tracks }) => {
    let before = 0
    const start = bars.map(({ startedAt }) => {
      const at = rounded(startedAt - zero)
      const step = rounded(at - before)
      before = at
      return step
    })
    return {
      id,
      tracks,
      start,
      span: bars.map(({ endedAt, startedAt }) => rounded(endedAt - startedAt)),
      busy: bars.map(({ busyMs }) => rounded(busyMs)),
      task: bars.map(({ task }) => taskOf(task)),
      index: bars.map(({ index }) => index),
      count: bars.map(({ count }) => count),
      end: bars.map(({ outcome }) => ENDS.indexOf(outcome)),
      track: tracks > 1 ? bars.map(({ track }) => track) : undefined,
      details: Object.fromEntries(bars.flatMap((bar, at) => (isPlain(bar) ? [] : [[at, detailsOf(bar, zero)]]))),
      lives: lives.map(({ end, endedAt, how, pid, readyAt, startedAt }): PageRow["lives"][number] => [
        rounded(Math.max(0, startedAt - zero)),
        rounded((readyAt ?? endedAt ?? to) - zero),
        rounded((endedAt ?? to) - zero),
        how,
        `worker ${id}${pid === undefined ? "" : `, pid ${pid}`}: ${end ?? (how === "alive" ? "alive" : "ended")}`
      ])
    }
  })
  return {
    length: rounded(to - zero),
    tasks: [...tasks.keys()],
    ends: ENDS.map((id) => ({ id, name: OUTCOMES[id].name })),
    rows
  }
}
