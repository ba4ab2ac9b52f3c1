/**
 * The records of an inline worker: what its jobs and contexts log by `currentTask().log` and `Effect.log`. They go the
 * way that a process's output goes, to the pool's log with the name of their job; on the program's own stdout nobody
 * had asked for them. What a job prints otherwise is the program's own output.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { Readable } from "node:stream"
import { type Owner, ownerMarker, releaseMarker, syncMarker } from "../protocol/output-marker.ts"
import { type ScopeHost, scopeNow } from "../worker/job-scope.ts"
import { divertRecords } from "../worker/output.ts"
import type { OutputPort } from "../worker/runtime-host.ts"

/** By the worker whose jobs run: several pools of a program may be inline. */
const outputs = new WeakMap<ScopeHost, InlineOutput>()
/** Whose contexts are built or released. Not around jobs, whose own scope would take 40 % longer to enter then. */
const ofContexts = new AsyncLocalStorage<InlineOutput>()

divertRecords(() => {
  const scope = scopeNow()
  return scope === undefined ? ofContexts.getStore() : outputs.get(scope.host)
})

const ownerNow = (): Owner | undefined => {
  const scope = scopeNow()
  return scope === undefined ? undefined : { chunkId: scope.chunk.chunkId, offset: scope.offset }
}

export class InlineOutput implements OutputPort {
  readonly stream = new Readable({ read: () => undefined })
  readonly #nonce: string
  #syncs = 0
  #hasPrinted = false
  #hasEnded = false

  constructor(nonce: string) {
    this.#nonce = nonce
  }

  /** What jobs of this worker log comes here. */
  belongTo(worker: ScopeHost): void {
    outputs.set(worker, this)
  }

  /** Calls `f`, which builds or releases contexts: what they log comes here. */
  within(f: () => void): void {
    ofContexts.run(this, f)
  }

  print(line: string): void {
    // Of a job that its worker has been let go of with: elsewhere it would not run any more.
    if (this.#hasEnded) return
    this.#hasPrinted = true
    this.stream.push(ownerMarker(this.#nonce, ownerNow()) + line + releaseMarker(this.#nonce))
  }

  /** Nothing more is taken. */
  end(): void {
    this.#hasEnded = true
    this.stream.push(null)
  }

  over(): void {}

  sync(): number {
    if (this.#hasEnded) return this.#syncs
    this.#hasPrinted = false
    this.stream.push(syncMarker(this.#nonce, ++this.#syncs))
    return this.#syncs
  }

  syncPrinted(): number {
    return this.#hasPrinted ? this.sync() : this.#syncs
  }
}
