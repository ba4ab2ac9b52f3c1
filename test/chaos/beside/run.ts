/**
 * Runs a program of jobs side by side for real, and looks at what came of it. What may become of a job is `verdict.ts`,
 * what its workers have noted `Trace.ts`.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { createPool, type PoolOptions, type PromisePool } from "holdfast"
import { apart, type Place } from "../mixed/apart.ts"
import { Patience } from "../mixed/Patience.ts"
import type { MixedResult } from "../mixed/run.ts"
import { Witness } from "../mixed/witness.ts"
import { Calling, TASKS, type ToldCall, type Versions } from "./calls.ts"
import { Changing } from "./changes.ts"
import type { BesideJob } from "./doing.ts"
import { type Plan, type PoolPlan, START_TIMEOUT_MS } from "./plan.ts"
import { type Known, Trace } from "./Trace.ts"
import { objectionToCall, objectionToJob } from "./verdict.ts"

const optionsOf = ({ isolation }: Plan, pool: PoolPlan, file: string): PoolOptions => ({
  isolation,
  workers: pool.workers,
  concurrency: pool.concurrency,
  spare: pool.spare,
  schedule: pool.schedule,
  killGrace: pool.killGraceMs,
  drainTimeout: pool.drainTimeoutMs,
  startTimeout: START_TIMEOUT_MS,
  restart: { max: 1_000, backoff: { min: 1, max: 20 } },
  env: { HOLDFAST_BESIDE: file },
  logger: false,
  ...(pool.maxQueue === undefined ? {} : { maxQueue: pool.maxQueue }),
  ...(pool.maxJobsPerWorker === undefined ? {} : { maxJobsPerWorker: pool.maxJobsPerWorker })
})

interface Open {
  readonly pool: PromisePool
  readonly witness: Witness
  readonly versions: Versions
  readonly changing: Changing
}

const open = async (plan: Plan, pool: PoolPlan, file: string): Promise<Open> => {
  const opened = await createPool(optionsOf(plan, pool, file))
  const versions = { started: 0, done: 0 }
  return {
    pool: opened,
    witness: new Witness(opened.events),
    versions,
    changing: new Changing(plan, opened, versions)
  }
}

/** After all calls: the next job runs, no worker is busy, and nothing waits. */
const rested = async ({ pool }: Open, job: BesideJob, wrong: Array<string>): Promise<void> => {
  await pool
    .run(TASKS.plain, job, { key: job.id })
    .catch((error) => wrong.push(`the next job failed with ${String(error)}`))
  const busy = (): boolean => pool.workers.some(({ state }) => state !== "idle")
  for (const until = performance.now() + 10_000; busy() && performance.now() < until; ) await sleep(10)
  if (busy()) wrong.push(`workers do not come to rest: ${JSON.stringify(pool.workers)}`)
  const { queue, workers } = await pool.dump()
  const { queued, retrying, running } = queue
  if (queued + retrying + running > 0 || workers.some(({ ahead, jobs }) => ahead > 0 || jobs.length > 0))
    wrong.push(`something is left: ${JSON.stringify(queue)}`)
}

const jobOf = (id: string, file: string): BesideJob => ({ id, does: "returns", ms: 0, file })

class Program {
  readonly #plan: Plan
  readonly #file: string
  readonly #sent: ReadonlyArray<ReadonlyArray<BesideJob>>
  readonly #wrong: Array<string> = []

  constructor(plan: Plan, file: string) {
    this.#plan = plan
    this.#file = file
    this.#sent = plan.calls.map(({ jobs }, at) => jobs.map((job, n) => ({ ...job, id: `c${at}j${n}.`, file })))
  }

  #end({ pool }: Open): Promise<void> {
    return this.#plan.end.how === "close" ? pool.close() : pool.terminate()
  }

  async play(): Promise<ReadonlyArray<string>> {
    const { calls, changes, end, pools } = this.#plan
    const all = await Promise.all(pools.map((pool) => open(this.#plan, pool, this.#file)))
    const at = (pool: number): Open => all[pool] as Open
    const done = (): number =>
      all.flatMap(({ pool }) => pool.workers).reduce((sum, each) => sum + each.jobsDone + each.restarts, 0)
    const patience = new Patience(done)
    const playing = calls.map(async (call, n) => {
      await sleep(call.afterMs)
      const { pool, versions } = at(call.pool)
      return new Calling(pool, call, this.#sent[n] ?? []).play(versions.done)
    })
    const changed = changes.map((change, n) => at(change.pool).changing.make(change, jobOf(`b${n}`, this.#file)))
    const early = end.afterMs === undefined ? undefined : sleep(end.afterMs).then(() => this.#endAll(all))
    const told: Array<ToldCall | undefined> = []
    for (const [n, call] of playing.entries()) told.push(await patience.for(`call ${n}`, call))
    for (const [n, change] of changed.entries()) await patience.for(`change ${n} (${changes[n]?.what})`, change)
    const hung = patience.wrong.length > 0
    if (hung) for (const { pool } of all) this.#wrong.push(String(await pool.dump()).slice(0, 3_000))
    else if (early === undefined)
      for (const [n, each] of all.entries())
        await patience.for("the rest", rested(each, jobOf(`r${n}.`, this.#file), this.#wrong))
    await patience.for("the end of the pools", early ?? this.#endAll(all))
    const endedAt = Date.now()
    if (patience.wrong.length > 0) for (const { pool } of all) await patience.for("terminate", pool.terminate())
    for (const { witness } of all) await patience.for("the events", witness.done)
    this.#wrong.push(...patience.wrong)
    this.#judge(all, told, endedAt)
    return this.#wrong
  }

  async #endAll(all: ReadonlyArray<Open>): Promise<void> {
    await Promise.all(all.map((each) => this.#end(each)))
  }

  #known(): (id: string) => Known | undefined {
    const { calls, pools } = this.#plan
    const known = new Map<string, Known>()
    for (const [n, { kind, concurrency, pool }] of calls.entries()) {
      const ofPool = kind === "submit" || kind === "submitAll"
      const most = ofPool ? (pools[pool]?.concurrency ?? 1) : concurrency
      for (const { does, id } of this.#sent[n] ?? []) known.set(id, { does, concurrency: most })
    }
    return (id) => known.get(id)
  }

  /** How many jobs one worker of these may be given. */
  #mostJobs(ids: ReadonlyArray<string>): number {
    const { calls, changes, pools } = this.#plan
    const ofJob = (id: string): number | undefined => {
      const [, kind = "", at = ""] = /^([cbr])(\d+)/.exec(id) ?? []
      return { c: calls[Number(at)]?.pool, b: changes[Number(at)]?.pool, r: Number(at) }[kind]
    }
    const pool = pools[ofJob(ids[0] ?? "") ?? 0]
    return pool?.maxJobsPerWorker ?? Number.POSITIVE_INFINITY
  }

  #judge(all: ReadonlyArray<Open>, told: ReadonlyArray<ToldCall | undefined>, endedAt: number): void {
    const trace = new Trace(this.#file, this.#known())
    const wrong = this.#wrong
    for (const [n, call] of this.#plan.calls.entries()) {
      const jobs = this.#sent[n] ?? []
      const each = told[n]
      if (each === undefined) continue
      const pushed = all[call.pool]?.versions.started ?? 0
      const sent = { plan: this.#plan, call, told: each, trace, pushed }
      const ofJobs = jobs.map((job, at) => objectionToJob({ ...sent, job }, each.jobs.get(at)))
      for (const objection of [objectionToCall(sent, jobs), ...ofJobs, ...each.wrong])
        if (objection !== undefined) wrong.push(`call ${n}: ${objection}`)
      const late = jobs.find(({ id }) => trace.of(id).some(({ at }) => at > endedAt + 50))
      if (late !== undefined) wrong.push(`${late.id} began after the end`)
    }
    const mayExit = this.#plan.calls.reduce(
      (sum, { jobs, loading, retries }) => sum + (loading === "exits" ? jobs.length * (1 + retries) : 0),
      0
    )
    const exited = trace.loads("exits")
    // A worker may be ended for a job that loops beside a module, before that has come to its exit: its load is no attempt.
    const cutShort = all.reduce((sum, { witness }) => sum + witness.ended, 0)
    if (exited > mayExit + cutShort)
      wrong.push(`a module that exits was loaded ${exited} times, for ${mayExit} attempts`)
    wrong.push(...trace.objections())
    // Inline all share one thread, and what was given up goes on.
    if (this.#plan.isolation !== "inline") wrong.push(...trace.crowds((ids) => this.#mostJobs(ids)))
    for (const { changing, pool, witness } of all) wrong.push(...changing.wrong, ...witness.objections(pool.report()))
  }
}

const judged = (plan: Plan, { file }: Place): Promise<ReadonlyArray<string>> => new Program(plan, file).play()

/** Runs it, apart from all else. */
export const runBeside = async (plan: Plan): Promise<MixedResult> => ({
  jobs: plan.calls.reduce((sum, { jobs }) => sum + jobs.length, 0),
  objections: await apart({ mayWarn: false, play: (place) => judged(plan, place) })
})
