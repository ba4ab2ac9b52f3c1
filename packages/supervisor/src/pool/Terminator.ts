/**
 * Shutdown, in three visible steps: stop intake, drain to a deadline, end the workers. `terminate` skips the
 * second. Both always return, and calling them again waits for the same end.
 */
import { PoolClosed } from "@holdfast/core"
import { SubmittedSource } from "../scheduler/SubmittedSource.ts"
import type { Engine } from "./Engine.ts"

export class Terminator {
  readonly #engine: Engine
  readonly #flushLogs: () => Promise<void>
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined
  #stopping = false
  /** Called once the pool has ended. */
  readonly #atEnd: Array<() => void> = []
  /** Whether nothing is waited for any more. */
  #atOnce = false

  constructor(engine: Engine, flushLogs: () => Promise<void>) {
    this.#engine = engine
    this.#flushLogs = flushLogs
  }

  /** Has `act` called once the pool has ended. */
  atEnd(act: () => void): void {
    this.#atEnd.push(act)
  }

  /** Lets the work that is in finish, for at most `drainTimeoutMs`; then ends the pool. */
  close(drainTimeoutMs: number = this.#engine.options.drainTimeoutMs): Promise<void> {
    this.#closing ??= this.#end(drainTimeoutMs)
    return this.#closing
  }

  /**
   * Lets the jobs that run finish, for at most the pool's `drainTimeout`, and starts no other; then ends the pool.
   * Resolves with how many jobs were left, where this was what ended it.
   */
  async finishRunning(): Promise<number> {
    let left = 0
    const finish = async (): Promise<void> => {
      const engine = this.#engine
      engine.phase = "closing"
      engine.keepAliveWhileBusy()
      await this.#untilDismissed()
      left = jobsLeft(engine)
      await this.#end(0)
    }
    this.#closing ??= finish()
    await this.#closing
    return left
  }

  #untilDismissed(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#drained = undefined
        resolve()
      }
      const timer = setTimeout(done, Math.min(this.#engine.options.drainTimeoutMs, 2 ** 31 - 1))
      this.#drained = done
      void this.#engine.crew.dismissAll().then(done)
    })
  }

  /** Ends the pool at once, also one that is being closed. */
  terminate(): Promise<void> {
    this.#atOnce = true
    this.#drained?.()
    if (this.#stopping) for (const slot of this.#engine.crew.all) slot.kill("terminated")
    this.#closing ??= this.#end(0)
    return this.#closing
  }

  async #end(drainTimeoutMs: number): Promise<void> {
    const engine = this.#engine
    if (engine.phase === "open") engine.phase = "closing"
    engine.bus.publish({ _tag: "PoolClosing", at: Date.now(), pending: jobsLeft(engine) })
    engine.keepAliveWhileBusy()
    await this.#drain(drainTimeoutMs)
    if (engine.phase === "closing") engine.phase = "closed"
    for (const lane of [...engine.lanes.all]) {
      engine.settlement.failAll(
        lane,
        (job) =>
          new PoolClosed(
            `the pool was closed before task ${JSON.stringify(job.task)} (job ${job.key}) could finish`,
            job
          )
      )
    }
    this.#stopping = true
    await this.#stopWorkers(this.#atOnce || drainTimeoutMs === 0)
    engine.clock.stop()
    engine.queueClock.stop()
    engine.rebalancer.stop()
    engine.bus.publish({ _tag: "PoolClosed", at: Date.now() })
    engine.bus.end()
    await this.#flushLogs()
    for (const act of this.#atEnd) act()
  }

  #drain(drainTimeoutMs: number): Promise<void> {
    const engine = this.#engine
    return new Promise((resolve) => {
      if (!engine.working || drainTimeoutMs === 0) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        engine.onQuiet = undefined
        this.#drained = undefined
        resolve()
      }
      const timer = setTimeout(done, Math.min(drainTimeoutMs, 2 ** 31 - 1))
      this.#drained = done
      engine.onQuiet = () => {
        if (!engine.working) done()
      }
    })
  }

  #stopWorkers(atOnce: boolean): Promise<void> {
    const engine = this.#engine
    return new Promise((resolve) => {
      const check = (): void => {
        if (engine.crew.all.every(({ state }) => state._tag === "gone")) {
          engine.onQuiet = undefined
          resolve()
        }
      }
      engine.onQuiet = check
      for (const slot of engine.crew.all) {
        const alive = slot.state._tag !== "vacant" && slot.state._tag !== "backingOff" && slot.state._tag !== "gone"
        // One that still runs something runs it for nobody: it has been told so, and has `killGrace` to end it.
        if (atOnce || !alive) slot.kill("terminated")
        else slot.handle({ _tag: "Retire" })
      }
      check()
    })
  }
}

/** Jobs that have not settled, as far as they have been read. */
export const jobsLeft = ({ lanes }: Engine): number =>
  lanes.all.reduce((sum, { outstanding, source, read, stopped }) => {
    // Of those in line, what has settled is not outstanding any more.
    if (source instanceof SubmittedSource) return sum + outstanding + source.length
    const unread = source.total === undefined || stopped ? 0 : Math.max(0, source.total - read)
    return sum + outstanding + unread
  }, 0)
