/**
 * The scenes that a pool is put into, played in a parent of their own (`parent.ts`): they submit jobs, wait with
 * limits, and say what they saw. They know neither the pools nor what is right.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { inspect } from "node:util"
import type { OpenPool, Wanted } from "./adapters/Adapter.ts"
import type { Fault } from "./faults.ts"
import type { Observation, Settled, Told } from "./Observation.ts"

export type SceneName = "beside" | "late" | "broken" | "batch" | "idle" | "orphaned"

/** What a job, and what all that follows it, may take before it counts as hung. Milliseconds. */
export const JOB_LIMIT = 5000
const AFTER_LIMIT = 3000

export interface Stage {
  readonly fault: Fault
  readonly open: (wanted: Pick<Wanted, "workers">) => Promise<OpenPool>
  readonly say: (observation: Observation) => void
}

const settling = async (promise: PromiseLike<unknown>, ms: number, expected?: unknown): Promise<[Settled, unknown]> => {
  const expiry = new AbortController()
  const expired = sleep(ms, undefined, { signal: expiry.signal }).then(
    (): [Settled, unknown] => [{ state: "pending" }, undefined],
    (): [Settled, unknown] => [{ state: "pending" }, undefined]
  )
  const settled = promise.then(
    (value): [Settled, unknown] => [
      { state: "value", value: inspect(value).slice(0, 200), right: value === expected },
      value
    ],
    (error: unknown): [Settled, unknown] => [{ state: "failed", said: String(error).slice(0, 300) }, error]
  )
  const first = await Promise.race([settled, expired])
  expiry.abort()
  return first
}

const settledWithin = async (promise: PromiseLike<unknown>, ms: number, expected?: unknown): Promise<Settled> =>
  (await settling(promise, ms, expected))[0]

const tellings = ({ facts }: Fault, error: unknown): Array<Told> => {
  const text = inspect(error, { depth: 6, maxArrayLength: 50, maxStringLength: 5000 })
  return facts.map(({ what, holds, needed }) => ({ what, needed, told: holds(text, error) }))
}

const judged = async (stage: Stage, job: PromiseLike<unknown>): Promise<void> => {
  const startedAt = performance.now()
  const [settled, outcome] = await settling(job, JOB_LIMIT, stage.fault.value)
  const told = settled.state === "failed" ? tellings(stage.fault, outcome) : []
  stage.say({ at: "job", settled, told, ms: Math.round(performance.now() - startedAt) })
}

/** A pool that throws at once does no better than one that rejects, and no worse. */
const attempt = async (start: () => PromiseLike<unknown>): Promise<unknown> => await start()

/** Until a job has noted its start. */
const started = async (label: string): Promise<void> => {
  const { FAULTS_FOLDER: folder = "." } = process.env
  const file = join(folder, "started")
  for (const until = performance.now() + JOB_LIMIT; performance.now() < until; await sleep(5)) {
    try {
      if (readFileSync(file, "utf8").split("\n").includes(label)) return
    } catch {
      // Nobody has noted anything yet.
    }
  }
}

const after = async ({ say }: Stage, pool: OpenPool): Promise<void> => {
  say({
    at: "next",
    settled: await settledWithin(
      attempt(() => pool.run("double", 21, undefined)),
      AFTER_LIMIT,
      42
    )
  })
  say({
    at: "closed",
    settled: await settledWithin(
      attempt(() => pool.close()),
      AFTER_LIMIT
    )
  })
}

/** Both workers have started and done something. */
const warm = (pool: OpenPool): Promise<unknown> =>
  Promise.all(["warm 1", "warm 2"].map((label) => pool.run("nap", { ms: 50, label }, undefined)))

/** A job runs on one worker, the fault strikes the other, and three jobs wait behind it. */
const beside = async (stage: Stage): Promise<void> => {
  const { fault, open, say } = stage
  const pool = await open({ workers: 2 })
  await warm(pool)
  // They were submitted with the job, and should be done long before it has had its time.
  const waits = JOB_LIMIT + 1000
  const running = settledWithin(pool.run("nap", { ms: 500, label: "bystander" }, undefined), waits, "bystander")
  await started("bystander")
  const job = attempt(() => pool.run(fault.job, fault.input(), fault.timeoutMs))
  const queued = [1, 2, 3].map((n) =>
    settledWithin(
      attempt(() => pool.run("double", n, undefined)),
      waits,
      n * 2
    )
  )
  await judged(stage, job)
  say({ at: "bystanders", settled: await Promise.all([running, ...queued]) })
  await after(stage, pool)
}

/** One worker: what its last job left behind strikes while the next one runs. */
const late = async (stage: Stage): Promise<void> => {
  const { fault, open, say } = stage
  const pool = await open({ workers: 1 })
  await judged(stage, pool.run(fault.job, fault.input(), undefined))
  const running = pool.run("nap", { ms: 500, label: "bystander" }, undefined)
  say({ at: "bystanders", settled: [await settledWithin(running, AFTER_LIMIT, "bystander")] })
  await after(stage, pool)
}

const broken = async (stage: Stage): Promise<void> => {
  const { fault, open, say } = stage
  // Some pools fail here: that is told as well as by the job.
  const opening = open({ workers: 2 })
  await judged(
    stage,
    opening.then((pool) => pool.run(fault.job, fault.input(), undefined))
  )
  const closing = opening.then((pool) => pool.close())
  say({ at: "closed", settled: await settledWithin(closing, AFTER_LIMIT) })
}

const batch = async (stage: Stage): Promise<void> => {
  const { fault, open, say } = stage
  const pool = await open({ workers: 2 })
  await warm(pool)
  const inputs = Array.from({ length: 20 }, (_, n) => n)
  const single = (n: number): Promise<PromiseSettledResult<unknown>> =>
    Promise.allSettled([pool.run(fault.job, n, undefined)]).then(([result]) => result)
  const outcomes = pool.settle?.(fault.job, inputs)
  const jobs = inputs.map(async (n) => {
    const result = outcomes === undefined ? await single(n) : (await outcomes)[n]
    if (result?.status === "fulfilled") return result.value
    throw result?.reason
  })
  const [poison, ...others] = [7, ...inputs.filter((n) => n !== 7)].map((n) => [n, jobs[n]] as const)
  const settled = others.map(([n, job]) => settledWithin(job ?? Promise.resolve(), JOB_LIMIT + 1000, n * n))
  await judged(stage, poison?.[1] ?? Promise.resolve())
  say({ at: "bystanders", settled: await Promise.all(settled) })
  await after(stage, pool)
}

const isGone = (pid: number): boolean => {
  try {
    return /^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return true
  }
}

const idle = async (stage: Stage): Promise<void> => {
  const { fault, open } = stage
  const pool = await open({ workers: 1 })
  const { pid } = (await pool.run("identify", undefined, undefined)) as { readonly pid: number }
  process.kill(pid, "SIGKILL")
  for (const until = performance.now() + AFTER_LIMIT; !isGone(pid) && performance.now() < until; ) await sleep(2)
  await judged(
    stage,
    attempt(() => pool.run(fault.job, fault.input(), undefined))
  )
  await after(stage, pool)
}

const orphaned = async ({ fault, open, say }: Stage): Promise<void> => {
  const pool = await open({ workers: 2 })
  await warm(pool)
  pool.run(fault.job, undefined, undefined).then(undefined, () => undefined)
  await started("faulty")
  say({ at: "kill-me" })
  await sleep(AFTER_LIMIT)
}

export const scenes: Readonly<Record<SceneName, (stage: Stage) => Promise<void>>> = {
  beside,
  late,
  broken,
  batch,
  idle,
  orphaned
}
