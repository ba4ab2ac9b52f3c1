/**
 * In which order a pool's workers are started, and how many at the same time: a spawn blocks the parent, and what starts
 * beside 200 others gets so little of the machine that its `startTimeout` passes. Not when one that has ended is started
 * again: that is each slot's own affair.
 */
import { availableParallelism } from "node:os"
import type { Slot } from "../slot/Slot.ts"

/** As much of a slot as is used. */
type Starting = Pick<Slot, "state" | "handle">

export class StartOrder {
  readonly #most: number
  readonly #patienceMs: number
  readonly #waiting: Array<Starting> = []
  /** When each was started that has not come to be ready. */
  readonly #starting = new Map<Starting, number>()
  #timer: NodeJS.Timeout | undefined
  #looking = false

  /**
   * `patienceMs`: a start that takes longer waits for something else than the machine, and holds nobody up. `most` is
   * more than can be at work, so that those whose contexts wait for a moment cost no time.
   */
  constructor(patienceMs: number, most = Math.max(8, 2 * availableParallelism())) {
    this.#patienceMs = patienceMs
    this.#most = most
  }

  /** How many wait for their start. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Starts them in this order, each in its turn; one that is not vacant by then is passed over. */
  add(slots: Iterable<Starting>): void {
    this.#waiting.push(...slots)
    this.look()
  }

  /** Starts those that may. To be called whenever a slot's state has changed. */
  look(): void {
    if (this.#looking || this.#waiting.length === 0) return
    this.#looking = true
    const now = performance.now()
    for (const [slot, since] of this.#starting)
      if (slot.state._tag !== "starting" || now - since >= this.#patienceMs) this.#starting.delete(slot)
    while (this.#starting.size < this.#most) {
      const slot = this.#waiting.shift()
      if (slot === undefined) break
      if (slot.state._tag !== "vacant") continue
      slot.handle({ _tag: "Start" })
      this.#starting.set(slot, now)
    }
    this.#looking = false
    clearTimeout(this.#timer)
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.look(), this.#patienceMs).unref()
  }

  /** Starts nobody any more. */
  end(): void {
    this.#waiting.length = 0
    clearTimeout(this.#timer)
  }
}
