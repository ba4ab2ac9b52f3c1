/**
 * What one stage of a pipeline has done so far: counts, and how busy it was of late. Pure but for the clock it is
 * given. Not what is made of it, which is the report's.
 */

/** Over so long the present rate and utilisation are taken. */
const WINDOW_MS = 10_000
const SAMPLE_MS = 250

interface Sample {
  readonly at: number
  readonly settled: number
  readonly busyMs: number
}

/** What kind of stage it is. */
export type StageKind = "task" | "map" | "filter" | "tap" | "batch" | "unbatch"

export class StageTally {
  readonly name: string
  readonly kind: StageKind
  /** Taken from the stage before, or from the inputs. */
  in = 0
  /** Of those, the ones whose results have been handed on. */
  through = 0
  /** Results handed on; as many as `through`, but where values are grouped or taken apart. */
  out = 0
  failed = 0
  /** Of those that have failed, the ones that the dead-letter sink has taken. */
  deadLettered = 0
  filtered = 0
  /** Given up, since the pipeline was stopped. */
  cancelled = 0
  /** Time that its jobs have taken, those that run included. */
  busyMs: () => number = () => 0
  /** How many can run at once. */
  capacity: () => number = () => 1
  readonly #now: () => number
  readonly #startedAt: number
  #endedAt: number | undefined
  #samples: Array<Sample>

  constructor(name: string, kind: StageKind, now: () => number) {
    this.name = name
    this.kind = kind
    this.#now = now
    this.#startedAt = now()
    this.#samples = [{ at: this.#startedAt, settled: 0, busyMs: 0 }]
  }

  /** Through, failed or left out. */
  get settled(): number {
    return this.through + this.failed + this.filtered
  }

  /** Taken, and not yet accounted for: queued, running, or done and not handed on. */
  get waiting(): number {
    return this.in - this.settled - this.cancelled
  }

  get ended(): boolean {
    return this.#endedAt !== undefined
  }

  /** Nothing more will come of it: what it had left was given up. */
  end(): void {
    if (this.#endedAt !== undefined) return
    this.cancelled += Math.max(0, this.waiting)
    this.#endedAt = this.#now()
    // A pool that goes on may end what was given up later, and may be resized.
    const [busyMs, capacity] = [this.busyMs(), this.capacity()]
    this.busyMs = () => busyMs
    this.capacity = () => capacity
  }

  /** To be called as inputs settle: so that "of late" can be told. */
  moved(): void {
    const now = this.#now()
    const last = this.#samples.at(-1)
    if (last === undefined || now - last.at >= SAMPLE_MS)
      this.#samples.push({ at: now, settled: this.settled, busyMs: this.busyMs() })
    while (this.#samples.length > 2 && now - (this.#samples[1]?.at ?? now) >= WINDOW_MS) this.#samples.shift()
  }

  /** The inputs it settles in a second, and which part of what it could do it did; of late, or over all once ended. */
  pace(): { readonly perSecond: number; readonly utilisation: number } {
    const now = this.#endedAt ?? this.#now()
    if (!this.ended) this.moved()
    const since = this.ended ? { at: this.#startedAt, settled: 0, busyMs: 0 } : this.#samples[0]
    const ms = now - (since?.at ?? now)
    if (since === undefined || ms <= 0) return { perSecond: 0, utilisation: 0 }
    const busy = (this.busyMs() - since.busyMs) / (ms * Math.max(1, this.capacity()))
    return { perSecond: ((this.settled - since.settled) / ms) * 1000, utilisation: Math.min(1, Math.max(0, busy)) }
  }
}
