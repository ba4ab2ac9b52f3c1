/**
 * A look at a job some time before its deadline: under load there is no time for it afterwards. Readies the watchdog's
 * debugger, asks the event loop what it waits on, and where that does not answer, looks where the thread stands.
 */
import type { Resource } from "@holdfast/core"
import type { WorkerLink } from "../transport/Transport.ts"
import type { Capture } from "../watchdog/messages.ts"

/** An event loop that gives no answer for so long is blocked, or slow under load; and what is left to look into it. */
const ANSWER_MS = 50
const CAPTURE_MS = 420

/** Whose job it is. */
export interface Looked {
  readonly link: WorkerLink | undefined
  inspect(withinMs: number): Promise<ReadonlyArray<Resource> | undefined>
}

export class EarlyLook {
  readonly #slot: Looked
  /** Whether the debugger is ready. */
  #armed = false
  /** Where the job stood, if it was blocked. */
  seen: Promise<Capture | undefined> | undefined
  /** What it said that it waits on, if it was not. */
  waitedOn: ReadonlyArray<Resource> | undefined

  constructor(slot: Looked) {
    this.#slot = slot
  }

  begin(): void {
    if (this.#armed) return
    this.#armed = true
    this.#slot.link?.watchdog?.arm()
    this.seen = this.#look()
  }

  async #look(): Promise<Capture | undefined> {
    const { link } = this.#slot
    // Asked also because the first answer takes many times as long as the next.
    const answer = await this.#slot.inspect(ANSWER_MS)
    if (!this.#armed || this.#slot.link !== link) return undefined
    this.waitedOn = answer
    return answer === undefined ? link?.watchdog?.capture({ withinMs: CAPTURE_MS, resume: true }) : undefined
  }

  /** The job is done. */
  end(): void {
    if (!this.#armed) return
    this.forget()
    this.#slot.link?.watchdog?.disarm()
  }

  /** Its worker is another now. */
  forget(): void {
    this.#armed = false
    this.seen = undefined
    this.waitedOn = undefined
  }
}
