/**
 * Runs the jobs of one chunk, one after another, and sends what comes of each. Keeps two promises: the mark
 * says which job runs, and a result has left the worker's own memory before the next mark is set. A hot path:
 * for tiny jobs no closure, promise or allocation is made per job. Not which chunk comes next (`runtime.ts`).
 */
import { Task } from "@holdfast/core"
import { describeError } from "../protocol/error-description.ts"
import { stackOf } from "../protocol/error-facts.ts"
import { lendView } from "../protocol/lone-view.ts"
import type { AttemptFault, FromWorker, Run } from "../protocol/messages.ts"
import type { Limit } from "../protocol/page.ts"
import { BatchReader, encodeBatch, encodeLent, Unserializable } from "../protocol/values.ts"
import { Abandoned, type ChunkFacts, JobScope, type ScopeHost, within } from "./job-scope.ts"
import { clock, type PageWriter } from "./page-writer.ts"
import { finish, isGenerator } from "./partial-results.ts"
import { Interrupted, type Runnable, SchemaMismatch, spansOf, TypedFailure } from "./runnable.ts"
import type { OutputPort } from "./runtime-host.ts"

/** What the loop needs of the worker around it. */
export interface LoopHost extends ScopeHost {
  page: PageWriter
  /** True when a late error has made the worker unfit for further jobs. */
  readonly dirty: boolean
  /** Sends; true when the message has left the process's own memory. */
  send(message: FromWorker): boolean
  drained(): Promise<void>
  readonly output: OutputPort
  /** Nothing of the job is left to be done here. */
  over(chunkId: number, offset: number): void
  /** The job waits: from here an event loop that would end proves that it never will. */
  awaiting(scope: JobScope): void
  resumed(scope: JobScope): void
  /** The parent has taken back all chunks up to this one. */
  revoke(limit: Limit): void
}

/** A chunk as a worker holds it. */
export interface Chunk {
  readonly run: Run
  readonly runnable: Runnable
  /** Jobs cancelled before they started. */
  readonly skip: Set<number>
  /** Set when what has not started is to be given back. */
  stopped: boolean
  /** Whose turn it is. */
  scope: JobScope | undefined
}

/** Results of tiny jobs are sent at most so much later. */
const FLUSH_MS = 2
/** A chunk of tiny synchronous jobs lets the event loop turn this often, for cancellations to be heard. */
const YIELD_MS = 10
/** From this many jobs in a chunk on (auto-chunking has then seen that they are small), mapping the page (9 ms, once) pays. */
const MAP_FROM = 16
/** Below this per job, one scope serves the whole chunk. */
const TINY_MS = 0.02

const meanMs = new WeakMap<Runnable, number>()

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === "object" && value !== null) || typeof value === "function") &&
  typeof (value as { then?: unknown }).then === "function"

const settled = (promise: PromiseLike<unknown>, scope: JobScope): Promise<unknown> =>
  new Promise((resolve, reject) => {
    scope.abandon = (fault) => reject(new Abandoned(fault))
    promise.then(resolve, reject)
  })

/** What a throw says of its attempt. Never throws. */
const faultOf = (thrown: unknown, scope: JobScope): AttemptFault => {
  try {
    return faultOfKnown(thrown, scope)
  } catch {
    // A proxy whose traps throw does so when it is asked for its class.
    return { _tag: "Threw", error: describeError(thrown), final: false }
  }
}

const faultOfKnown = (thrown: unknown, scope: JobScope): AttemptFault => {
  if (thrown instanceof Abandoned) return thrown.fault
  if (scope.cancelled) return { _tag: "Cancelled" }
  if (thrown instanceof SchemaMismatch) {
    const facts = { message: thrown.error.message, error: describeError(thrown.error) }
    return thrown.side === "input" ? { _tag: "BadInput", ...facts } : { _tag: "InvalidOutput", ...facts }
  }
  if (thrown instanceof Unserializable) return { _tag: "NotSerializable", path: thrown.path, message: thrown.message }
  if (thrown instanceof TypedFailure) {
    const { error, final } = Task.unwrapAbort(thrown.error)
    const encoded = thrown.isEncoded ? encodeBatch([thrown.encoded]) : undefined
    if (encoded === undefined || encoded.refused !== undefined)
      return { _tag: "Typed", error: describeError(error), encoded: undefined, final, ...spansOf(thrown) }
    const bytes = Buffer.concat([Buffer.of(encoded.kind), encoded.bytes])
    const stack = error instanceof Error ? stackOf(error) : undefined
    return { _tag: "Typed", error: undefined, encoded: bytes, final, stack, ...spansOf(thrown) }
  }
  const cause =
    thrown instanceof Interrupted
      ? new Error("the Effect was interrupted, though nobody had cancelled its job")
      : thrown
  const { error, final } = Task.unwrapAbort(cause)
  return { _tag: "Threw", error: describeError(error), final, ...spansOf(thrown) }
}

/** The next input. One that can't be read is no fault of the task, which never saw it. */
const inputOf = (reader: BatchReader): unknown => {
  try {
    return reader.next()
  } catch (error) {
    throw new SchemaMismatch("input", error as Error)
  }
}

class Loop {
  readonly #host: LoopHost
  readonly #chunk: Chunk
  readonly #facts: ChunkFacts
  readonly #keeps: boolean
  #busyMs = 0
  #flushedAt: number

  constructor(host: LoopHost, chunk: Chunk, facts: ChunkFacts) {
    this.#host = host
    this.#chunk = chunk
    this.#facts = facts
    if (chunk.run.count >= MAP_FROM) host.page = host.page.mapped()
    this.#keeps = chunk.run.count > 1
    this.#flushedAt = clock()
  }

  async run(shared: JobScope | undefined): Promise<void> {
    const host = this.#host
    const chunk = this.#chunk
    const { run, runnable } = chunk
    const reader = new BatchReader(run.kind, run.payload, run.count)
    let now = this.#flushedAt
    let yieldedAt = now
    for (let offset = 0; offset < run.count; offset++) {
      if (chunk.stopped || host.dirty) return this.#giveBack(offset)
      host.page.mark(run.chunkId, offset, now)
      if (!host.page.mayStart(run.chunkId, offset)) {
        host.revoke(host.page.limit())
        return this.#giveBack(offset)
      }
      let scope: JobScope
      if (shared === undefined) scope = new JobScope(host, this.#facts, offset)
      else {
        scope = shared
        scope.advance(offset)
      }
      chunk.scope = scope
      // Known to the parent before it begins: a job beside it may end the worker at any time.
      if (run.detail?.concurrency !== undefined && !host.signal(run.chunkId, offset, { _tag: "Started" }))
        await host.drained()
      let sent: boolean
      try {
        const input = inputOf(reader)
        if (chunk.skip.size > 0 && chunk.skip.has(offset)) scope.cancelled = true
        if (scope.cancelled) throw new Interrupted()
        let value = shared === undefined ? within(scope, runnable.run, input, scope) : runnable.run(input, scope)
        if (isGenerator(value)) value = within(scope, finish, value, scope, run.detail?.partials)
        if (isThenable(value)) {
          host.awaiting(scope)
          try {
            value = await settled(value, scope)
          } finally {
            host.resumed(scope)
          }
        }
        scope.over = true
        const before = now
        now = clock()
        this.#busyMs += now - before
        host.output.over(run.chunkId, offset)
        sent = this.#value(offset, value)
      } catch (thrown) {
        scope.over = true
        // What came before it takes its own time along, and leaves it this job's.
        sent = this.#flush()
        const before = now
        now = clock()
        this.#busyMs += Math.max(0, now - before)
        host.output.over(run.chunkId, offset)
        sent = this.#fail(offset, faultOf(thrown, scope)) && sent
        // A payload that can't be read on: the parent sends the rest again, apart.
        if (reader.broken && offset + 1 < run.count) {
          this.#giveBack(offset + 1)
          return
        }
      }
      host.over(run.chunkId, offset)
      if (now - this.#flushedAt > FLUSH_MS) sent = this.#flush() && sent
      if (!sent) {
        await host.drained()
        // Its time is nobody's: least of all the next job's.
        now = clock()
      }
      if (now - yieldedAt > YIELD_MS) {
        await new Promise((resolve) => setImmediate(resolve))
        yieldedAt = now = clock()
      }
    }
    chunk.scope = undefined
    if (!this.#flush()) await host.drained()
  }

  /** Keeps or sends a value; true when it has left the process's memory. */
  #value(offset: number, value: unknown): boolean {
    const { chunkId } = this.#chunk.run
    const { page } = this.#host
    if (this.#keeps) {
      // The page would encode a large view to find that it has no room for it.
      const fits = lendView(value) === undefined
      if (fits && page.put(chunkId, offset, value)) return true
      const sent = this.#flush()
      if (fits && page.put(chunkId, offset, value)) return sent
    }
    const { kind, bytes, refused } = encodeLent([value])
    if (refused !== undefined) throw refused
    const sent = this.#host.send({
      _tag: "Values",
      chunkId,
      offset,
      count: 1,
      kind,
      busyMs: this.#busyMs,
      sync: this.#host.output.syncPrinted(),
      payload: bytes
    })
    this.#busyMs = 0
    return sent
  }

  #fail(offset: number, fault: AttemptFault): boolean {
    const sync = this.#host.output.sync()
    const sent = this.#host.send({
      _tag: "Failed",
      chunkId: this.#chunk.run.chunkId,
      offset,
      busyMs: this.#busyMs,
      sync,
      fault
    })
    this.#busyMs = 0
    return sent
  }

  #flush(): boolean {
    this.#flushedAt = clock()
    const { page } = this.#host
    const kept = page.kept()
    if (kept === undefined) return true
    const { offset, count, kind, bytes } = kept
    const sent = this.#host.send({
      _tag: "Values",
      chunkId: this.#chunk.run.chunkId,
      offset,
      count,
      kind,
      busyMs: this.#busyMs,
      sync: this.#host.output.syncPrinted(),
      payload: bytes
    })
    this.#busyMs = 0
    page.clear()
    return sent
  }

  #giveBack(offset: number): void {
    this.#chunk.scope = undefined
    this.#flush()
    this.#host.send({ _tag: "Returned", chunkId: this.#chunk.run.chunkId, offset })
  }
}

/** Runs a chunk to its end. Never rejects. */
export const runChunk = async (host: LoopHost, chunk: Chunk): Promise<void> => {
  const { run, runnable } = chunk
  const facts: ChunkFacts = {
    chunkId: run.chunkId,
    base: run.base,
    attempt: run.attempt,
    task: runnable.name,
    keys: run.detail?.keys,
    single: run.single,
    resumed: run.detail?.resumed
  }
  const loop = new Loop(host, chunk, facts)
  const startedAt = clock()
  if (run.count > 1 && (meanMs.get(runnable) ?? 1) < TINY_MS) {
    const shared = new JobScope(host, facts, 0)
    await within(shared, () => loop.run(shared))
  } else {
    await loop.run(undefined)
  }
  if (run.count > 1) meanMs.set(runnable, (clock() - startedAt) / run.count)
}
