/**
 * Runs a program of chaos for real and looks at what came of it: every job settled once, rightly or with an explained
 * failure; every call answered in time; nothing left behind. What may become of one job is `verdict.ts`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createPool, isJobError, jobOf, type PromisePool } from "holdfast"
import { collectGarbage } from "../fixtures/shared-ends.ts"
import { expectNoLeaks, type LeakSnapshot, snapshotLeaks } from "../setup/leaks.ts"
import type { ChaosJob } from "./behaviours.ts"
import { type Answer, answerOf } from "./calls.ts"
import { answerOfCrowd } from "./crowds.ts"
import type { ChaosCall, ChaosProgram } from "./program.ts"
import { objectionTo } from "./verdict.ts"

/** What a program came to. */
export interface ChaosResult {
  readonly jobs: number
  /** Failures by class. */
  readonly faults: ReadonlyMap<string, number>
  /** What is wrong; empty where all is well. */
  readonly objections: ReadonlyArray<string>
  /** Calls that had no answer in time. */
  readonly hangs: number
  /** Jobs that no call told of though it should have, and jobs that ran or were told of more often than they may. */
  readonly lost: number
  readonly duplicated: number
}

/** Far beyond what any of these programs should take. */
const PATIENCE_MS = 60_000
/** A machine under load may give a program hardly any time: as long as jobs end and workers start, it does not hang. */
const MOST_PATIENCE_MS = 600_000

const executionsIn = (file: string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [id = ""] = line.split(" ")
    if (id !== "") counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

const send = async (
  pool: PromisePool,
  { afterMs, worker, signal, thawAfterMs }: ChaosProgram["signals"][number]
): Promise<void> => {
  await sleep(afterMs)
  const { workers } = pool
  const pid = workers[worker % Math.max(1, workers.length)]?.pid
  // Its own children alone: a worker that has just gone has no pid, and no other worker is given it meanwhile.
  const isOurs = (): boolean => pid !== process.pid && pool.workers.some((each) => each.pid === pid)
  const kill = (which: NodeJS.Signals): void => {
    try {
      if (pid !== undefined && isOurs()) process.kill(pid, which)
    } catch {
      // ESRCH: it is gone by now.
    }
  }
  kill(signal)
  if (signal !== "SIGSTOP" || thawAfterMs === undefined) return
  await sleep(thawAfterMs)
  kill("SIGCONT")
}

/** Asks something of the pool. A pool that has ended says so, which is no failure. */
const change = async (
  pool: PromisePool,
  { afterMs, what, workers }: ChaosProgram["changes"][number]
): Promise<void> => {
  await sleep(afterMs)
  try {
    if (what === "resize") await pool.resize(workers)
    else if (what === "recycle") await pool.recycle()
    else if (what === "dump") await pool.dump({ within: 500 })
    else pool.report()
  } catch (error) {
    if (!isJobError(error) || error._tag !== "PoolClosed") throw error
  }
}

/**
 * "hang" once nothing has happened in the pool for so long. Until `over`: a timer that goes on would keep the pool of a
 * program that has ended, and all it had printed.
 */
const hang = async (pool: PromisePool, over: AbortSignal): Promise<"hang"> => {
  const done = (): number => pool.workers.reduce((sum, { jobsDone, restarts }) => sum + jobsDone + restarts, 0)
  const until = performance.now() + MOST_PATIENCE_MS
  for (let before = -1; !over.aborted && before !== done() && performance.now() < until; ) {
    before = done()
    await sleep(PATIENCE_MS, undefined, { ref: false, signal: over }).catch(() => undefined)
  }
  return "hang"
}

/** How many jobs were not told of: a batch that collects, and is let finish, answers for each. */
const missing = (call: ChaosCall, jobs: ReadonlyArray<ChaosJob>, answer: Answer): number => {
  if (answer.failure !== undefined || call.kind === "stream" || call.kind === "unordered") return 0
  return jobs.length - answer.outcomes.size
}

/** The one failure of a call must be a job's, or say that the pool has ended. */
const objectionToFailure = (call: ChaosCall, failure: unknown): string | undefined => {
  if (failure === undefined) return undefined
  if (!isJobError(failure)) return `${call.kind} failed with ${String(failure)}`
  return jobOf(failure) === undefined ? `${call.kind} failed with ${failure._tag} of no job` : undefined
}

type Jobs = ReadonlyArray<ReadonlyArray<ChaosJob>>

const poolOf = (program: ChaosProgram): Promise<PromisePool> =>
  createPool({
    workers: program.workers,
    isolation: program.isolation,
    concurrency: program.concurrency,
    ...(program.maxJobsPerWorker === undefined ? {} : { maxJobsPerWorker: program.maxJobsPerWorker }),
    ...(program.timeoutMs === undefined ? {} : { timeout: program.timeoutMs }),
    killGrace: 300,
    drainTimeout: MOST_PATIENCE_MS,
    // A signal from outside hits idle workers too; how many of those a pool takes is tested elsewhere.
    restart: { max: 1_000, backoff: { min: 1, max: 20 } },
    execArgv: [...process.execArgv, "--max-old-space-size=60"],
    logger: false
  })

/** What the calls answered, undefined where one did not; and what was wrong meanwhile. */
interface Played {
  readonly answers: ReadonlyArray<Answer> | undefined
  readonly hangs: number
  readonly objections: ReadonlyArray<string>
}

const play = async (program: ChaosProgram, sent: Jobs): Promise<Played> => {
  const objections: Array<string> = []
  let hangs = 0
  const pool = await poolOf(program)
  const over = new AbortController()
  const answers = program.calls.map(async (call, at) => {
    await sleep(call.afterMs)
    const controller = new AbortController()
    const cancelling =
      call.cancelAfterMs === undefined ? undefined : setTimeout(() => controller.abort(), call.cancelAfterMs)
    const answer = await answerOf(pool, call, sent[at] ?? [], controller.signal)
    clearTimeout(cancelling)
    return answer
  })
  const crowds = program.crowds.map((crowd) => answerOfCrowd(pool, crowd, program))
  const signals = program.signals.map((signal) => send(pool, signal))
  const changes = program.changes.map((each) => change(pool, each))
  const end = (): Promise<void> => (program.end.how === "close" ? pool.close() : pool.terminate())
  const ended = program.end.afterMs === undefined ? undefined : sleep(program.end.afterMs).then(end)
  const patience = hang(pool, over.signal)
  const all = await Promise.race([Promise.all(answers), patience])
  const told = all === "hang" ? all : await Promise.race([Promise.all(crowds), patience])
  if (told !== "hang") objections.push(...told.flat())
  if (all === "hang" || told === "hang") {
    hangs++
    objections.push(`no answer, and nothing done for ${PATIENCE_MS} ms; workers: ${JSON.stringify(pool.workers)}`)
  }
  const asked = await Promise.race([Promise.all([...signals, ...changes]), patience])
  if (asked === "hang") {
    hangs++
    objections.push("a change or a dump of the pool did not come to an end")
  }
  const closed = await Promise.race([
    Promise.resolve(ended)
      .then(end)
      .then(() => "closed"),
    patience
  ])
  if (closed === "hang") {
    hangs++
    objections.push(`${program.end.how} did not return`)
    await pool.terminate()
  }
  over.abort()
  return { answers: all === "hang" ? undefined : all, hangs, objections }
}

/** What is wrong with what the calls answered, for jobs that were executed so often. */
const judged = (
  program: ChaosProgram,
  sent: Jobs,
  answers: ReadonlyArray<Answer>,
  executions: ReadonlyMap<string, number>
): Pick<ChaosResult, "duplicated" | "faults" | "lost" | "objections"> => {
  const faults = new Map<string, number>()
  const objections: Array<string | undefined> = []
  let lost = 0
  let duplicated = 0
  for (const [at, answer] of answers.entries()) {
    const call = program.calls[at] as ChaosCall
    const jobs = sent[at] ?? []
    const untold = missing(call, jobs, answer)
    lost += untold
    if (untold > 0) objections.push(`${call.kind} did not tell of ${untold} of ${jobs.length} jobs`)
    objections.push(objectionToFailure(call, answer.failure))
    for (const [index, job] of jobs.entries()) {
      const traced = { job, call, executions: executions.get(job.id) ?? 0 }
      const outcome = answer.outcomes.get(index)
      if (traced.executions > 1 + call.retries) duplicated++
      if (outcome?._tag === "Failed") {
        const tag = String((outcome.error as { _tag?: unknown })._tag)
        faults.set(tag, (faults.get(tag) ?? 0) + 1)
      }
      if (outcome !== undefined) objections.push(objectionTo(outcome, traced, program))
      else if (traced.executions > 1 + call.retries)
        objections.push(`${job.id} was executed ${traced.executions} times`)
    }
  }
  return { faults, lost, duplicated, objections: objections.filter((each) => each !== undefined) }
}

/** What is left some time after a program has ended. */
const leftBehind = async (before: LeakSnapshot): Promise<ReadonlyArray<string>> => {
  for (const until = performance.now() + 10_000; ; ) {
    // The memory that a crowd was counted in is open until it is garbage.
    await collectGarbage()
    try {
      await expectNoLeaks(before, 500)
      return []
    } catch (error) {
      if (performance.now() > until) return [String(error)]
    }
  }
}

/** Runs it, in a folder of its own, and looks at what is left of it afterwards. */
export const runProgram = async (program: ChaosProgram): Promise<ChaosResult> => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-chaos-"))
  const file = join(folder, "executions")
  writeFileSync(file, "")
  const sent = program.calls.map((call, at) =>
    call.jobs.map((job, index): ChaosJob => ({ ...job, id: `c${at}j${index}.`, file }))
  )
  const many = [...program.crowds.map(({ count }) => count), ...sent.map(({ length }) => length)]
  const jobs = many.reduce((sum, count) => sum + count, 0)
  // Node opens these when they are first asked for, and keeps them.
  void [process.stdout, process.stderr]
  const before = snapshotLeaks()
  const nothing = { faults: new Map<string, number>(), lost: 0, duplicated: 0 }
  try {
    const { answers, hangs, objections } = await play(program, sent)
    const verdict =
      answers === undefined ? { ...nothing, objections: [] } : judged(program, sent, answers, executionsIn(file))
    return {
      ...verdict,
      jobs,
      hangs,
      objections: [...objections, ...verdict.objections, ...(await leftBehind(before))]
    }
  } catch (error) {
    const objection = `the program itself failed: ${error instanceof Error ? error.stack : String(error)}`
    return { ...nothing, jobs, hangs: 0, objections: [objection] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
