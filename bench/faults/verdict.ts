/**
 * Judges a trial by what it saw: pure, the same for all pools. A pool is held to what its callers rely on, not to how
 * it goes about it; what is only noted (`needed: false`) never counts against it.
 */
import type { Fault } from "./faults.ts"
import type { Observation, Settled, Trial } from "./Observation.ts"

/** From the worst to the least. */
export type Problem =
  | "parent died"
  | "hang"
  | "wrong blame"
  | "silent"
  | "lost"
  | "next fails"
  | "ran again"
  | "respawns"
  | "orphans"
  | "not closed"

type At<Where extends Observation["at"]> = Extract<Observation, { at: Where }>

/** The observation of one kind, if the parent came so far. */
export const seen = <Where extends Observation["at"]>({ observations }: Trial, at: Where): At<Where> | undefined =>
  observations.find((observation): observation is At<Where> => observation.at === at)

const heard = ({ observations }: Trial): string =>
  observations.flatMap((each) => (each.at === "heard" ? [each.text] : [])).join("\n")

const isPending = (settled: Settled | undefined): boolean => settled?.state === "pending"

/** Whether an event of the pool, the parent's output or another job's error tells what the job's own can't. */
export const toldAside = (fault: Fault, trial: Trial): boolean => {
  const others = seen(trial, "bystanders")?.settled ?? []
  const blamed = others.flatMap((each) => (each.state === "failed" ? [each.said] : []))
  return trial.printed || (fault.aside?.test([heard(trial), ...blamed].join("\n")) ?? false)
}

/** A module that can't be imported is worth a few attempts, by two workers; more is a storm. */
const MOST_IMPORTS = 10

const jobProblems = (fault: Fault, trial: Trial): Array<Problem> => {
  const job = seen(trial, "job")
  if (job === undefined) return []
  if (job.settled.state === "pending") return ["hang"]
  if (fault.wanted === "value") return job.settled.state === "value" && job.settled.right ? [] : ["wrong blame"]
  if (job.settled.state === "value") return fault.wanted === "either" && toldAside(fault, trial) ? [] : ["silent"]
  return job.told.some(({ needed, told }) => needed && !told) ? ["lost"] : []
}

/** What is wrong, the worst first; nothing if the pool came out clean. */
export const problemsOf = (fault: Fault, trial: Trial): Array<Problem> => {
  if (trial.skipped !== undefined) return []
  const bystanders = seen(trial, "bystanders")?.settled ?? []
  const next = seen(trial, "next")?.settled
  const closed = seen(trial, "closed")?.settled
  const is: Array<readonly [Problem, boolean]> = [
    ["parent died", trial.parent.how === "died"],
    ["hang", isPending(next) || bystanders.some(isPending)],
    ["wrong blame", bystanders.some((each) => each.state === "failed" || (each.state === "value" && !each.right))],
    ["lost", fault.lines !== undefined && trial.parent.how !== "died" && trial.lines < fault.lines],
    ["lost", fault.aside !== undefined && fault.wanted === "value" && !toldAside(fault, trial)],
    ["next fails", next?.state === "failed" || (next?.state === "value" && !next.right)],
    ["ran again", Object.entries(trial.starts).some(([label, times]) => label !== "import" && times > 1)],
    ["respawns", (trial.starts.import ?? 0) > MOST_IMPORTS],
    ["orphans", trial.orphans > 0],
    ["not closed", isPending(closed) || trial.parent.how === "overdue"]
  ]
  const all = [...jobProblems(fault, trial), ...is.flatMap(([problem, holds]) => (holds ? [problem] : []))]
  const order: ReadonlyArray<Problem> = is.map(([problem]) => problem).toSpliced(3, 0, "silent")
  return [...new Set(all)].sort((a, b) => order.indexOf(a) - order.indexOf(b))
}

/** Whether that is in the nature of threads: they die with their process, and it with them. */
export const isByNature = (fault: Fault, isolation: "process" | "thread", problems: ReadonlyArray<Problem>): boolean =>
  isolation === "thread" && fault.native === true && problems.every((problem) => problem === "parent died")
