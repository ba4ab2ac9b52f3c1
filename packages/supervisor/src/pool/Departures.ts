/**
 * What follows from a worker's end: who is charged with it, what its jobs become, and when its slot starts the
 * next one. A death that no job is charged with counts against the pool.
 */
import { describePassing, explainCrash, isRefusal } from "../failure/explain-crash.ts"
import { notedCall } from "../failure/noted.ts"
import { NO_LOGS } from "../failure/summary.ts"
import { monotonicNow } from "../protocol/page.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import { RoomWaits } from "../slot/RoomWaits.ts"
import type { Slot } from "../slot/Slot.ts"
import { exitOf, type Passing } from "../slot/SlotOwner.ts"
import { breakPool } from "./breaking.ts"
import type { Engine } from "./Engine.ts"
import { failedRun } from "./failed-run.ts"
import { onStack } from "./whose-module.ts"

/** When a chunk's running job had started; undefined where its module was being loaded still. */
const startOf = ({ beside, startedAt }: Chunk, { startedAt: marked }: Passing): number | undefined => {
  // Side by side the mark may be of another.
  if (beside) return startedAt
  return Number.isFinite(marked) ? marked : undefined
}

/**
 * The chunks that an end may be charged to: what ran. One that was ended here has been so for what another job did, or had
 * done before: not one whose module it loads. Of several such modules it is the one that has noted its call.
 */
const suspectsOf = (passing: Passing): ReadonlyArray<Chunk> => {
  const { killReason, raw, running } = passing
  const begun = running.filter((chunk) => startOf(chunk, passing) !== undefined)
  if (killReason !== undefined || begun.length === running.length) return begun
  const loading = running.filter((chunk) => !begun.includes(chunk))
  const named = onStack(loading, notedCall(raw.note)?.frames)
  return named.length === 0 ? running : [...begun, ...named]
}

export class Departures {
  readonly #engine: Engine
  readonly #roomWaits: RoomWaits

  constructor(engine: Engine) {
    this.#engine = engine
    this.#roomWaits = new RoomWaits(engine.options.restart)
  }

  passed(slot: Slot, passing: Passing): number | undefined {
    const engine = this.#engine
    const { chunks, killReason } = passing
    engine.clock.forget(slot)
    engine.stores.ended(slot.id)
    const suspects = suspectsOf(passing)
    const charged = suspects.filter((chunk) => !chunk.forsaken.has(chunk.next))
    const isFailing = killReason === "startTimeout" || killReason === "loadTimeout"
    const asked = passing.wasStopping || (killReason !== undefined && !isFailing)
    for (const chunk of [...chunks].reverse()) {
      const from = suspects.includes(chunk) ? chunk.next + 1 : chunk.next
      if (from < chunk.count) engine.desk.giveBack(chunk, chunk.cut(from))
    }
    // The next start is decided before the charged job settles, since that may ask for it. A job that was given up has
    // its failure, and is to blame all the same.
    const restartInMs = this.#restartIn(slot, passing, suspects.length > 0 || asked)
    if (restartInMs !== undefined) engine.crew.replace(slot)
    // Of one that could not start, its exit code says nothing: it ends well once it has said why.
    const isTold = charged.length > 0 || passing.startFailure !== undefined
    const told = isTold || isFailing ? describePassing(passing) : undefined
    engine.bus.publish({
      _tag: "WorkerExited",
      at: Date.now(),
      worker: slot.id,
      pid: passing.pid,
      exit: exitOf(passing, isFailing ? told : (killReason ?? told)),
      expected: asked,
      restartInMs
    })
    for (const chunk of charged) this.#charge(slot, passing, chunk)
    engine.pumpSoon()
    return engine.phase === "broken" ? undefined : restartInMs
  }

  #charge(slot: Slot, passing: Passing, chunk: Chunk): void {
    const offset = chunk.next
    const { lane } = chunk
    const startedAt = startOf(chunk, passing)
    const durationMs = startedAt === undefined ? undefined : monotonicNow() - startedAt
    const lastLogs = slot.output?.lastLogs({ chunkId: chunk.id, offset }) ?? NO_LOGS
    this.#engine.settlement.attemptFailed(lane, {
      ...failedRun(this.#engine, { id: slot.id, pid: passing.pid }, chunk, offset, lastLogs, durationMs),
      crash: true,
      passing,
      explain: (job) => explainCrash(passing, job, lane.callSiteOf(chunk.base + offset))
    })
  }

  /** Whether it could not be started, and others can be; whether they can work is known of those that were given jobs. */
  #isOneTooMany(slot: Slot, { raw, startFailure }: Passing): boolean {
    const { crew } = this.#engine
    if (raw.spawnError !== undefined) return crew.hasLiving
    const works = (each: Slot): boolean => each !== slot && each.link !== undefined && each.jobsGiven > 0
    return startFailure?.noRoom === true && crew.all.some(works)
  }

  #restartIn(slot: Slot, passing: Passing, nobodysFault: boolean): number | undefined {
    const engine = this.#engine
    if (engine.phase === "closed" || engine.phase === "broken") return undefined
    if (engine.phase === "closing" && !engine.working) return undefined
    if (nobodysFault) return engine.crew.isLeaving(slot) ? undefined : 0
    // The machine has no room for one more: the others go on, and it is tried again.
    if (this.#isOneTooMany(slot, passing)) return engine.crew.isLeaving(slot) ? undefined : this.#roomWaits.nextMs(slot)
    const death = {
      worker: slot.id,
      pid: passing.pid,
      at: Date.now(),
      description: describePassing(passing),
      lastLogs: passing.lastLines
    }
    // The next one would be started with the very same flags.
    if (engine.intensity.died(death, monotonicNow()) || isRefusal(passing)) {
      setImmediate(() => breakPool(engine, passing))
      return undefined
    }
    if (engine.crew.isLeaving(slot)) return undefined
    return engine.intensity.nextBackoffMs()
  }
}
