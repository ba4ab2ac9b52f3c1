/** The rows of a timeline, one for each worker there was, bounded: those that ended longest ago go first. */
import { Lives } from "./Lives.ts"
import { Track } from "./Track.ts"

/** Twice as many as a pool can have: spares step in under numbers of their own. */
const MOST = 2_048

export interface Row {
  readonly track: Track
  readonly lives: Lives
  jobs: number
  busyMs: number
}

export class Rows {
  readonly #rows = new Map<number, Row>()
  /** How many are not known any more. */
  forgotten = 0

  get size(): number {
    return this.#rows.size
  }

  /** By the workers' numbers. */
  get all(): ReadonlyMap<number, Row> {
    return this.#rows
  }

  /** A worker's row, made when it is first needed. */
  of(worker: number): Row {
    let row = this.#rows.get(worker)
    if (row === undefined) {
      row = { track: new Track(), lives: new Lives(), jobs: 0, busyMs: 0 }
      if (this.#rows.size >= MOST) this.#forgetOne()
      this.#rows.set(worker, row)
    }
    return row
  }

  #forgetOne(): void {
    for (const [worker, { lives }] of this.#rows) {
      if (lives.all.at(-1)?.endedAt === undefined) continue
      this.#rows.delete(worker)
      this.forgotten++
      return
    }
  }
}
