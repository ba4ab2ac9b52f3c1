/**
 * What came of a chunk's jobs, on its way to the parent: small results are kept in the page, where they outlive the
 * worker, and sent together; the rest at once. Not the running of the jobs, which is `chunk-loop.ts`.
 */
import { lendView } from "../protocol/lone-view.ts"
import type { AttemptFault, FromWorker } from "../protocol/messages.ts"
import { monotonicNow } from "../protocol/page.ts"
import { encodeLent } from "../protocol/values.ts"
import type { PageWriter } from "./page-writer.ts"
import type { OutputPort } from "./runtime-host.ts"

/** Where results go. */
export interface ResultHost {
  readonly page: PageWriter
  readonly output: OutputPort
  /** Sends; true when the message has left the process's own memory. */
  send(message: FromWorker): boolean
}

export class ChunkResults {
  readonly #host: ResultHost
  readonly #chunkId: number
  readonly #keeps: boolean
  /** Time that the jobs took whose results are not sent. */
  busyMs = 0
  /** When what is kept was last sent. */
  flushedAt: number = monotonicNow()

  constructor(host: ResultHost, chunkId: number, keeps: boolean) {
    this.#host = host
    this.#chunkId = chunkId
    this.#keeps = keeps
  }

  /** Keeps or sends a value; true when it has left the process's memory. Throws `Unserializable`. */
  value(offset: number, value: unknown): boolean {
    const { page } = this.#host
    if (this.#keeps) {
      // The page would encode a large view to find that it has no room for it.
      const fits = lendView(value) === undefined
      if (fits && page.put(this.#chunkId, offset, value)) return true
      const sent = this.flush()
      if (fits && page.put(this.#chunkId, offset, value)) return sent
    }
    const { kind, bytes, refused } = encodeLent([value])
    if (refused !== undefined) throw refused
    return this.#send(offset, 1, kind, bytes)
  }

  #send(offset: number, count: number, kind: ReturnType<typeof encodeLent>["kind"], payload: Uint8Array): boolean {
    const { busyMs } = this
    this.busyMs = 0
    const sync = this.#host.output.syncPrinted()
    return this.#host.send({ _tag: "Values", chunkId: this.#chunkId, offset, count, kind, busyMs, sync, payload })
  }

  /** Says that a job has failed; true when that has left the process's memory. */
  failed(offset: number, fault: AttemptFault): boolean {
    const { busyMs } = this
    this.busyMs = 0
    const sync = this.#host.output.sync()
    return this.#host.send({ _tag: "Failed", chunkId: this.#chunkId, offset, busyMs, sync, fault })
  }

  /** Sends what is kept. */
  flush(): boolean {
    this.flushedAt = monotonicNow()
    const { page } = this.#host
    const kept = page.kept()
    if (kept === undefined) return true
    const sent = this.#send(kept.offset, kept.count, kept.kind, kept.bytes)
    page.clear()
    return sent
  }

  /** Gives back what has not been started, from `offset` on. */
  giveBack(offset: number): void {
    this.flush()
    this.#host.send({ _tag: "Returned", chunkId: this.#chunkId, offset })
  }
}
