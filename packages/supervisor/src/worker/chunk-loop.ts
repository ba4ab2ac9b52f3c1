/**
 * Runs the jobs of one chunk, one after another, and sends what comes of each. Keeps two promises: the mark
 * says which job runs, and a result has left the worker's own memory before the next mark is set. A hot path:
 * for tiny jobs no closure, promise or allocation is made per job. Not which chunk comes next (`runtime.ts`).
 */
import type { Run } from "../protocol/messages.ts"
import { type Limit, monotonicNow } from "../protocol/page.ts"
import { BatchReader } from "../protocol/values.ts"
import { faultOf } from "./attempt-fault.ts"
import { ChunkResults, type ResultHost } from "./chunk-results.ts"
import { stores } from "./entered-stores.ts"
import { type Begun, isOdd, isThenable, settled } from "./given.ts"
import { areTiny, LEAST_MS, noteMean, UNREAD, unreadOf } from "./job-means.ts"
import { Abandoned, type ChunkFacts, JobScope, type ScopeHost, within } from "./job-scope.ts"
import type { PageWriter } from "./page-writer.ts"
import { finish, isGenerator } from "./partial-results.ts"
import { Interrupted, type Runnable, SchemaMismatch } from "./runnable.ts"
import { turn } from "./turn.ts"

/** What the loop needs of the worker around it. */
export interface LoopHost extends ScopeHost, ResultHost {
  page: PageWriter
  /** True when a late error has made the worker unfit for further jobs. */
  readonly dirty: boolean
  drained(): Promise<void>
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
  /** Whether another has begun beside it while its task was loaded: the mark is of that one, and was of this. */
  readonly overtaken: boolean
  /** Whose turn it is. */
  scope: JobScope | undefined
}

/** Results of tiny jobs are sent at most so much later. */
const FLUSH_MS = 2
/** A chunk of tiny synchronous jobs lets the event loop turn this often, for cancellations to be heard. */
const YIELD_MS = 10
/** From this many jobs in a chunk on (auto-chunking has then seen that they are small), mapping the page (9 ms, once) pays. */
const MAP_FROM = 16
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
  /** The scope of all jobs; none where each has its own. */
  #shared: JobScope | undefined
  readonly #entered = stores.entered
  readonly #reader: BatchReader
  /** The first job that is not done. */
  #next = 0
  readonly #results: ChunkResults
  #now: number
  #yieldedAt: number
  /** Jobs until the clock is read again, and how many that may be: none where each one's own start counts. */
  #unread = 0
  readonly #mostUnread: number

  constructor(host: LoopHost, chunk: Chunk, facts: ChunkFacts, shared: JobScope | undefined) {
    const { run } = chunk
    this.#host = host
    this.#chunk = chunk
    this.#facts = facts
    this.#shared = shared
    this.#reader = new BatchReader(run.kind, run.payload, run.count)
    if (run.count >= MAP_FROM) host.page = host.page.mapped()
    this.#results = new ChunkResults(host, run.chunkId, run.count > 1)
    this.#now = this.#yieldedAt = this.#results.flushedAt
    this.#mostUnread = run.timed ? 0 : unreadOf(chunk.runnable)
  }

  /** False where a job has entered a store that those behind it must not find: they are to be run outside of this call. */
  async run(): Promise<boolean> {
    const { run } = this.#chunk
    while (this.#next < run.count) {
      if (this.#isTainted) {
        this.#shared = undefined
        return false
      }
      let sent: boolean
      try {
        const begun = this.#hasTiny ? this.#runTiny(this.#shared as JobScope) : undefined
        if (begun === undefined && (this.#isPauseDue || this.#isTainted || this.#next === run.count)) sent = true
        else if (begun === undefined && !this.#mayGoOn()) return this.#giveBack()
        else sent = await this.#runOne(begun)
      } catch (thrown) {
        sent = this.#threw(thrown)
        // A payload that can't be read on: the parent sends the rest again, apart.
        if (this.#reader.broken && this.#next < run.count) return this.#giveBack()
      }
      if (!sent || this.#isPauseDue) await this.#pause(sent)
    }
    this.#chunk.scope = undefined
    // Also where none is left to go by unread: the last of them has.
    if (this.#mostUnread > 0) this.#tick()
    if (!this.#results.flush()) await this.#host.drained()
    return true
  }

  get #isTainted(): boolean {
    return this.#shared !== undefined && stores.entered !== this.#entered
  }

  /** Whether what is left can be run without waiting for anything in between, as far as is known. */
  get #hasTiny(): boolean {
    const { run, skip } = this.#chunk
    return this.#shared !== undefined && skip.size === 0 && run.detail?.concurrency === undefined
  }

  /**
   * Runs jobs until a pause is due, or the next may not start. Gives a job that has begun and is not done by itself.
   * Throws as a task does, whose job is `#next`.
   */
  #runTiny(scope: JobScope): Begun | undefined {
    const host = this.#host
    const chunk = this.#chunk
    const { run, runnable } = chunk
    const { chunkId, count } = run
    // As a bare function: called as a method of what Holdfast holds it by, V8 names its frames `Object.run`, and only
    // until it has optimised them.
    const { run: task } = runnable
    const reader = this.#reader
    const page = host.page
    const entered = this.#entered
    chunk.scope = scope
    for (let offset = this.#next; offset < count; offset = ++this.#next) {
      if (chunk.stopped || host.dirty) return undefined
      page.mark(chunkId, offset, this.#now)
      if (!page.mayStart(chunkId, offset)) return undefined
      scope.advance(offset)
      const given = task(inputOf(reader), scope)
      if (isOdd(given)) return { given }
      scope.over = true
      if (!page.put(chunkId, offset, given)) return { given }
      host.over(chunkId, offset)
      if (stores.entered !== entered) {
        this.#next++
        return undefined
      }
      if (this.#unread > 0) this.#unread--
      else {
        const before = this.#now
        this.#tick()
        this.#unread = this.#now - before > UNREAD * LEAST_MS ? 0 : this.#mostUnread
        if (this.#isPauseDue) {
          this.#next++
          return undefined
        }
      }
    }
    return undefined
  }

  /** Whether the next job may start, which is marked then; of another attempt or worker if not. */
  #mayGoOn(): boolean {
    const { page, dirty } = this.#host
    const { chunkId } = this.#chunk.run
    if (this.#chunk.stopped || dirty) return false
    if (this.#chunk.overtaken) return true
    page.mark(chunkId, this.#next, this.#now)
    if (page.mayStart(chunkId, this.#next)) return true
    this.#host.revoke(page.limit())
    return false
  }

  /** Runs the next job, or what is left of it, to its end. True when its value has left the process's memory. */
  async #runOne(begun: Begun | undefined): Promise<boolean> {
    const host = this.#host
    const chunk = this.#chunk
    const { run } = chunk
    const offset = this.#next
    let scope = this.#shared
    if (scope === undefined) scope = new JobScope(host, this.#facts, offset)
    else if (begun === undefined) scope.advance(offset)
    chunk.scope = scope
    // Known to the parent before it begins: a job beside it may end the worker at any time.
    if (run.detail?.concurrency !== undefined && !host.signal(run.chunkId, offset, { _tag: "Started" }))
      await host.drained()
    let value = begun === undefined ? this.#start(scope) : begun.given
    if (isGenerator(value)) value = within(scope, finish, value, scope, run.detail?.partials)
    if (isThenable(value)) {
      host.awaiting(scope)
      try {
        value = await settled(value, scope)
      } finally {
        host.resumed(scope)
      }
    }
    if (scope.fault !== undefined) throw new Abandoned(scope.fault)
    scope.over = true
    this.#tick()
    host.output.over(run.chunkId, offset)
    const sent = this.#results.value(offset, value)
    this.#next++
    host.over(run.chunkId, offset)
    return sent
  }

  /** What the task gives at once. */
  #start(scope: JobScope): unknown {
    const { runnable, skip } = this.#chunk
    const input = inputOf(this.#reader)
    if (skip.size > 0 && skip.has(this.#next)) scope.cancelled = true
    if (scope.cancelled) throw new Interrupted()
    const { run: task } = runnable
    return this.#shared === undefined ? within(scope, task, input, scope) : task(input, scope)
  }

  /** The job `#next` threw. */
  #threw(thrown: unknown): boolean {
    const host = this.#host
    const { chunkId } = this.#chunk.run
    const scope = this.#chunk.scope as JobScope
    const offset = this.#next++
    scope.over = true
    // What came before it takes its own time along, and leaves it this job's.
    const flushed = this.#results.flush()
    this.#tick()
    host.output.over(chunkId, offset)
    const sent = this.#results.failed(offset, faultOf(thrown, scope)) && flushed
    host.over(chunkId, offset)
    return sent
  }

  #giveBack(): true {
    this.#chunk.scope = undefined
    if (this.#mostUnread > 0) this.#tick()
    this.#results.giveBack(this.#next)
    return true
  }

  /** Reads the clock: what has gone by since was work. */
  #tick(): void {
    const before = this.#now
    this.#now = monotonicNow()
    this.#results.busyMs += Math.max(0, this.#now - before)
  }

  get #isPauseDue(): boolean {
    return this.#now - this.#results.flushedAt > FLUSH_MS || this.#now - this.#yieldedAt > YIELD_MS
  }

  async #pause(sentLast: boolean): Promise<void> {
    const sent = this.#now - this.#results.flushedAt > FLUSH_MS ? this.#results.flush() && sentLast : sentLast
    if (!sent) {
      await this.#host.drained()
      // Its time is nobody's: least of all the next job's.
      this.#now = monotonicNow()
    }
    if (this.#now - this.#yieldedAt > YIELD_MS) {
      await turn()
      this.#yieldedAt = this.#now = monotonicNow()
    }
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
  const startedAt = monotonicNow()
  const isShared = run.count > 1 && areTiny(runnable) && stores.areWatched
  const shared = isShared ? new JobScope(host, facts, 0) : undefined
  const loop = new Loop(host, chunk, facts, shared)
  const isDone = shared !== undefined && (await within(shared, () => loop.run()))
  if (!isDone) await loop.run()
  if (run.count > 1) noteMean(runnable, (monotonicNow() - startedAt) / run.count)
}
