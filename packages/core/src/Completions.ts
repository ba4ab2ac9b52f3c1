/**
 * Handles in the order in which their jobs settle, one at a time, in terms of callbacks: what both doors make
 * `Handle.asCompleted` of. Every job has one listener, and none once the reader has gone.
 */

/** Something that settles once. */
export interface Settles {
  /** Calls `listener` once it has settled, at once if it has. Returns how to stop listening. */
  onSettled(listener: () => void): () => void
}

export class Completions<H> {
  /** Settled and not yet taken, from `#at` on. */
  readonly #settled: Array<H> = []
  #at = 0
  #left: number
  readonly #waiting: Array<(handle: H | undefined) => void> = []
  readonly #stops: Array<() => void> = []

  constructor(handles: Iterable<H>, settlingOf: (handle: H) => Settles) {
    // A handle given twice is told of once.
    const all = new Set(handles)
    this.#left = all.size
    for (const handle of all) this.#stops.push(settlingOf(handle).onSettled(() => this.#came(handle)))
  }

  #came(handle: H): void {
    this.#left--
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#settled.push(handle)
    else waiting(handle)
    if (this.#left === 0) this.#end()
  }

  #end(): void {
    for (const tell of this.#waiting.splice(0)) tell(undefined)
  }

  /** Tells the next handle as soon as there is one; undefined at the end. */
  next(tell: (handle: H | undefined) => void): void {
    if (this.#at < this.#settled.length) tell(this.#settled[this.#at++])
    else if (this.#left === 0) tell(undefined)
    else this.#waiting.push(tell)
  }

  /** Whatever else is at hand. */
  ready(): Array<H> {
    const ready = this.#settled.slice(this.#at)
    this.#at = this.#settled.length
    return ready
  }

  /** Listens to nobody any more. */
  close(): void {
    this.#left = 0
    this.#at = this.#settled.length
    for (const stop of this.#stops.splice(0)) stop()
    this.#end()
  }
}
