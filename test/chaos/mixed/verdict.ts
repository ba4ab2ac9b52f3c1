/** What is wrong with what a call was told: its failure, its order, and that it was told of every job. */
import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import { isJobError, jobOf } from "holdfast"
import type { ActJob } from "./acts.ts"
import { retriesOf } from "./call-options.ts"
import { Defect, Interrupted } from "./doors.ts"
import { mayBreak, objectionToJob } from "./model.ts"
import type { Plan, PlannedCall } from "./plan.ts"
import type { Told } from "./Told.ts"
import type { Witness } from "./witness.ts"

/** A call, and all that is known of it. */
export interface Judged {
  readonly plan: Plan
  readonly call: PlannedCall
  readonly jobs: ReadonlyArray<ActJob>
  readonly told: Told
  readonly executions: ReadonlyMap<string, number>
  readonly pushed: number
  readonly witness: Witness
}

/** Far beyond what the cancelling of a call should take. */
const PROMPT_MS = 5_000

const SENT_JOBS = new Set([
  "run",
  "submit",
  "submitAll",
  "map",
  "lift",
  "settle",
  "stream",
  "outcomes",
  "via",
  "pipeline"
])

/** Whether some job of whatever call takes its worker along. */
const anyDeadly = ({ calls }: Plan): boolean =>
  calls.some(
    ({ cancelAfterMs, jobs, timeoutMs, leaveAfter }) =>
      cancelAfterMs !== undefined ||
      leaveAfter !== undefined ||
      timeoutMs !== undefined ||
      jobs.some(({ does }) => DEADLY.has(does))
  )

const DEADLY = new Set(["resumesOfDeath", "exits", "exitsOnce", "throwsLate", "fills", "neverSettles"])

const READ = new Set(["stream", "outcomes", "via", "pipeline"])

/** Inputs that are no Stream have no failures: what they throw is a defect on the Effect door. */
const isOfInputs = ({ call, plan, told: { inputs } }: Judged, error: unknown): boolean => {
  if (!inputs.broke) return false
  // Read as an async iterable, a Stream throws either as it is.
  const isDefect = plan.door === "effect" && !READ.has(call.kind) && inputs.kind !== "flowBreaks"
  return isDefect ? error instanceof Defect && error.cause === inputs.error : error === inputs.error
}

const ofFailure = (judged: Judged): string | undefined => {
  const { call, jobs, plan, told } = judged
  if (told.failure === undefined) return undefined
  const { error } = told.failure
  if (isOfInputs(judged, error)) return undefined
  const isCancelled = told.cancelledAt !== undefined
  if (error instanceof Interrupted && isCancelled) return undefined
  // A pipeline fails with the signal's own reason.
  if (isCancelled && call.kind === "pipeline" && (error as Error | undefined)?.message === "cancelled by the program")
    return undefined
  const key = jobOf(error)?.key
  const index = jobs.findIndex(({ id }) =>
    key === undefined ? String((error as Error).message).includes(id) : id === key
  )
  if (!SENT_JOBS.has(call.kind) || index === -1) {
    const tag = String((error as { _tag?: unknown })._tag)
    if (isCancelled && tag === "JobCancelled") return undefined
    if (tag === "PoolClosed" && plan.end.afterMs !== undefined) return undefined
    if ((tag === "PoolBroken" || tag === "WorkerFailedToStart") && mayBreak(plan)) return undefined
    const mayLose =
      anyDeadly(plan) || plan.kills.length > 0 || plan.changes.length > 0 || plan.maxJobsPerWorker !== undefined
    const isForAll = call.kind === "broadcast" || call.kind === "push" || call.kind === "partials"
    if (isForAll && (tag === "WorkerCrashed" || tag === "JobCancelled") && mayLose) return undefined
    return `${call.kind} failed with ${String(error)}, which nothing explains`
  }
  return ofJob(judged, index, { _tag: "Failed", error: error as never, job: undefined as never })
}

const ofJob = (
  { call, executions, jobs, plan, pushed, told }: Judged,
  index: number,
  outcome: Parameters<typeof objectionToJob>[2]
): string | undefined => {
  const job = jobs[index]
  if (job === undefined) return undefined
  return objectionToJob(plan, { job, call, told, executions: executions.get(job.id) ?? 0, pushed }, outcome)
}

/** What was read came in its order, and nothing was left out. */
const ofReading = (judged: Judged): string | undefined => {
  const { call, jobs, plan, told, witness } = judged
  if (!READ.has(call.kind)) return undefined
  const { order } = told
  if (call.ordered && order.some((index, at) => at > 0 && index < (order[at - 1] ?? 0)))
    return `${call.kind} came in the order ${order.join()}`
  if (call.kind === "outcomes" && call.ordered && order.some((index, at) => index !== at))
    return `outcomes came as ${order.join()}`
  // What was read of inputs that have failed is given up with its pool, or by its signal, and the call fails with the
  // inputs' own error.
  const isCut = plan.end.afterMs !== undefined || told.cancelledAt !== undefined
  if (told.left || (told.failure !== undefined && isCut)) return undefined
  if (told.failure !== undefined && !isOfInputs(judged, told.failure.error)) return undefined
  const missing = jobs
    .slice(0, told.inputs.given)
    .filter(({ id }, index) => !told.outcomes.has(index) && !told.failed.has(id) && !witness.failed.has(id))
  if (missing.length > 0 && !(told.failure !== undefined && call.kind === "pipeline"))
    return `${call.kind} did not tell of ${missing.map(({ id, does }) => `${id} ${does}`).join()}`
  return undefined
}

/** The events tell the same as the call. */
const ofEvents = ({ call, jobs, told, witness }: Judged): Array<string> => {
  if (witness.lost || call.isBare) return []
  const wrong: Array<string> = []
  for (const [index, outcome] of told.outcomes) {
    const id = jobs[index]?.id ?? ""
    const failed = witness.failed.get(id) ?? 0
    if (outcome._tag === "Succeeded") {
      if (failed > 0) wrong.push(`${id} succeeded, and its event says it failed with ${String(witness.errors.get(id))}`)
      const retries = outcome.job === undefined ? undefined : outcome.job.attempts.length - 1
      const events = witness.retried.get(id) ?? 0
      if (retries !== undefined && retries !== events) wrong.push(`${id}: ${retries} retries, and ${events} events`)
    } else if (failed === 0 && isJobError(outcome.error) && outcome.error.job.attempts.length > 0)
      wrong.push(`${id} failed, and no event says so: ${outcome.error.message}`)
  }
  return wrong
}

/** A failure can be shown whatever it is. */
const ofShowing = (error: unknown): string | undefined => {
  try {
    JSON.stringify(error)
    inspect(error)
    return undefined
  } catch (thrown) {
    return `can't be shown: ${String(thrown)}`
  }
}

/** The reports that a failure names are there. */
const ofReports = (error: unknown): string | undefined => {
  for (const { report } of jobOf(error)?.attempts ?? []) {
    if (report === undefined) continue
    try {
      JSON.parse(readFileSync(report, "utf8"))
    } catch (thrown) {
      return `has a report that can't be read: ${String(thrown)}`
    }
  }
  return undefined
}

/** What is wrong with a call. */
export const objectionsToCall = (judged: Judged): Array<string> => {
  const { call, told } = judged
  const objections: Array<string | undefined> = [...told.wrong, ofFailure(judged), ofReading(judged)]
  for (const [index, outcome] of told.outcomes) {
    objections.push(ofJob(judged, index, outcome))
    if (outcome._tag === "Failed") objections.push(ofShowing(outcome.error), ofReports(outcome.error))
  }
  for (const job of judged.jobs) {
    const times = judged.executions.get(job.id) ?? 0
    if (times > 1 + retriesOf(call)) objections.push(`${job.does} (${job.id}) was executed ${times} times`)
  }
  objections.push(...ofEvents(judged))
  const { cancelledAt, answeredAt, inputs } = told
  const isMade = call.cancelBy === "signal" || !["submit", "submitAll", "broadcast", "push"].includes(call.kind)
  if (cancelledAt !== undefined && isMade && call.kind !== "pipeline" && answeredAt - cancelledAt > PROMPT_MS)
    objections.push(`${call.kind} was answered ${Math.round(answeredAt - cancelledAt)} ms after it was cancelled`)
  if (inputs.isOpen)
    objections.push(`${call.kind} opened its inputs ${inputs.opened} times and closed them ${inputs.closed} times`)
  return objections.filter((each) => each !== undefined).map((each) => `call ${each}`)
}
