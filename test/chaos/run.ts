/**
 * Runs a program of chaos for real and looks at what came of it: every job settled once, rightly or with an explained
 * failure; every call answered in time; nothing left behind. What may become of one job is `verdict.ts`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createPool, isJobError, jobOf, type Outcome, type PromisePool } from "holdfast"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { behave, type ChaosJob } from "./behaviours.ts"
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

/** How a call answered: outcomes by index as far as it tells of them, or its one failure. */
interface Answer {
  readonly outcomes: ReadonlyMap<number, Outcome<unknown, unknown>>
  readonly failure?: unknown
}

/** Far beyond what any of these programs should take. */
const PATIENCE_MS = 60_000
/** A machine under load may give a program hardly any time: as long as jobs end and workers start, it does not hang. */
const MOST_PATIENCE_MS = 600_000

const asOutcome = (value: unknown): Outcome<unknown, unknown> => ({ _tag: "Succeeded", value, job: undefined as never })

const numbered = (values: ReadonlyArray<Outcome<unknown, unknown>>): Answer => ({ outcomes: new Map(values.entries()) })

/** A stream's values are told apart by their own ids. */
const byId = (jobs: ReadonlyArray<ChaosJob>, value: unknown): number => {
  const text = typeof value === "string" ? value : String((value as { value?: unknown } | undefined)?.value)
  return jobs.findIndex(({ id }) => text.startsWith(`${id}:`))
}

const answerOf = async (
  pool: PromisePool,
  call: ChaosCall,
  jobs: ReadonlyArray<ChaosJob>,
  signal: AbortSignal
): Promise<Answer> => {
  const { onFailure, chunkSize, priority, retries } = call
  const job = { signal, priority, retry: { retries, minTimeout: 1, maxTimeout: 20 } }
  const outcomes = new Map<number, Outcome<unknown, unknown>>()
  try {
    switch (call.kind) {
      case "map":
        return numbered((await pool.map(behave, jobs, { ...job, onFailure, chunkSize })).map(asOutcome))
      case "settle":
        return numbered(await pool.settle(behave, jobs, { ...job, chunkSize }))
      case "submitAll": {
        const handles = pool.submitAll(behave, jobs, job)
        await Promise.allSettled(handles.map((handle) => handle.result()))
        return numbered(handles.flatMap((handle) => handle.poll() ?? []))
      }
      default: {
        const ordered = call.kind === "stream"
        let taken = 0
        for await (const value of pool.stream(behave, jobs, { ...job, onFailure, chunkSize, ordered })) {
          const index = byId(jobs, value)
          if (outcomes.has(index)) throw new Error(`value ${index} came twice`)
          outcomes.set(index, asOutcome(value))
          if (++taken === call.breakAfter) break
        }
        return { outcomes }
      }
    }
  } catch (failure) {
    return { outcomes, failure }
  }
}

const executionsIn = (file: string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [id = ""] = line.split(" ")
    if (id !== "") counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

const send = async (pool: PromisePool, { afterMs, worker, signal }: ChaosProgram["signals"][number]): Promise<void> => {
  await sleep(afterMs)
  const { workers } = pool
  const pid = workers[worker % Math.max(1, workers.length)]?.pid
  try {
    // Its own children alone: a worker that has just gone has no pid.
    if (pid !== undefined && pid !== process.pid) process.kill(pid, signal)
  } catch {
    // ESRCH: it is gone by now.
  }
}

/** "hang" once nothing has happened in the pool for so long. */
/** Until `over`: a timer that goes on would keep the pool of a program that has ended, and all it had printed. */
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

export const runProgram = async (program: ChaosProgram): Promise<ChaosResult> => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-chaos-"))
  const file = join(folder, "executions")
  writeFileSync(file, "")
  // Node opens these when they are first asked for, and keeps them.
  void [process.stdout, process.stderr]
  const before = snapshotLeaks()
  const objections: Array<string> = []
  const faults = new Map<string, number>()
  let hangs = 0
  let lost = 0
  let duplicated = 0
  const sent = program.calls.map((call, at) =>
    call.jobs.map((job, index): ChaosJob => ({ ...job, id: `c${at}j${index}.`, file }))
  )
  try {
    const pool = await createPool({
      workers: program.workers,
      isolation: program.isolation,
      concurrency: program.concurrency,
      ...(program.maxJobsPerWorker === undefined ? {} : { maxJobsPerWorker: program.maxJobsPerWorker }),
      timeout: program.timeoutMs,
      killGrace: 300,
      drainTimeout: MOST_PATIENCE_MS,
      // A signal from outside hits idle workers too; how many of those a pool takes is tested elsewhere.
      restart: { max: 1_000, backoff: { min: 1, max: 20 } },
      execArgv: [...process.execArgv, "--max-old-space-size=60"],
      logger: false
    })
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
    const signals = program.signals.map((signal) => send(pool, signal))
    const end = (): Promise<void> => (program.end.how === "close" ? pool.close() : pool.terminate())
    const ended = program.end.afterMs === undefined ? undefined : sleep(program.end.afterMs).then(end)
    const patience = hang(pool, over.signal)
    const all = await Promise.race([Promise.all(answers), patience])
    if (all === "hang") {
      hangs++
      objections.push(`no answer, and nothing done for ${PATIENCE_MS} ms; workers: ${JSON.stringify(pool.workers)}`)
    }
    await Promise.race([Promise.all(signals), patience])
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
    if (all !== "hang") {
      const executions = executionsIn(file)
      for (const [at, answer] of all.entries()) {
        const call = program.calls[at] as ChaosCall
        const jobs = sent[at] ?? []
        const untold = missing(call, jobs, answer)
        lost += untold
        const wrong = [
          untold === 0 ? undefined : `${call.kind} did not tell of ${untold} of ${jobs.length} jobs`,
          objectionToFailure(call, answer.failure)
        ]
        for (const [index, job] of jobs.entries()) {
          const traced = { job, call, executions: executions.get(job.id) ?? 0 }
          const outcome = answer.outcomes.get(index)
          if (traced.executions > 1 + call.retries) duplicated++
          if (outcome?._tag === "Failed") {
            const tag = String((outcome.error as { _tag?: unknown })._tag)
            faults.set(tag, (faults.get(tag) ?? 0) + 1)
          }
          if (outcome !== undefined) wrong.push(objectionTo(outcome, traced, program))
          else if (traced.executions > 1 + call.retries) wrong.push(`${job.id} was executed ${traced.executions} times`)
        }
        objections.push(...wrong.filter((each) => each !== undefined))
      }
    }
    await expectNoLeaks(before, 10_000).catch((error: unknown) => objections.push(String(error)))
  } catch (error) {
    objections.push(`the program itself failed: ${error instanceof Error ? error.stack : String(error)}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return { jobs: sent.reduce((sum, jobs) => sum + jobs.length, 0), faults, objections, hangs, lost, duplicated }
}
