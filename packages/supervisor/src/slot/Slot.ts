/**
 * A slot at work: carries out what `state.ts` decides, holds its worker's link and the chunks sent to it, and
 * tells its owner what came of them. Decides nothing about jobs; the Dispatcher and the Settlement do.
 */
import type { Define, FromWorker, Ready, Run, Waited, Waiting } from "../protocol/messages.ts"
import type { JobTag, WorkerOutput } from "../reporting/WorkerOutput.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { RawExit, WorkerLink } from "../transport/Transport.ts"
import { isStoreTask } from "../worker/store-tasks.ts"
import { Answers } from "./Answers.ts"
import { EarlyLook } from "./EarlyLook.ts"
import { Inspections } from "./Inspections.ts"
import { KnownTasks } from "./KnownTasks.ts"
import { Ledger } from "./Ledger.ts"
import { outOfTime } from "./out-of-time.ts"
import { RecentChunks, tagIn } from "./RecentChunks.ts"
import type { KillReason, Passing, SlotSetup } from "./SlotOwner.ts"
import { SlotTimer } from "./SlotTimer.ts"
import { type SlotEvent, type SlotState, transition } from "./state.ts"

/** How often the watchdog reads its process's memory where there is a limit. */
const MEMORY_EVERY_MS = 20

export class Slot {
  readonly id: number
  state: SlotState = { _tag: "vacant" }
  link: WorkerLink | undefined
  output: WorkerOutput | undefined
  /** Tasks this worker has been told of. */
  readonly known = new KnownTasks((message) => this.link?.send(message))
  jobsDone = 0
  /**
   * Jobs the worker that is in it now has been given, less those taken back. Without those for its store: what comes
   * after a worker that may do but one job is given what was pushed first.
   */
  jobsGiven = 0
  restarts = 0
  /** Whether what waits in it is wanted back, though no worker may be idle. */
  emptying = false
  readonly #setup: SlotSetup
  readonly #timer = new SlotTimer()
  #killReason: KillReason | undefined
  /** What its worker has told of its start and of its end. */
  #told: Pick<Passing, "startFailure" | "releasing" | "standing"> = { startFailure: undefined }
  readonly #inspections = new Inspections()
  #keepAlive = true
  /** What was seen of the running job ahead of its deadline. */
  readonly ahead: EarlyLook
  #ready: Ready | undefined
  readonly #ledger = new Ledger()
  readonly #answers: Answers
  readonly #recent = new RecentChunks()

  constructor(setup: SlotSetup) {
    this.id = setup.id
    this.#setup = setup
    this.ahead = new EarlyLook(this)
    this.#answers = new Answers(this, this.#ledger, setup.owner, {
      answered: (jobs) => this.#answered(jobs),
      finished: () => this.handle({ _tag: "Finished" })
    })
  }

  get pid(): number | undefined {
    return this.link?.pid
  }

  /** How many jobs its worker may run at once, by those it has. */
  get width(): number {
    return this.#ledger.width
  }

  get load(): number {
    return "load" in this.state ? this.state.load : 0
  }

  /** The chunk whose job runs now. */
  get head(): Chunk | undefined {
    return this.chunks[0]
  }

  /** How long what it has should still take; infinite where that has not been measured. */
  get queuedMs(): number {
    return this.#ledger.queuedMs
  }

  /** What was sent to it and is not done, in order. */
  get chunks(): ReadonlyArray<Chunk> {
    return this.#ledger.chunks
  }

  handle(event: SlotEvent): void {
    const [next, actions] = transition(this.state, event)
    const changed = next._tag !== this.state._tag
    this.state = next
    for (const action of actions) {
      switch (action._tag) {
        case "Spawn":
          this.#spawn()
          break
        case "AskToEnd":
          this.link?.send({ _tag: "Shutdown" })
          break
        case "KillWorker":
          this.link?.kill()
          break
        case "SetTimer":
          this.#setTimer(action.timer)
          break
        case "SetBackoff":
          this.#timer.set(action.ms, () => this.handle({ _tag: "BackoffElapsed" }))
          break
        case "ClearTimer":
          this.#timer.clear()
          break
        case "Offer":
          this.#setup.owner.offer(this)
          break
        default:
          action satisfies never
      }
    }
    if (changed) this.#setup.owner.stateChanged(this)
  }

  /** A start's time goes by in parts: while its parent is blocked, a worker can neither be told nor tell anything. */
  #setTimer(timer: "start" | "grace", part = 4): void {
    const { startTimeoutMs, killGraceMs } = this.#setup
    const isStart = timer === "start"
    this.#timer.set(isStart ? startTimeoutMs / 4 : killGraceMs, () => {
      if (isStart && part > 1) return this.#setTimer(timer, part - 1)
      void outOfTime(this, this.#setup, this.#ready !== undefined, (reason, standing) => {
        this.#told = { ...this.#told, standing }
        this.#killReason ??= isStart ? "startTimeout" : reason
        this.handle({ _tag: isStart ? "StartTimedOut" : "GraceElapsed" })
      })
    })
  }

  /** Ends the worker at once, for this reason. */
  kill(reason: KillReason): void {
    this.#killReason ??= reason
    this.handle({ _tag: "Kill" })
  }

  #spawn(): void {
    const nonce = Math.random().toString(36).slice(2, 12)
    this.#killReason = undefined
    this.#told = { startFailure: undefined }
    this.known.clear()
    this.jobsGiven = 0
    this.emptying = false
    this.ahead.forget()
    this.#ready = undefined
    const { configure, env, execArgv, cwd, mask, transport, maxMemory, owner } = this.#setup
    try {
      this.link = transport.start(
        { configure: { ...configure, workerId: this.id, outputNonce: nonce }, env, execArgv, cwd, mask },
        { message: (message) => this.#receive(message), exited: (exit) => this.#exited(exit) }
      )
    } catch (error) {
      const spawnError = error instanceof Error ? error : new Error(String(error))
      // On a turn of its own: the state that asked for this spawn is still being written.
      setImmediate(() => this.#exited({ exitCode: undefined, signal: undefined, spawnError, violation: undefined }))
      return
    }
    if (this.link.stdout !== undefined) this.output = this.#setup.outputFor(this, nonce)
    if (maxMemory !== undefined) this.link.watchdog?.limitMemory(maxMemory, MEMORY_EVERY_MS)
    this.link.keepAlive(this.#keepAlive)
    owner.starting(this)
  }

  /** Sends a chunk; `define` says its task where this worker doesn't know it. */
  run(chunk: Chunk, run: Run, define: (() => Define) | undefined): void {
    const isNew = define !== undefined && this.known.learn(run.taskId, define)
    if (isNew || this.known.isYetToLoad(chunk.lane.task)) chunk.loads = true
    this.#ledger.add(chunk)
    if (!isStoreTask(chunk.lane.task)) this.jobsGiven += chunk.count
    this.#recent.add(chunk)
    this.handle({ _tag: "Took" })
    this.link?.send(run)
  }

  #receive(message: FromWorker): void {
    switch (message._tag) {
      case "Ready":
        this.#ready = message
        this.#setup.owner.ready(this)
        this.handle({ _tag: "Ready" })
        return
      case "StartFailed":
        this.#told = { startFailure: message }
        return
      case "Releasing":
        this.#told = { ...this.#told, releasing: message.names.length === 0 ? undefined : message.names }
        return
      case "Waiting":
        this.#inspections.answered(message)
        return
      case "Escaped":
        this.#setup.owner.escaped(this, message)
        return
      case "SharedCall":
      case "SharedEnd":
        this.#setup.owner.shared(this, message)
        return
      default:
        this.#answers.receive(message)
    }
  }

  /** An answer for some of its jobs has come. */
  #answered(jobs: number): void {
    this.jobsDone += jobs
    this.ahead.end()
  }

  /** A chunk that it has, or had shortly before: one that an output marker names. */
  chunkOf(chunkId: number): Chunk | undefined {
    return this.#ledger.find(chunkId) ?? this.#recent.find(chunkId)
  }

  /** Which job stands behind an output marker. */
  tagOf(chunkId: number, offset: number): JobTag | undefined {
    const chunk = this.chunkOf(chunkId)
    return chunk === undefined ? this.#recent.tagOf(chunkId, offset) : tagIn(chunk, offset)
  }

  /** The offset of the job that runs now, if it is one of this chunk's: what is before it is done. */
  runningIn(chunk: Chunk): number | undefined {
    if (chunk.startedAt !== undefined) return chunk.finished ? undefined : chunk.next
    const mark = this.link?.mark()
    return mark?.chunkId === chunk.id && mark.offset >= chunk.next ? mark.offset : undefined
  }

  /** Takes in results that a busy worker has had no time to send. */
  collectKept(): void {
    const before = this.link?.mark()
    const leftovers = this.link?.leftovers()
    const after = this.link?.mark()
    // A worker that has moved on meanwhile may have been writing there.
    if (before?.chunkId === after?.chunkId && before?.offset === after?.offset) this.#answers.takeKept(leftovers)
  }

  /** Takes back what was not started; for the Rebalancer. */
  takeBack(chunk: Chunk, offset: number): ReturnType<Chunk["cut"]> {
    const piece = chunk.cut(offset)
    if (chunk.loads && offset === 0) this.known.notLoaded(chunk.lane.task)
    if (!isStoreTask(chunk.lane.task)) this.jobsGiven -= piece.inputs.length
    this.#answers.settle(chunk)
    return piece
  }

  /** Asks what the worker's event loop waits on; undefined when it doesn't answer in time, for it is blocked. */
  async inspect(withinMs: number): Promise<ReadonlyArray<Waited> | undefined> {
    return (await this.look(withinMs))?.waitingOn
  }

  /** All that its event loop tells of itself. */
  look(withinMs: number): Promise<Waiting | undefined> {
    return this.#inspections.ask(withinMs, (id) => this.link?.send({ _tag: "Inspect", id }))
  }

  #exited(raw: RawExit): void {
    const wasStopping = this.state._tag === "stopping"
    const link = this.link
    this.#answers.takeKept(link?.leftovers())
    const mark = link?.mark()
    const passing: Passing = {
      raw,
      killReason: this.#killReason,
      wasReady: this.#ready !== undefined,
      heapLimit: this.#ready?.heapLimit,
      wasStopping,
      setup: this.#setup,
      ...this.#told,
      overMemory: link?.watchdog?.overMemory,
      lastLines: this.output?.lastLines() ?? [],
      pid: link?.pid,
      running: this.#ledger.running(mark),
      chunks: this.#ledger.takeAll(),
      startedAt: mark?.startedAt
    }
    this.link = undefined
    this.#inspections.end()
    const restartInMs = this.#setup.owner.passed(this, passing)
    this.output = undefined
    if (restartInMs !== undefined) this.restarts++
    this.handle({ _tag: "Exited", restartInMs })
  }

  /** Whether this slot keeps the calling process alive. */
  keepAlive(keep: boolean): void {
    if (this.#keepAlive === keep) return
    this.#keepAlive = keep
    this.link?.keepAlive(keep)
    this.#timer.keepAlive(keep)
  }
}
