/**
 * Whether it pays for a worker and its parent to wait for each other awake. Where both have a processor to themselves,
 * round trips of tiny jobs take a third of the time so; where other programs want the processors too, they take longer.
 * So it is tried, and tried again from time to time, and the better goes on. Not the waiting, which is `BusyPoll.ts`.
 */
import { BusyPoll } from "../protocol/BusyPoll.ts"

/** Round trips that are averaged: being interrupted, which is what it may cost, is rare and takes milliseconds. */
const WINDOW = 256
/** Jobs that take longer on average have nothing to gain. */
const TINY_MS = 0.3
/** What took longer was no round trip of a tiny job: a longer job, or a machine that stood still. */
const MOST_MS = 10
/** To be awake has to bring a fifth. */
const GAIN = 0.8
/** Windows until the other way is tried once more: twice as many each time that it was no better. */
const SOONEST = 4
const LATEST = 64

/** Of one worker. */
export class PollPolicy {
  readonly #poll: Pick<BusyPoll, "begin" | "end">
  readonly #now: () => number
  /** Whether parent and worker wait awake now. */
  awake = false
  #askedAt: number | undefined
  #count = 0
  #sum = 0
  /** What a round trip took in the last window of each way. */
  #asleepMs = 0
  #awakeMs = 0
  /** Whether this window is but a trial of its way. */
  #isTrial = false
  /** Windows until the other way is tried. */
  #left = 1
  #patience = SOONEST

  constructor(poll: Pick<BusyPoll, "begin" | "end"> = new BusyPoll(), now: () => number = () => performance.now()) {
    this.#poll = poll
    this.#now = now
  }

  /** A job is sent. */
  asked(): void {
    this.#askedAt ??= this.#now()
    if (this.awake) this.#poll.begin()
  }

  /** Something has come. */
  answered(): void {
    if (this.#askedAt === undefined) return
    this.#sum += Math.min(this.#now() - this.#askedAt, MOST_MS)
    this.#askedAt = undefined
    if (this.awake) this.#poll.end()
    if (++this.#count === WINDOW) this.#decide()
  }

  #decide(): void {
    const mean = this.#sum / WINDOW
    this.#count = 0
    this.#sum = 0
    if (this.awake) this.#awakeMs = mean
    else this.#asleepMs = mean
    const pays = this.#awakeMs < this.#asleepMs * GAIN
    if (mean > TINY_MS) {
      this.#patience = SOONEST
      this.#settle(false)
    } else if (this.#isTrial) {
      this.#patience = pays === this.awake ? SOONEST : Math.min(LATEST, this.#patience * 2)
      this.#settle(pays)
    } else if (--this.#left <= 0 || (this.awake && !pays)) {
      this.awake = !this.awake
      this.#isTrial = true
    }
  }

  #settle(awake: boolean): void {
    this.awake = awake
    this.#isTrial = false
    this.#left = this.#patience
  }
}
