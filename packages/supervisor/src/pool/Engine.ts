/**
 * The heart of a pool: takes lanes in, keeps slots supplied, and sees to it that every job settles exactly
 * once. It connects the roles (Dispatcher, Slots, JobClock, Rebalancer, Settlement) and holds what they share;
 * what each decides is in its own file. Both doors talk to this class.
 */
import type { AnyTask, JobError, JobSummary, WorkerSnapshot } from "@holdfast/core"
import { type JobKind, PendingJob } from "../collect/PendingJob.ts"
import type { BatchControl, Sink } from "../collect/Sink.ts"
import { SingleSink } from "../collect/single.ts"
import type { CallSite } from "../failure/call-site.ts"
import type { ResolvedCall, ResolvedPoolOptions } from "../options/resolve.ts"
import { describeError } from "../protocol/error-description.ts"
import { EventBus } from "../reporting/EventBus.ts"
import { LogShelf } from "../reporting/JobLogs.ts"
import type { Reporter } from "../reports/Reporter.ts"
import { Deal } from "../scheduler/Deal.ts"
import { Dispatcher } from "../scheduler/Dispatcher.ts"
import { type Again, Lane } from "../scheduler/Lane.ts"
import { LaneQueue } from "../scheduler/LaneQueue.ts"
import { SubmittedSource } from "../scheduler/SubmittedSource.ts"
import { type KnownTask, TaskBook, Unserializable } from "../scheduler/TaskBook.ts"
import { Settlement } from "../settling/Settlement.ts"
import { JobClock } from "../slot/JobClock.ts"
import { Rebalancer } from "../slot/Rebalancer.ts"
import { RestartIntensity } from "../slot/RestartIntensity.ts"
import type { Slot } from "../slot/Slot.ts"
import type { Transport } from "../transport/Transport.ts"
import { Crew } from "./Crew.ts"
import { QueueClock } from "./QueueClock.ts"
import { Releases } from "./Releases.ts"
import { SharedLanes } from "./SharedLanes.ts"
import { snapshotOf } from "./snapshot.ts"
import { WorkerDesk } from "./WorkerDesk.ts"
import { WorkerStores } from "./WorkerStores.ts"

/** Where the pool stands. */
export type PoolPhase = "open" | "closing" | "closed" | "broken"

/** What sets single jobs apart. */
interface Special extends Pick<Lane, "target" | "partials"> {
  readonly numbered?: boolean
  /** Of one that runs again: where it stood in its batch, and which attempt it was. */
  readonly again?: Again
}

const NOTHING_SPECIAL: Special = { target: undefined, partials: undefined }

export class Engine {
  readonly options: ResolvedPoolOptions
  readonly bus = new EventBus()
  readonly lanes = new LaneQueue()
  readonly tasks = new TaskBook((taskId) => this.crew.forget(taskId))
  readonly intensity: RestartIntensity
  readonly settlement: Settlement
  readonly dispatcher: Dispatcher
  readonly clock: JobClock
  readonly rebalancer: Rebalancer
  readonly desk: WorkerDesk
  readonly crew: Crew
  /** The workers' slots. The same array always. */
  readonly slots: ReadonlyArray<Slot>
  readonly releases: Releases
  readonly queueClock: QueueClock
  readonly stores = new WorkerStores()
  readonly logs = new LogShelf()
  /** Where failed attempts are kept, if they are. */
  reporter: Reporter | undefined
  phase: PoolPhase = "open"
  /** Set once the pool is broken: makes the failure of whatever is asked of it. */
  brokenBy: ((job: JobSummary) => JobError) | undefined
  /** Called when the last lane has ended, or the last worker. */
  onQuiet: (() => void) | undefined
  readonly shared = new SharedLanes()
  #lastLane = 0
  #busy = true

  constructor(options: ResolvedPoolOptions, transport: Transport) {
    this.options = options
    this.intensity = new RestartIntensity(options.restart)
    this.settlement = new Settlement(this)
    this.desk = new WorkerDesk(this)
    this.crew = new Crew(this, transport)
    this.slots = this.crew.slots
    this.releases = new Releases(this.slots, options.killGraceMs)
    this.queueClock = new QueueClock(this)
    this.clock = new JobClock(this.desk, { stallMs: options.stallWarningMs, loadMs: options.startTimeoutMs })
    this.dispatcher = new Dispatcher(this.desk, this.lanes)
    this.rebalancer = new Rebalancer(this.desk)
  }

  /** Starts all workers; does not wait for them. */
  start(): void {
    this.crew.start()
    this.keepAliveWhileBusy()
  }

  /** Opens a lane for a batch. Its first jobs leave on a later turn. */
  batch(
    task: AnyTask,
    call: ResolvedCall,
    callSite: CallSite,
    source: Lane["source"],
    sinkOf: (control: BatchControl) => Sink,
    opened?: (lane: Lane) => void
  ): Lane {
    let lane: Lane | undefined
    const sink = sinkOf({
      stop: () => {
        if (lane !== undefined) this.stop(lane, "another job's failure")
      },
      closed: () => lane?.source.closing?.wait(),
      delivered: (count) => {
        if (lane === undefined) return
        lane.undelivered -= count
        if (sink.bounded) this.pumpSoon()
      }
    })
    const { mask, schedule } = this.options
    const deal = schedule === "static" ? new Deal(this.crew.members.length, !sink.bounded) : undefined
    lane = new Lane({ id: ++this.#lastLane, task, call, callSite, source, sink, single: false, mask, deal })
    opened?.(lane)
    this.#open(lane)
    const started = lane
    queueMicrotask(() => this.settlement.endIfComplete(started))
    if (this.bus.active)
      this.bus.publish({ _tag: "BatchStarted", at: Date.now(), batch: lane.id, task: task.name, total: source.total })
    return lane
  }

  /** Takes one job in. */
  submit<J extends PendingJob>(
    task: AnyTask,
    input: unknown,
    call: ResolvedCall,
    callSite: CallSite,
    Kind: JobKind<J>,
    shared: boolean,
    special: Special = NOTHING_SPECIAL
  ): J {
    // Jobs without options of their own share a lane, so that many of them can travel in one message.
    const known = shared ? this.shared.of(task) : undefined
    if (known?.call === call) return this.join(known, input, callSite, Kind)
    const lane = new Lane({
      id: ++this.#lastLane,
      task,
      call,
      source: new SubmittedSource(),
      sink: new SingleSink(this),
      single: true,
      mask: this.options.mask,
      ...special
    })
    if (shared) this.shared.add(lane)
    this.#open(lane)
    return this.join(lane, input, callSite, Kind)
  }

  /** Takes one more job of a lane in. */
  join<J extends PendingJob>(lane: Lane, input: unknown, callSite: CallSite, Kind: JobKind<J>): J {
    const source = lane.source as SubmittedSource
    const index = lane.read + source.length
    const job = new Kind(lane, index, input, callSite)
    if (!lane.inLine) {
      lane.inLine = true
      this.lanes.add(lane)
    }
    ;(lane.sink as SingleSink).add(index, job)
    source.push(input)
    this.queueClock.entered(lane, index)
    if (!this.#busy) this.keepAliveWhileBusy()
    this.pumpSoon()
    return job
  }

  /** A lane has nothing to do just now. */
  quiet(lane: Lane): void {
    if (lane.single) {
      if ((lane.sink as SingleSink).size > 0) return
      const unneeded = this.shared.rest(lane)
      if (unneeded !== undefined) this.lanes.remove(unneeded)
    }
    this.keepAliveWhileBusy()
    this.onQuiet?.()
  }

  /** True while some job has not settled. */
  get working(): boolean {
    return this.lanes.some((lane) => !lane.single || (lane.sink as SingleSink).size > 0)
  }

  #open(lane: Lane): void {
    this.lanes.add(lane)
    this.keepAliveWhileBusy()
    let known: KnownTask
    try {
      known = this.tasks.get(lane.task)
    } catch (error) {
      if (!(error instanceof Unserializable)) throw error
      this.shared.drop(lane)
      this.settlement.refuseAll(lane, error)
      return
    }
    lane.expect(known.meanMs)
    if (known.codec === undefined) {
      lane.prepared = false
      this.tasks.prepare(known).then(
        () => {
          lane.prepared = true
          this.dispatcher.pump()
        },
        (error: unknown) => {
          this.shared.drop(lane)
          this.settlement.failAll(lane, () => error)
        }
      )
    }
    this.pumpSoon()
  }

  #pumpQueued = false

  /**
   * Sends what can be sent, once all promises that can settle have: jobs that are submitted together travel together,
   * and so do values that a stage of a pipeline has for the next.
   */
  pumpSoon(): void {
    if (this.#pumpQueued) return
    this.#pumpQueued = true
    process.nextTick(() => {
      this.#pumpQueued = false
      this.crew.jobsCame()
      this.dispatcher.pump()
    })
  }

  /** Cancels what a batch has left, without telling its sink, which has its answer. */
  stop(lane: Lane, why: string): void {
    if (lane.stopped) return
    lane.stopped = true
    lane.source.close()
    this.releases.release(lane, new Error(`cancelled because of ${why}`))
    this.settlement.endIfComplete(lane)
  }

  /** A lane's iterable has given something, or has ended. */
  sourceMoved(lane: Lane | undefined): void {
    this.pumpSoon()
    if (lane === undefined) return
    // At once, though every worker may be busy with what came before.
    if (lane.source.failure !== undefined) lane.sink.inputFailed(lane.source.failure.error)
    this.settlement.endIfComplete(lane)
  }

  /** Cancels one job. */
  cancel(lane: Lane, job: PendingJob, reason: unknown): void {
    const index = PendingJob.indexOf(job)
    lane.settling.get(index)?.()
    if (!(lane.sink as SingleSink).has(index)) return
    const found = this.releases.find(lane, index)
    if (found === undefined) lane.drop(index)
    else this.releases.forsake(found.slot, found.chunk, found.offset, describeError(reason))
    this.settlement.cancelled(lane, index, PendingJob.inputOf(job), reason)
  }

  /** An ending pool holds the program until its workers have ended, others while somebody may wait for them. */
  get #isAwaited(): boolean {
    return this.phase !== "open" || this.working || this.crew.changing || this.desk.sharing
  }

  /** An idle pool must not keep its program from ending; a busy one must. */
  keepAliveWhileBusy(): void {
    const busy = this.#isAwaited
    if (busy === this.#busy) return
    if (busy) this.#keepAlive(true)
    else this.#restSoon()
  }

  #isRestQueued = false

  /** A program that awaits one job after another has the next one at once. */
  #restSoon(): void {
    if (this.#isRestQueued) return
    this.#isRestQueued = true
    setImmediate(() => {
      this.#isRestQueued = false
      if (!this.#isAwaited) this.#keepAlive(false)
    })
  }

  #keepAlive(keep: boolean): void {
    this.#busy = keep
    this.crew.keepAlive(keep)
  }

  get workers(): Array<WorkerSnapshot> {
    this.crew.decideStarts()
    return this.slots.map(snapshotOf)
  }
}
