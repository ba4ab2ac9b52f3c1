/**
 * Sees to it that a pipeline leaves the program time for all else. Functions that answer at once, and inputs that are
 * there already, make a run of promises alone: for as long as it goes on no timer would fire, no signal be heard and no
 * worker be answered.
 */
import { setImmediate as atNextTurn } from "node:timers"
import { setImmediate as turn } from "node:timers/promises"

/** Seldom enough to cost nothing and to keep together what is at hand together, and often enough for whoever waits. */
const MOST_MS = 25

export class Breather {
  readonly #now: () => number
  /** Since when the event loop has not turned, as far as this pipeline was at work. */
  #since: number | undefined
  readonly #turned = (): void => {
    this.#since = undefined
  }

  constructor(now: () => number) {
    this.#now = now
  }

  /** To be waited for before the next value; undefined where that may come at once. */
  pause(): Promise<void> | undefined {
    if (this.#since === undefined) {
      this.#since = this.#now()
      atNextTurn(this.#turned)
      return undefined
    }
    return this.#now() - this.#since < MOST_MS ? undefined : turn()
  }
}
