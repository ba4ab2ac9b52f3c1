/** What is done to a pool whose jobs run side by side: its size, its workers, their stores. What comes of it is right. */
import { setTimeout as sleep } from "node:timers/promises"
import { isJobError, type PromisePool } from "holdfast"
import { TASKS, type Versions } from "./calls.ts"
import type { BesideJob, BesideValue } from "./doing.ts"
import type { Plan, PlannedChange } from "./plan.ts"

/** What a job may be told that is for each worker, of which some end, or leave, or are ended with their pool. */
const mayFail = ({ end }: Plan, error: unknown): boolean => {
  const tag = (error as { _tag?: unknown } | undefined)?._tag
  if (tag === "NotInStore") return true
  if (!isJobError(error)) return false
  return (
    ["JobCancelled", "WorkerCrashed"].includes(error._tag) || (error._tag === "PoolClosed" && end.afterMs !== undefined)
  )
}

const LENGTH = 7

export class Changing {
  readonly wrong: Array<string> = []
  readonly #plan: Plan
  readonly #pool: PromisePool
  readonly #versions: Versions

  constructor(plan: Plan, pool: PromisePool, versions: Versions) {
    this.#plan = plan
    this.#pool = pool
    this.#versions = versions
  }

  async make(change: PlannedChange, job: BesideJob): Promise<void> {
    await sleep(change.afterMs)
    try {
      await this.#make(change, job)
    } catch (error) {
      if (!mayFail(this.#plan, error)) this.wrong.push(`${change.what} failed with ${String(error)}`)
    }
  }

  async #make({ what, workers }: PlannedChange, job: BesideJob): Promise<void> {
    const pool = this.#pool
    switch (what) {
      case "resize":
        return pool.resize(workers)
      case "recycle":
        return pool.recycle()
      case "dump":
        await pool.dump({ within: 300 })
        pool.report().toString()
        return
      case "push":
        return this.#push()
      case "pull":
        return this.#pull()
      case "broadcast":
        return this.#broadcast(job)
      case "scatter":
        return this.#scatter()
    }
  }

  async #push(): Promise<void> {
    const version = ++this.#versions.started
    await this.#pool.push({ version })
    this.#versions.done = Math.max(this.#versions.done, version)
  }

  async #pull(): Promise<void> {
    const { done } = this.#versions
    const seen = await this.#pool.pull("version")
    if (seen.some((version) => Number(version) < done || Number(version) > this.#versions.started))
      this.wrong.push(`a pull came to ${JSON.stringify(seen)}, of ${done} to ${this.#versions.started}`)
  }

  /** One job for each worker: each has its own, or says that its worker ended. */
  async #broadcast(job: BesideJob): Promise<void> {
    const seen: ReadonlyArray<BesideValue> = await this.#pool.broadcast(TASKS.plain, job)
    const ids = new Set(seen.map(({ worker }) => worker))
    if (ids.size !== seen.length || seen.some(({ id }) => id !== job.id))
      this.wrong.push(`a broadcast came to ${JSON.stringify(seen)}`)
  }

  async #scatter(): Promise<void> {
    const name = `part ${++this.#versions.started}`
    const array = Array.from({ length: LENGTH }, (_, at) => at)
    await this.#pool.scatter(name, array)
    const gathered = await this.#pool.gather(name)
    if (JSON.stringify(gathered) !== JSON.stringify(array))
      this.wrong.push(`what was scattered was gathered as ${JSON.stringify(gathered)}`)
  }
}
