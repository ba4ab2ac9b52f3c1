/** Tiny jobs by the thousand beside the others: that each is right, is told of, and is executed no more than once. */
import { setTimeout as sleep } from "node:timers/promises"
import { type Outcome, type PromiseHandle, type PromisePool, SharedArray, type Task } from "holdfast"
import { next, tally, tallyToo } from "./behaviours.ts"
import { asOutcome } from "./calls.ts"
import type { ChaosCrowd, ChaosProgram } from "./program.ts"
import { objectionToCrowd } from "./verdict.ts"

/** No more of them: what is wrong with one is often wrong with thousands. */
const MOST_OBJECTIONS = 5

const isToo = ({ kind }: ChaosCrowd, n: number): boolean => kind === "alternating" && n % 2 === 1

const valueOf = (crowd: ChaosCrowd, n: number): number => (isToo(crowd, n) ? -n : n + 1)

interface Sent {
  readonly pool: PromisePool
  readonly crowd: ChaosCrowd
  readonly options: { readonly signal: AbortSignal; readonly priority: number }
}

type Outcomes = Map<number, Outcome<unknown, unknown>>

/** Outcomes by index; of a stream, and of a `map` that fails, only some are told of. */
const toldOf = async <I, A extends number>(
  { pool, crowd, options }: Sent,
  task: Task.Task<I, A, never>,
  inputs: ReadonlyArray<I>
) => {
  const outcomes: Outcomes = new Map()
  if (crowd.kind === "map")
    for (const [n, value] of (await pool.map(task, inputs, options)).entries()) outcomes.set(n, asOutcome(value))
  else if (crowd.kind === "settle")
    for (const [n, outcome] of (await pool.settle(task, inputs, options)).entries()) outcomes.set(n, outcome)
  else if (crowd.kind === "unordered")
    for await (const value of pool.stream(task, inputs, { ...options, ordered: false })) {
      if (outcomes.has(value - 1)) throw new Error(`value ${value} came twice`)
      outcomes.set(value - 1, asOutcome(value))
    }
  else await byHandle(pool.submitAll(task, inputs, options), outcomes)
  return outcomes
}

const byHandle = async (
  handles: ReadonlyArray<PromiseHandle<unknown, unknown>>,
  outcomes: Outcomes
): Promise<Outcomes> => {
  await Promise.allSettled(handles.map((handle) => handle.result()))
  for (const [n, handle] of handles.entries()) {
    const outcome = handle.poll()
    if (outcome !== undefined) outcomes.set(n, outcome)
  }
  return outcomes
}

const told = async (sent: Sent, executions: Int32Array): Promise<Outcomes> => {
  const { crowd, options, pool } = sent
  const numbers = Array.from({ length: crowd.count }, (_, n) => n)
  if (crowd.kind === "alternating") {
    const tasks = [tally.with(executions), tallyToo.with(executions)] as const
    const handles = numbers.map((n) => pool.submit(isToo(crowd, n) ? tasks[1] : tasks[0], [n], options))
    return byHandle(handles, new Map())
  }
  if (crowd.packed) return toldOf(sent, next, numbers)
  return toldOf(
    sent,
    tally.with(executions),
    numbers.map((n): [number] => [n])
  )
}

/** What is wrong with what came of a crowd; empty where nothing is. */
export const answerOfCrowd = async (
  pool: PromisePool,
  crowd: ChaosCrowd,
  program: ChaosProgram
): Promise<ReadonlyArray<string>> => {
  await sleep(crowd.afterMs)
  const executions = SharedArray.make(Int32Array, crowd.count)
  const controller = new AbortController()
  const cancelling =
    crowd.cancelAfterMs === undefined ? undefined : setTimeout(() => controller.abort(), crowd.cancelAfterMs)
  const wrong: Array<string> = []
  let mayMiss = false
  let outcomes: Outcomes = new Map()
  try {
    const options = { signal: controller.signal, priority: crowd.priority }
    outcomes = await told({ pool, crowd, options }, executions)
  } catch (error) {
    mayMiss = true
    const objection = objectionToCrowd({ _tag: "Failed", error, job: undefined as never }, undefined, crowd, program)
    if (objection !== undefined) wrong.push(objection)
  }
  clearTimeout(cancelling)
  if (!mayMiss && outcomes.size !== crowd.count)
    wrong.push(`${crowd.kind} told of ${outcomes.size} of ${crowd.count} jobs of a crowd`)
  for (const [n, outcome] of outcomes) {
    if (wrong.length >= MOST_OBJECTIONS) break
    const objection = objectionToCrowd(outcome, valueOf(crowd, n), crowd, program)
    if (objection !== undefined) wrong.push(objection)
    if (crowd.packed && crowd.kind !== "alternating") continue
    // None of them is tried again.
    const times = executions[n] ?? 0
    if (times > 1) wrong.push(`job ${n} of a crowd (${crowd.kind}) was executed ${times} times`)
    if (times === 0 && outcome._tag === "Succeeded")
      wrong.push(`job ${n} of a crowd (${crowd.kind}) succeeded, and was never executed`)
  }
  SharedArray.release(executions)
  return wrong
}
