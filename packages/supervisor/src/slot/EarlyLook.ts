/**
 * A look at a job some time before its deadline: under load there is no time for it afterwards. Readies the watchdog's
 * debugger, asks the event loop what it waits on, and where that does not answer, looks where the thread stands.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Frame } from "@holdfast/core"
import type { Waited } from "../protocol/messages.ts"
import type { WorkerLink } from "../transport/Transport.ts"
import type { Capture } from "../watchdog/messages.ts"

/** An event loop that gives no answer for so long is blocked, or slow under load. */
const ANSWER_MS = 50
/** A look from outside takes no longer, and is over before the deadline. */
const CAPTURE_MS = 900
const LEAST_CAPTURE_MS = 100
const SPARE_MS = 30

/** Whose job it is. */
export interface Looked {
  readonly link: WorkerLink | undefined
  inspect(withinMs: number): Promise<ReadonlyArray<Waited> | undefined>
}

export class EarlyLook {
  readonly #slot: Looked
  /** Whether the debugger is ready. */
  #armed = false
  /** Whether it was looked at long before. */
  #glanced = false
  /** Counts jobs. */
  #job = 0
  /** Where the job stood, if it was blocked. */
  seen: Promise<Capture | undefined> | undefined
  /** What it said that it waits on, if it was not. */
  waitedOn: ReadonlyArray<Waited> | undefined
  /** Where the running job was when it was last seen to run JavaScript; `at` by `performance.now()`. */
  lastSeen: { readonly frames: ReadonlyArray<Frame>; readonly at: number } | undefined

  constructor(slot: Looked) {
    this.#slot = slot
  }

  /** Begins `leftMs` before the deadline; lasts until the running job is done. */
  begin(leftMs: number): void {
    if (this.#armed) return
    this.#armed = true
    this.#slot.link?.watchdog?.arm()
    const job = this.#job
    const captureMs = Math.max(LEAST_CAPTURE_MS, Math.min(CAPTURE_MS, leftMs - ANSWER_MS - SPARE_MS))
    this.seen = this.#look(leftMs, captureMs).then((capture) => {
      if (capture?.state === "stopped") this.remember(capture.frames, job)
      return capture
    })
  }

  async #look(leftMs: number, withinMs: number): Promise<Capture | undefined> {
    const { link } = this.#slot
    // Asked also because the first answer takes many times as long as the next.
    const answer = this.#slot.inspect(Math.max(ANSWER_MS, leftMs)).then((waits) => {
      if (this.#armed && this.#slot.link === link && waits !== undefined) this.waitedOn = waits
      return waits
    })
    const waits = await Promise.race([answer, sleep(ANSWER_MS, undefined)])
    if (!this.#armed || this.#slot.link !== link) return undefined
    return waits === undefined ? link?.watchdog?.capture({ withinMs, resume: true }) : undefined
  }

  /**
   * A look long before the deadline: where the job is blocked in native code by then, this tells what it did before.
   * Looks from outside only if the event loop is blocked.
   */
  async glance(): Promise<void> {
    if (this.#glanced || this.#armed) return
    this.#glanced = true
    const { link } = this.#slot
    const job = this.#job
    const isOver = () => this.#armed || this.#job !== job || this.#slot.link !== link
    if ((await this.#slot.inspect(ANSWER_MS)) !== undefined || isOver()) return
    const capture = await link?.watchdog?.capture({ withinMs: CAPTURE_MS, resume: true })
    if (capture?.state === "stopped") this.remember(capture.frames, job)
  }

  /** Which job it is about, for {@link remember}. */
  get job(): number {
    return this.#job
  }

  /** The job was there a moment ago; unless another runs now. */
  remember(frames: ReadonlyArray<Frame>, job: number): void {
    if (job === this.#job) this.lastSeen = { frames, at: performance.now() }
  }

  /** The job is done. */
  end(): void {
    this.#next()
    if (!this.#armed) return
    this.forget()
    this.#slot.link?.watchdog?.disarm()
  }

  /** Its worker is another now. */
  forget(): void {
    this.#next()
    this.#armed = false
    this.seen = undefined
    this.waitedOn = undefined
  }

  #next(): void {
    this.#job++
    this.#glanced = false
    this.lastSeen = undefined
  }
}
