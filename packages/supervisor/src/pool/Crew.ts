/**
 * The set of a pool's slots: makes them, grows and shrinks it, replaces its workers one after another, and keeps warm
 * ones in reserve that step in where a worker has ended. What a slot does with its worker is in `slot/`; which jobs it
 * is given, in `scheduler/`.
 */
import { JobCancelled } from "@holdfast/core"
import { buildMark } from "../protocol/build-mark.ts"
import { describeError } from "../protocol/error-description.ts"
import type { KnownTask } from "../scheduler/TaskBook.ts"
import { Slot } from "../slot/Slot.ts"
import type { SlotState } from "../slot/state.ts"
import type { Transport } from "../transport/Transport.ts"
import { CrewWaits } from "./CrewWaits.ts"
import type { Engine } from "./Engine.ts"
import { jobsForAny } from "./jobs-for-any.ts"
import { Outset } from "./Outset.ts"
import { restoreStore } from "./restoring.ts"
import { StartOrder } from "./StartOrder.ts"
import { workerFlags } from "./worker-flags.ts"

/** Who goes first where there are to be fewer: the sooner it can, and of two, the one that can't run a job yet. */
const STAY: Readonly<Record<string, number>> = { gone: 0, vacant: 0, backingOff: 0, stopping: 1, starting: 2, idle: 3 }
const stayOf = ({ state, load }: Slot): number => STAY[state._tag] ?? 4 + load

const runs = ({ state }: Slot): boolean => state._tag === "idle" || state._tag === "busy" || state._tag === "retiring"

const isNew = ({ _tag }: SlotState): boolean => _tag === "vacant" || _tag === "starting"

/** Node's timers go up to 24 days, and fire at once beyond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export class Crew {
  /** Those that are given jobs, and those that leave until they have left. The same array always. */
  readonly slots: Array<Slot> = []
  readonly #engine: Engine
  readonly #transport: Transport
  /** Warm, or about to be; not shown, not given jobs. */
  readonly #reserve = new Set<Slot>()
  readonly #leaving = new Set<Slot>()
  /** Keeps up the capacity while others are replaced. */
  #standIn: Slot | undefined
  readonly #waits: CrewWaits
  readonly #starts: StartOrder
  #outset: Outset | undefined
  #recycling: Promise<void> = Promise.resolve()
  #size: number
  #lastId = 0
  #keepAlive = true

  constructor(engine: Engine, transport: Transport) {
    this.#engine = engine
    this.#transport = transport
    this.#waits = new CrewWaits(() => engine.keepAliveWhileBusy())
    const { isolation, workers, spare, startTimeoutMs } = engine.options
    // Inline there is nothing to start.
    const most = isolation === "inline" ? Number.POSITIVE_INFINITY : undefined
    this.#starts = new StartOrder(Math.min(startTimeoutMs / 4, LONGEST_TIMER_MS), most)
    this.#size = workers
    while (this.slots.length < workers) this.slots.push(this.#make())
    while (this.#reserve.size < spare) this.#reserve.add(this.#make())
  }

  #make(): Slot {
    const { options, desk } = this.#engine
    const id = ++this.#lastId
    const slot = new Slot({
      id,
      transport: this.#transport,
      configure: {
        _tag: "Configure",
        workerId: id,
        outputNonce: "",
        contexts: options.context.map(({ module, name }) => ({ module, name })),
        preload: options.preload,
        loadTimeoutMs: options.startTimeoutMs,
        build: buildMark,
        argv: process.argv.slice(2)
      },
      env: options.env,
      execArgv: workerFlags(options),
      cwd: options.cwd,
      mask: options.mask,
      startTimeoutMs: options.startTimeoutMs,
      killGraceMs: options.killGraceMs,
      maxMemory: options.maxMemory,
      owner: desk,
      outputFor: (made, nonce) => desk.outputFor(made, nonce)
    })
    slot.keepAlive(this.#keepAlive)
    return slot
  }

  /** Whether a worker lives, or a process has been spawned that may come to. */
  get hasLiving(): boolean {
    const isSpawned = ({ state, pid }: Slot) => state._tag === "starting" && pid !== undefined && pid !== process.pid
    return this.all.some((slot) => runs(slot) || isSpawned(slot))
  }

  /** Every slot there is, the reserve included; a copy. */
  get all(): Array<Slot> {
    return [...this.slots, ...this.#reserve]
  }

  /** Those that stay: what is for every worker goes to these. */
  get members(): Array<Slot> {
    return this.slots.filter((slot) => slot !== this.#standIn && !this.#leaving.has(slot))
  }

  /** Whether somebody waits for the crew to change. */
  get changing(): boolean {
    return this.#waits.any
  }

  isSpare(slot: Slot): boolean {
    return this.#reserve.has(slot)
  }

  /** Whether its worker is the last that it has. */
  isLeaving(slot: Slot): boolean {
    return this.#leaving.has(slot)
  }

  /** Starts the first worker, and the others unless it is enough for a moment. */
  start(): void {
    const [first, ...others] = this.slots
    // The start of a thread holds its host up less than it takes, and inline there is nothing to start.
    if (first === undefined || this.#engine.options.isolation !== "process") return this.#starts.add(this.slots)
    this.#starts.add([first])
    if (others.length === 0) return
    const startOthers = (): void => this.#starts.add(others)
    this.#outset = new Outset({ first, jobs: () => jobsForAny(this.#engine.lanes), startOthers })
  }

  /** Starts those that may be started by now: whoever looks at a new pool's workers finds them starting. */
  decideStarts(): void {
    this.#outset?.decide()
  }

  /** Jobs have come in. */
  jobsCame(): void {
    this.#outset?.look()
  }

  keepAlive(keep: boolean): void {
    this.#keepAlive = keep
    for (const slot of this.all) slot.keepAlive(keep)
  }

  /** Grows at once; shrinks as workers come to an end. Resolves when so many are left, or the pool has ended. */
  resize(workers: number): Promise<void> {
    this.#size = workers
    const members = this.members
    while (members.length < workers) members.push(this.#join())
    const surplus = members.sort((a, b) => stayOf(a) - stayOf(b) || b.id - a.id).slice(0, members.length - workers)
    for (const slot of surplus) this.#dismiss(slot)
    this.#engine.pumpSoon()
    return this.#waits.until(() => this.#leaving.size === 0 && this.members.length <= this.#size)
  }

  /** Lets every worker finish what it runs, and go. Resolves when all have gone. */
  dismissAll(): Promise<void> {
    this.#endStarts()
    for (const slot of this.all) this.#dismiss(slot)
    return this.#waits.until(() => this.all.every(({ state }) => state._tag === "gone"))
  }

  /** Replaces every worker that there is now, one after another. Resolves when all are replaced, or the pool has ended. */
  recycle(): Promise<void> {
    const round = this.#recycling.then(() => this.#recycleEach())
    this.#recycling = round
    return round
  }

  async #recycleEach(): Promise<void> {
    const old = this.all.map((slot) => ({ slot, link: slot.link, started: slot.state._tag !== "starting" }))
    // A spare steps in for each; without one, somebody must.
    if (this.#reserve.size === 0 && this.#isOpen) this.#standIn = this.#join()
    const standIn = this.#standIn
    if (standIn !== undefined) await this.#waits.until(() => runs(standIn) || !this.slots.includes(standIn))
    for (const { slot, link, started } of old) {
      if (!this.#isOpen) break
      // One that has been replaced meanwhile, or is only starting, is fresh.
      if (slot.link !== link || link === undefined || !started || !this.#stays(slot)) continue
      this.#retire(slot)
      // One that resize lets go meanwhile has no next worker.
      await this.#waits.until(() => (slot.link !== link && runs(slot)) || !this.#stays(slot))
    }
    this.#standIn = undefined
    if (standIn === undefined || !this.slots.includes(standIn)) return
    this.#dismiss(standIn)
    await this.#waits.until(() => !this.slots.includes(standIn))
  }

  #stays(slot: Slot): boolean {
    return !this.#leaving.has(slot) && (this.slots.includes(slot) || this.#reserve.has(slot))
  }

  #join(): Slot {
    const slot = this.#make()
    this.slots.push(slot)
    this.#starts.add([slot])
    return slot
  }

  #dismiss(slot: Slot): void {
    this.#leaving.add(slot)
    const { _tag } = slot.state
    if (_tag === "gone") this.#left(slot)
    else if (_tag === "vacant" || _tag === "backingOff") slot.kill("terminated")
    else this.#retire(slot)
  }

  /** Has it finish what it runs; what waits behind that goes to others. */
  #retire(slot: Slot): void {
    slot.handle({ _tag: "Retire" })
    slot.emptying = true
    const reason = describeError(new Error(`worker ${slot.id} is to end`))
    for (const { id: chunkId } of slot.chunks) slot.link?.send({ _tag: "Cancel", chunkId, offset: -1, reason })
    this.#engine.rebalancer.watch()
  }

  /** Has those in reserve load a task that has done well: what steps in then need not load it first. */
  teach({ id, define }: KnownTask): void {
    for (const slot of this.#reserve) if (runs(slot)) slot.known.prepare(id, define)
  }

  /** Nobody in the program has that task any more. */
  forget(taskId: number): void {
    for (const slot of this.all) slot.known.forget(taskId)
  }

  /** A worker has ended: one that is warm takes its place, and its slot goes on in the reserve. */
  replace(slot: Slot): void {
    const at = this.slots.indexOf(slot)
    if (at === -1 || this.#leaving.has(slot) || slot === this.#standIn) return
    // What only this one may run waits for its next worker.
    if (this.#engine.lanes.directedTo(slot.id).length > 0) return
    for (const spare of this.#reserve) {
      if (spare.state._tag !== "idle") continue
      this.#reserve.delete(spare)
      this.#reserve.add(slot)
      this.slots[at] = spare
      restoreStore(this.#engine, spare)
      return
    }
  }

  /** A slot's state has changed. */
  changed(slot: Slot): void {
    if (slot.state._tag === "gone" && this.#leaving.has(slot)) this.#left(slot)
    if (!this.#isOpen) this.#endStarts()
    this.#outset?.look()
    this.#starts.look()
    // The reserve comes after those that have jobs to run.
    if (this.#isOpen && this.#reserve.size > 0 && this.slots.every(({ state }) => !isNew(state)))
      for (const spare of this.#reserve) spare.handle({ _tag: "Start" })
    this.#look()
  }

  /** Starts nobody any more. */
  #endStarts(): void {
    this.#starts.end()
    this.#outset?.end()
  }

  #left(slot: Slot): void {
    this.#leaving.delete(slot)
    const at = this.slots.indexOf(slot)
    if (at !== -1) this.slots.splice(at, 1)
    const { lanes, settlement } = this.#engine
    for (const lane of lanes.directedTo(slot.id)) {
      settlement.failAll(lane, (job) => {
        const message = `task ${JSON.stringify(job.task)} (job ${job.key}) was for worker ${slot.id} alone, which has left the pool`
        return new JobCancelled(message, job, { cause: new Error(`worker ${slot.id} has left the pool`) })
      })
    }
    this.#look()
  }

  get #isOpen(): boolean {
    const { phase } = this.#engine
    return phase === "open" || phase === "closing"
  }

  #look(): void {
    this.#waits.look(() => this.all.every(({ state }) => state._tag === "gone"))
  }
}
