/**
 * The bars of one worker's row, bounded: once there are too many, short successes next to each other are put together,
 * ever longer ones as the run goes on; where neighbours are of different kinds, the oldest are let go of. Costs a
 * comparison and a push for each answer of a worker.
 */
import type { ReportBar } from "./report-data.ts"

/** A bar that may grow. */
export type Bar = { -readonly [K in keyof ReportBar]: ReportBar[K] } & {
  /** Ran beside others in its worker: its times are as they are. */
  readonly beside: boolean
  /** Never put together with others. */
  readonly pinned: boolean
}

/** Steps back at most, when a bar pushes those before it. */
const MOST_PUSHED = 64
/** Putting together has to bring so much of all bars. */
const LEAST_WON = 1 / 8

/** Whether two bars may become one. */
const isLike = (last: Bar, next: Bar): boolean =>
  !last.pinned && !next.pinned && last.task === next.task && last.call === next.call && last.outcome === next.outcome

export class Track {
  readonly #bars: Array<Bar> = []
  #pinned = 0
  /** Bars that together are no longer than this, in milliseconds, may become one. */
  #grain = 0
  /** Jobs that stand in a bar with others. */
  merged = 0
  /** Jobs whose bars were let go of. */
  forgotten = 0

  get bars(): ReadonlyArray<Bar> {
    return this.#bars
  }

  /** Adds a bar, the last one by its end. `most`: bars that may be kept beside those that are pinned. */
  add(bar: Bar, most: number): void {
    if (!bar.beside) this.#push(bar)
    const last = this.#bars.at(-1)
    if (last !== undefined && this.#grain > 0 && this.#join(last, bar)) return
    this.#bars.push(bar)
    if (bar.pinned) this.#pinned++
    if (this.#bars.length - this.#pinned > most && !this.#coarsen()) this.#forget(Math.ceil(most / 2))
  }

  /**
   * One worker runs one job after another, so bars can't overlap. They seem to where the program was too busy to hear
   * of an answer in time: then what came before ended earlier than it was heard of.
   */
  #push(bar: Bar): void {
    let from = bar.startedAt
    const first = Math.max(0, this.#bars.length - MOST_PUSHED)
    for (let at = this.#bars.length - 1; at >= first; at--) {
      const before = this.#bars[at] as Bar
      if (before.endedAt <= from || before.beside) return
      const late = before.endedAt - from
      before.endedAt -= late
      before.startedAt -= late
      from = before.startedAt
    }
  }

  #join(last: Bar, next: Bar): boolean {
    if (!isLike(last, next)) return false
    const startedAt = Math.min(last.startedAt, next.startedAt)
    const endedAt = Math.max(last.endedAt, next.endedAt)
    if (endedAt - startedAt > this.#grain) return false
    this.merged += next.count + (last.count === 1 ? 1 : 0)
    last.startedAt = startedAt
    last.endedAt = endedAt
    last.count += next.count
    last.busyMs += next.busyMs
    last.index = Math.min(last.index, next.index)
    last.attempt = Math.max(last.attempt, next.attempt)
    delete last.key
    delete last.inputPreview
    return true
  }

  /** Puts together what it can; false where that would not bring enough, however long the bars became. */
  #coarsen(): boolean {
    // One at least, so that there is room for the next.
    const least = 1 + Math.ceil((this.#bars.length - this.#pinned) * LEAST_WON)
    let alike = 0
    for (const [at, bar] of this.#bars.entries()) if (at > 0 && isLike(this.#bars[at - 1] as Bar, bar)) alike++
    if (alike < least) return false
    const most = this.#bars.length - least
    while (this.#bars.length > most && this.#grain < Number.MAX_SAFE_INTEGER) {
      this.#grain = Math.max(1, this.#grain * 2)
      for (const bar of this.#bars.splice(0)) {
        const last = this.#bars.at(-1)
        if (last === undefined || !this.#join(last, bar)) this.#bars.push(bar)
      }
    }
    return this.#bars.length <= most
  }

  /** Lets go of so many of the oldest bars, but of none that is pinned. */
  #forget(count: number): void {
    let left = count
    for (const bar of this.#bars.splice(0)) {
      if (bar.pinned || left === 0) this.#bars.push(bar)
      else {
        this.forgotten += bar.count
        left--
      }
    }
  }
}
