/**
 * Whether it pays for a worker and its parent to wait for each other awake. Where both have a processor to themselves,
 * round trips of tiny jobs take a third of the time so; where other programs want the processors too, they take longer.
 * So both ways are tried in turns, again from time to time, and the better goes on. Not the waiting, which is `BusyPoll.ts`.
 */
import { BusyPoll } from "../protocol/BusyPoll.ts"

/** Round trips that are averaged: being interrupted, which is what it may cost, is rare and takes milliseconds. */
const WINDOW = 256
/** Round trips of one way before those of the other, while both are compared: who interrupts one shall meet both. */
const TURN = 32
/** Jobs that take longer on average have nothing to gain. */
const TINY_MS = 0.5
/** What took longer was no round trip of a tiny job: a longer job, or a machine that stood still. */
const MOST_MS = 10
/** To be awake has to bring a fifth. */
const GAIN = 0.8
/** Windows until both ways are compared once more: twice as many each time that the same one was better. */
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
  /** What the round trips of this window took, or of this comparison: those asleep, and those awake. */
  #asleepMs = 0
  #awakeMs = 0
  /** What those of the last comparison took that were asleep. */
  #knownMs = 0
  #isComparing = false
  /** Whether it paid then to be awake. */
  #paid = false
  /** Windows until both are compared. */
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
    const ms = Math.min(this.#now() - this.#askedAt, MOST_MS)
    this.#askedAt = undefined
    this.#count++
    if (this.awake) {
      this.#poll.end()
      this.#awakeMs += ms
    } else this.#asleepMs += ms
    const most = this.#isComparing ? 2 * WINDOW : WINDOW
    if (this.#asleepMs + this.#awakeMs > TINY_MS * most) this.#settle(false, 1)
    else if (this.#count < most) {
      if (this.#isComparing && this.#count % TURN === 0) this.awake = !this.awake
    } else if (this.#isComparing) this.#decide()
    else this.#look()
  }

  /** After a window of the better way: is it time to compare? */
  #look(): void {
    const isWorse = this.awake && this.#awakeMs > this.#knownMs * GAIN
    this.#begin()
    if (--this.#left > 0 && !isWorse) return
    this.#isComparing = true
    this.awake = !this.awake
  }

  /** After a comparison. */
  #decide(): void {
    const pays = this.#awakeMs < this.#asleepMs * GAIN
    this.#patience = pays === this.#paid ? Math.min(LATEST, this.#patience * 2) : SOONEST
    this.#paid = pays
    this.#knownMs = this.#asleepMs
    this.#settle(pays, this.#patience)
  }

  #settle(awake: boolean, windows: number): void {
    this.awake = awake
    this.#isComparing = false
    this.#left = windows
    this.#begin()
  }

  #begin(): void {
    this.#count = 0
    this.#asleepMs = 0
    this.#awakeMs = 0
  }
}
