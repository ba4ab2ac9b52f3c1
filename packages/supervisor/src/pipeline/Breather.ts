/**
 * Sees to it that a pipeline leaves the program time for all else. Functions that answer at once, and inputs that are
 * there already, make a run of promises alone: for as long as it goes on no timer would fire, no signal be heard and no
 * worker be answered.
 */
import { setImmediate as atNextTurn } from "node:timers"
import { setImmediate as turn } from "node:timers/promises"

/** Often enough for whoever waits. */
const LONG_MS = 25
const TOO_LONG_MS = 250

/** What is at hand together goes to a worker together: a pause would part it. A first run of cold code may be slow. */
const TOGETHER = 100

export class Breather {
  readonly #now: () => number
  /** Since when the event loop has not turned, as far as this pipeline was at work, and the values of that time. */
  #since: number | undefined
  #values = 0
  readonly #turned = (): void => {
    this.#since = undefined
  }

  constructor(now: () => number) {
    this.#now = now
  }

  /** To be waited for before the next value; undefined where that may come at once. */
  pause(): Promise<void> | undefined {
    const now = this.#now()
    if (this.#since === undefined) {
      this.#since = now
      this.#values = 0
      atNextTurn(this.#turned)
    }
    return now - this.#since < (++this.#values > TOGETHER ? LONG_MS : TOO_LONG_MS) ? undefined : turn()
  }
}
