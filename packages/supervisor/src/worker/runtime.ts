/**
 * The worker's side of the conversation: takes messages, keeps the chunks in their order, runs them, answers.
 * Knows no transport: a `RuntimeHost` gives it a way to send, a page, and an end. The same runtime serves a
 * process, a thread and, inline, the calling process itself.
 */
import type { ContextDefinition } from "@holdfast/core"
import { buildMark, OTHER_BUILD } from "../protocol/build-mark.ts"
import { describeError, restoreError } from "../protocol/error-description.ts"
import { MAX_BODY_BYTES } from "../protocol/frames.ts"
import { importModule } from "../protocol/import-module.ts"
import type { Cancel, Configure, FromWorker, Run, Signal, ToWorker, Waited } from "../protocol/messages.ts"
import type { Limit } from "../protocol/page.ts"
import { wordsOf } from "../protocol/thrown-words.ts"
import { AwaitedJobs } from "./AwaitedJobs.ts"
import { type LoopHost, runChunk } from "./chunk-loop.ts"
import { ChunkQueue } from "./chunk-queue.ts"
import { Contexts } from "./contexts.ts"
import type { JobScope } from "./job-scope.ts"
import type { PageWriter } from "./page-writer.ts"
import type { Runnable } from "./runnable.ts"
import type { OutputPort, RuntimeHost } from "./runtime-host.ts"
import { SharedCalls } from "./shared-calls.ts"
import { startWords } from "./start-words.ts"
import { TaskShelf } from "./task-shelf.ts"
import { tooLargeFailure } from "./too-large.ts"
import { tellUnloaded } from "./unloaded.ts"
import { abandonStuck, awaitsOf, heapNow, whenTimersAreKnown } from "./waits.ts"

export class Runtime implements LoopHost {
  readonly local = new Map<string, unknown>()
  workerId = 0
  dirty = false
  page: PageWriter
  readonly output: OutputPort
  readonly #host: RuntimeHost
  readonly #contexts = new Contexts()
  readonly #tasks: TaskShelf
  readonly #chunks = new ChunkQueue()
  readonly #awaited: AwaitedJobs
  readonly shared: SharedCalls = new SharedCalls((message) => this.send(message))
  #loadTimeoutMs = 0
  #isEnding = false
  #isGuarded = false

  constructor(host: RuntimeHost) {
    this.#host = host
    this.page = host.page
    this.output = host.output
    this.#awaited = new AwaitedJobs((open) => host.keepOpen(open))
    this.#tasks = new TaskShelf(this.#contexts, host.load)
  }

  /** Takes one message from the parent. Never throws. */
  receive(message: ToWorker): void {
    switch (message._tag) {
      case "Configure":
        void this.#configure(message)
        return
      case "Define":
        this.#guard()
        this.#tasks.define(message, this.#loadTimeoutMs)
        return
      case "Forget":
        this.#tasks.forget(message.taskId)
        return
      case "Run":
        this.#chunks.add(message)
        this.#pump()
        return
      case "Cancel":
        this.#cancel(message)
        return
      case "Credit": {
        const scope = this.#chunks.running(message.chunkId)?.scope
        if (scope?.offset === message.offset) scope.onCredit?.(message.count)
        return
      }
      case "Inspect":
        whenTimersAreKnown(() =>
          this.#host.send({ _tag: "Waiting", id: message.id, waitingOn: this.#waits(), heap: heapNow() })
        )
        return
      case "SharedReply":
        this.shared.answered(message)
        return
      case "Shutdown":
        void this.#shutdown()
        return
      default:
        message satisfies never
    }
  }

  async #configure({ workerId, argv, contexts, preload, loadTimeoutMs, build }: Configure): Promise<void> {
    this.workerId = workerId
    this.#loadTimeoutMs = loadTimeoutMs
    this.#host.takeArguments?.(argv)
    let preloading: string | undefined
    try {
      if (build !== buildMark) throw new Error(OTHER_BUILD)
      if (preload.length + contexts.length > 0) this.#guard()
      for (preloading of preload) await importModule(preloading)
      preloading = undefined
      if (contexts.length > 0) await this.#contexts.build(contexts, this.#host.findContext)
      this.send({ _tag: "Ready", heapLimit: heapNow().limit })
    } catch (error) {
      this.output.sync()
      const message = startWords(wordsOf(error), preloading, this.#contexts.building)
      this.send({ _tag: "StartFailed", message, error: describeError(error) })
      await this.drained()
      this.#host.end()
    }
  }

  /** Whether it has no job, neither running nor waiting. */
  get isIdle(): boolean {
    return this.#chunks.isEmpty
  }

  /** From here on this thread may block. Not before: a worker that nobody needs yet starts lighter. */
  #guard(): void {
    if (this.#isGuarded) return
    this.#isGuarded = true
    this.#host.beforeUserCode()
  }

  #pump(): void {
    for (;;) {
      const run = this.#chunks.next()
      if (run === undefined) {
        if (this.#chunks.isFed && this.#chunks.isEmpty) this.#host.stayAwake()
        return
      }
      if (this.dirty || this.#chunks.isRevoked(run)) {
        this.send({ _tag: "Returned", chunkId: run.chunkId, offset: 0 })
        continue
      }
      const task = this.#tasks.loaded(run.taskId)
      if (task === undefined) void this.#startWhenLoaded(run)
      else void this.#start(run, task)
    }
  }

  async #startWhenLoaded(run: Run): Promise<void> {
    // Marked, so that a module which kills its worker while loading is charged with it; its clock stands still.
    this.page.mark(run.chunkId, 0, Number.POSITIVE_INFINITY)
    // Asked before it begins to load: for one that was taken back nobody wants the module, and by the time it is loaded
    // the mark may be of one that has begun beside it.
    if (!this.page.mayStart(run.chunkId, 0)) {
      this.revoke(this.page.limit())
      this.send({ _tag: "Returned", chunkId: run.chunkId, offset: 0 })
      return
    }
    const placeholder = this.#chunks.began(run, { name: "", run: () => undefined })
    try {
      const runnable = await this.#tasks.get(run.taskId)
      if (runnable === undefined) throw new Error(`task ${run.taskId} was never defined`)
      if (placeholder.stopped) this.send({ _tag: "Returned", chunkId: run.chunkId, offset: 0 })
      else return await this.#start(run, runnable)
    } catch (error) {
      tellUnloaded(run, error, this.output.sync(), (message) => this.send(message))
    }
    this.#chunks.ended(run)
    this.#pump()
  }

  async #start(run: Run, runnable: Runnable): Promise<void> {
    const chunk = this.#chunks.began(run, runnable)
    try {
      await runChunk(this, chunk)
    } catch (error) {
      // A fault of our own: better to end here, and say so, than to leave a job that nobody ever settles.
      this.#host.broke(error)
      return
    }
    this.#chunks.ended(run)
    this.#pump()
  }

  #cancel({ chunkId, offset, unwanted, reason }: Cancel): void {
    const chunk = this.#chunks.running(chunkId)
    if (chunk === undefined) {
      // Whoever wants all of it back gets it at once.
      if (this.#chunks.cancelWaiting(chunkId, offset)) this.send({ _tag: "Returned", chunkId, offset: 0 })
      return
    }
    const { scope } = chunk
    if (offset === -1) chunk.stopped = true
    if (scope?.over === false && (unwanted === true || scope.offset === offset)) scope.cancel(restoreError(reason))
    else if (offset !== -1) chunk.skip.add(offset)
  }

  async #shutdown(): Promise<void> {
    this.dirty = true
    this.#isEnding = true
    this.#pump()
    try {
      await this.#contexts.release((names) => this.send({ _tag: "Releasing", names }))
    } catch (error) {
      this.output.sync()
      this.send({ _tag: "Escaped", chunkId: undefined, offset: undefined, running: false, error: describeError(error) })
      await this.drained()
    }
    this.#host.end()
  }

  /** An error escaped from `owner`, where that can be told. A job that runs still fails with it; no further one is taken. */
  escaped(error: unknown, owner: JobScope | undefined): void {
    this.dirty = true
    const description = describeError(error)
    this.output.sync()
    const running = owner?.over === false
    // A cancelled job has its failure: only the log can tell of another, such as that of a clean-up.
    const isTold = running && (!owner.cancelled || owner.heeds(error))
    this.send({
      _tag: "Escaped",
      chunkId: owner?.chunk.chunkId,
      offset: owner?.offset,
      running: isTold,
      error: description
    })
    if (running) owner.letGo({ _tag: "Threw", error: description, final: false })
    this.#pump()
  }

  /** Something has called `process.exit` beside jobs: they may end; nothing else begins. */
  leaving(): void {
    this.dirty = true
    this.#pump()
  }

  /** Whether another job than this one runs, or has a result that is still here; at the worker's orderly end none does. */
  runsBeside(owner: JobScope): boolean {
    return !this.#isEnding && [...this.#chunks.allRunning].some(({ scope }) => scope !== owner)
  }

  loadsBeside(taskId: number): boolean {
    return !this.#isEnding && this.#chunks.loadsBeside(taskId)
  }

  /** Ends what runs as far as it lets itself be ended: for a runtime that can't be killed. */
  halt(): void {
    this.dirty = true
    this.#chunks.clear()
    for (const { scope } of this.#chunks.allRunning)
      if (scope !== undefined && !scope.over) scope.cancel(new Error("the pool was terminated"))
    this.#contexts.abandon()
  }

  /** The event loop would end although jobs wait: nothing can wake them any more. */
  stuck(): void {
    abandonStuck(this.#awaited.all, this.#waits())
  }

  #waits(): ReadonlyArray<Waited> {
    return [...awaitsOf(this.#awaited.all), ...this.shared.waits(), ...this.#host.waitingOn()]
  }

  send(message: FromWorker): boolean {
    const tooLarge = message._tag === "Values" && message.payload.length > MAX_BODY_BYTES - 1024
    return this.#host.send(tooLarge ? tooLargeFailure(message, this.output.sync()) : message)
  }

  drained(): Promise<void> {
    return this.#host.drained()
  }

  over(chunkId: number, offset: number): void {
    this.output.over(chunkId, offset)
    this.shared.over(chunkId, offset)
  }

  signal(chunkId: number, offset: number, said: Signal["said"]): boolean {
    return this.send({ _tag: "Signal", chunkId, offset, said })
  }

  contextValue(definition: ContextDefinition): unknown {
    return this.#contexts.value(definition)
  }

  held(scope: JobScope): void {
    this.#awaited.held(scope)
  }

  awaiting(scope: JobScope): void {
    this.#awaited.awaiting(scope)
  }

  resumed(scope: JobScope): void {
    this.#awaited.resumed(scope)
  }

  revoke(limit: Limit): void {
    this.#chunks.revoke(limit)
  }
}
