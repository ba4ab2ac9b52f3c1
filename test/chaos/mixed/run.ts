/**
 * Runs a mixed program for real, and looks at what came of it. What may become of a job is `model.ts`, of a call
 * `verdict.ts`, of the events `witness.ts`.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createPool, type PoolOptions, Shared } from "holdfast"
import { type ActJob, type Common, unit } from "./acts.ts"
import { apart, type Place } from "./apart.ts"
import { Playing } from "./calls.ts"
import { openDoor } from "./doors.ts"
import { Patience } from "./Patience.ts"
import type { Plan } from "./plan.ts"
import type { Told, Versions } from "./Told.ts"
import { change, endOf, kill, rested } from "./unrest.ts"
import { objectionsToCall } from "./verdict.ts"
import { Witness } from "./witness.ts"

export interface MixedResult {
  readonly jobs: number
  readonly objections: ReadonlyArray<string>
}

const COMMON: ReadonlySet<string> = new Set(["adds", "locks", "takes", "takesForever"])
const MOST_ITEMS = 1_000

const optionsOf = (plan: Plan, folder: string): PoolOptions => ({
  workers: plan.workers,
  isolation: plan.isolation,
  concurrency: plan.concurrency,
  schedule: plan.schedule,
  spare: plan.spare,
  stallWarning: plan.stallMs,
  killGrace: plan.killGraceMs,
  drainTimeout: plan.drainTimeoutMs,
  restart: { max: plan.restartMax, backoff: { min: 1, max: 20 } },
  ...(plan.maxQueue === undefined ? {} : { maxQueue: plan.maxQueue }),
  ...(plan.maxJobsPerWorker === undefined ? {} : { maxJobsPerWorker: plan.maxJobsPerWorker }),
  ...(plan.hasMaxMemory ? { maxMemory: "300 MiB" as never } : {}),
  ...(plan.hasContext ? { context: unit as never } : {}),
  ...(plan.hasContext && plan.startFault !== undefined
    ? {
        startTimeout: plan.startFault === "hangs" ? 4_000 : 30_000,
        env: { HOLDFAST_MIXED_FAULT: plan.startFault, HOLDFAST_MIXED_STARTS: join(folder, "starts") }
      }
    : {}),
  ...(plan.preload === true ? { preload: [new URL("./preloaded.ts", import.meta.url)] } : {}),
  ...(plan.hasReports ? { reports: join(folder, "reports") } : {}),
  logger: false
})

interface Execution {
  readonly id: string
  readonly at: number
}

const executionsIn = (file: string): ReadonlyArray<Execution> =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [id = "", , , at] = line.split(" ")
      return { id, at: Number(at) }
    })

const ofCommon = (
  common: Common,
  counts: { readonly adds: number; readonly locks: number },
  executions: { readonly adds: number; readonly locks: number },
  real: { readonly adds: number; readonly locks: number }
): Array<string> => {
  void common
  return (["adds", "locks"] as const).flatMap((each) =>
    real[each] < counts[each] || real[each] > executions[each]
      ? [`${each}: ${counts[each]} succeeded of ${executions[each]}, and came to ${real[each]}`]
      : []
  )
}

const play = async (plan: Plan, sent: ReadonlyArray<ReadonlyArray<ActJob>>, common: Common, folder: string) => {
  const file = join(folder, "executions")
  const versions: Versions = { started: 0, done: 0 }
  const second = plan.hasSecond ? await createPool({ workers: 1, isolation: plan.isolation, logger: false }) : undefined
  const door = await openDoor(plan.door, optionsOf(plan, folder), second)
  const patience = new Patience(() =>
    door.workers.reduce((sum, { jobsDone, restarts }) => sum + jobsDone + restarts, 0)
  )
  const { wrong } = patience
  const witness = new Witness(door.events)
  const calls = plan.calls.map(async (call, at): Promise<Told> => {
    await sleep(call.afterMs)
    return new Playing(door, call, sent[at] ?? [], versions, file).play()
  })
  const changes = [...plan.changes.map((each) => change(door, each)), ...plan.kills.map((each) => kill(door, each))]
  const { afterMs } = plan.end
  const early = afterMs === undefined ? undefined : sleep(afterMs).then(() => endOf(door, plan.end))
  early?.catch(() => undefined)
  const told: Array<Told | undefined> = []
  for (const [at, call] of calls.entries()) told.push(await patience.for(`call ${at} (${plan.calls[at]?.kind})`, call))
  for (const [at, each] of changes.entries()) await patience.for(`change ${at}`, each)
  if (told.includes(undefined)) {
    wrong.push(`workers ${JSON.stringify(door.workers)}`)
    wrong.push(String(await door.dump()).slice(0, 4000))
  } else if (early === undefined) await rested(plan, door, common, patience)
  const closing = performance.now()
  await patience.for("the end of the pool", early ?? endOf(door, plan.end))
  const took = performance.now() - closing
  const most = Math.min(plan.drainTimeoutMs, early === undefined ? 0 : 60_000) + plan.killGraceMs + 10_000
  if (took > most) wrong.push(`the pool took ${Math.round(took)} ms to end`)
  const closedAt = Date.now()
  if (wrong.length > 0) await patience.for("terminate", door.terminate())
  await patience.for("the events", witness.done)
  if (second !== undefined) await patience.for("the end of the second pool", second.close())
  // A generator closes once it has answered what it was last asked for.
  const open = (): boolean => told.some((each) => each?.inputs.isOpen === true)
  for (const until = performance.now() + 5_000; open() && performance.now() < until; ) await sleep(5)
  return { wrong, told, witness, versions, closedAt, report: door.report() }
}

/** Plays it, and tells what is wrong with what came of it. */
const judged = async (plan: Plan, { folder, file }: Place): Promise<Array<string>> => {
  const common: Common = {
    counter: Shared.counter(),
    lock: Shared.lock(),
    balance: Shared.map(),
    items: Shared.queue(),
    empty: Shared.queue()
  }
  for (let item = 1; item <= MOST_ITEMS; item++) void common.items.put(item)
  const sent = plan.calls.map((call, at) =>
    call.jobs.map(
      (job, index): ActJob => ({
        ...job,
        id: `c${at}j${index}.`,
        file,
        ...(COMMON.has(job.does) ? { common } : {})
      })
    )
  )
  const { wrong, told, witness, versions, closedAt, report } = await play(plan, sent, common, folder)
  const executed = executionsIn(file)
  const late = executed.filter(({ at }) => at > closedAt + 50)
  if (late.length > 0) wrong.push(`${late.length} jobs ran after the end, such as ${late[0]?.id}`)
  const executions = new Map<string, number>()
  for (const { id } of executed) executions.set(id, (executions.get(id) ?? 0) + 1)
  const succeeded = { adds: 0, locks: 0 }
  const ran = { adds: 0, locks: 0 }
  const taken = new Set<unknown>()
  for (const [at, each] of told.entries()) {
    const call = plan.calls[at]
    const sentJobs = sent[at] ?? []
    if (call === undefined || each === undefined) continue
    wrong.push(
      ...objectionsToCall({
        plan,
        call,
        jobs: sentJobs,
        told: each,
        executions,
        pushed: versions.started,
        witness
      }).map((objection) => `call ${at}: ${objection}`)
    )
    for (const [index, outcome] of each.outcomes) {
      const does = sentJobs[index]?.does
      if (outcome._tag === "Failed") continue
      if (does === "adds" || does === "locks") succeeded[does]++
      if (does !== "takes") continue
      const { got } = outcome.value as { got: unknown }
      if (taken.has(got)) wrong.push(`item ${String(got)} was taken twice`)
      taken.add(got)
    }
    for (const { id, does } of sentJobs) if (does === "adds" || does === "locks") ran[does] += executions.get(id) ?? 0
  }
  const real = { adds: await common.counter.get(), locks: (await common.balance.get("amount")) ?? 0 }
  wrong.push(...ofCommon(common, succeeded, ran, real), ...witness.objections(report))
  await sleep(20)
  if (readFileSync(file, "utf8").split("\n").length - 1 !== executed.length) wrong.push("jobs ran after the end")
  return wrong
}

/** Runs it, apart from all else. */
export const runMixed = async (plan: Plan): Promise<MixedResult> => ({
  jobs: plan.calls.reduce((sum, { jobs }) => sum + jobs.length, 0),
  objections: await apart({
    mayWarn: plan.calls.some(({ inputs }) => /breaks|dies/i.test(inputs)),
    play: (place) => judged(plan, place)
  })
})
