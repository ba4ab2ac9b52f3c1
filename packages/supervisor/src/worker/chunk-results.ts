/**
 * What came of a chunk's jobs, on its way to the parent: small results are kept in the page, where they outlive the
 * worker, and sent together; the rest at once. Not the running of the jobs, which is `chunk-loop.ts`.
 */
import { lendView } from "../protocol/lone-view.ts"
import type { AttemptFault, FromWorker } from "../protocol/messages.ts"
import { monotonicNow } from "../protocol/page.ts"
import { encodeLent } from "../protocol/values.ts"
import type { Batch, PageWriter } from "./page-writer.ts"
import type { OutputPort } from "./runtime-host.ts"

/** Where results go. */
export interface ResultHost {
  readonly page: PageWriter
  readonly output: OutputPort
  /** Sends; true when the message has left the process's own memory. */
  send(message: FromWorker): boolean
}

/** What is kept is sent at most so much later; where it is of few jobs, only {@link LATE_MS} later. */
const FLUSH_MS = 2
const FEW = 4
const LATE_MS = 8
/** Of so many at most each one's time is told. */
const MOST_EACH = 8

export class ChunkResults {
  readonly #host: ResultHost
  readonly #chunkId: number
  readonly #keeps: boolean
  /** Time that the jobs took whose results are not sent. */
  busyMs = 0
  /** When what is kept was last sent. */
  #flushedAt: number
  /** What each took of those that are kept, as long as they are few, and all of them together. */
  #each: Array<number> = []
  #eachMs = 0

  constructor(host: ResultHost, chunkId: number, keeps: boolean, now: number) {
    this.#host = host
    this.#flushedAt = now
    this.#chunkId = chunkId
    this.#keeps = keeps
  }

  /** Keeps or sends a value; true when it has left the process's memory. Throws `Unserializable`. */
  value(offset: number, value: unknown): boolean {
    const { page } = this.#host
    if (this.#keeps) {
      // The page would encode a large view to find that it has no room for it.
      const fits = lendView(value) === undefined
      if (fits && this.#keep(page, offset, value)) return true
      const sent = this.flush()
      if (fits && this.#keep(page, offset, value)) return sent
    }
    const { kind, bytes, refused } = encodeLent([value])
    if (refused !== undefined) throw refused
    return this.#send({ offset, count: 1, kind, bytes }, this.busyMs)
  }

  #keep(page: PageWriter, offset: number, value: unknown): boolean {
    if (!page.put(this.#chunkId, offset, value)) return false
    if (this.#each.length < MOST_EACH) {
      this.#each.push(this.busyMs - this.#eachMs)
      this.#eachMs = this.busyMs
    }
    return true
  }

  #send({ offset, count, kind, bytes: payload }: Batch, busyMs: number, each?: ReadonlyArray<number>): boolean {
    this.busyMs -= busyMs
    const sync = this.#host.output.syncPrinted()
    const chunkId = this.#chunkId
    return this.#host.send({ _tag: "Values", chunkId, offset, count, kind, busyMs, each, sync, payload })
  }

  /** Says that a job has failed; true when that has left the process's memory. */
  failed(offset: number, fault: AttemptFault): boolean {
    const { busyMs } = this
    this.busyMs = 0
    const sync = this.#host.output.sync()
    return this.#host.send({ _tag: "Failed", chunkId: this.#chunkId, offset, busyMs, sync, fault })
  }

  /** Whether what is kept is to be sent. `few`: what is of fewer jobs may wait for others. */
  isDue(now: number, few = FEW): boolean {
    const ms = now - this.#flushedAt
    return ms > FLUSH_MS && (ms > LATE_MS || this.#host.page.keptCount >= few)
  }

  /** Sends what is kept. */
  flush(): boolean {
    this.#flushedAt = monotonicNow()
    const { page } = this.#host
    const kept = page.kept()
    if (kept === undefined) return true
    const each = this.#each
    // Of those that share a reading of the clock it is not known.
    const isKnown = each.length === kept.count
    const ms = isKnown ? this.#eachMs : this.busyMs
    this.#each = []
    this.#eachMs = 0
    const sent = this.#send(kept, ms, isKnown && kept.count > 1 ? each : undefined)
    page.clear()
    return sent
  }

  /** Gives back what has not been started, from `offset` on. */
  giveBack(offset: number): void {
    this.flush()
    this.#host.send({ _tag: "Returned", chunkId: this.#chunkId, offset })
  }
}
