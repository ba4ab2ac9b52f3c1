/** The longest attempts seen, as many as fit into a table. */
import type { ReportBar } from "./report-data.ts"

const MOST = 25

export class Slowest {
  /** Longest first. */
  readonly #bars: Array<ReportBar> = []

  get bars(): ReadonlyArray<ReportBar> {
    return this.#bars
  }

  /** Whether one that took so long would be among them. */
  wants(ms: number): boolean {
    return this.#bars.length < MOST || ms > (this.#bars.at(-1)?.busyMs ?? 0)
  }

  add(bar: ReportBar): void {
    const at = this.#bars.findIndex(({ busyMs }) => busyMs < bar.busyMs)
    this.#bars.splice(at === -1 ? this.#bars.length : at, 0, bar)
    if (this.#bars.length > MOST) this.#bars.pop()
  }
}
