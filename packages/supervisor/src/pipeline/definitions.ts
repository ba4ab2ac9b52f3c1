/**
 * What a pipeline is made of before it runs: its stages as data, checked when they are added. Throws `InvalidOptions`
 * or a `TypeError` that names the pipeline, the stage and the fix. Starts nothing.
 */
import { type AnyTask, InvalidOptions, type OnFailure, type OptionProblem, Task } from "@holdfast/core"
import { openedOf } from "../doors/opened.ts"
import { isRecord, oneOf, refused, unknownName, whole } from "../options/Check.ts"
import { declared, read, type Values } from "../options/given.ts"
import { received } from "../options/received.ts"
import { previewOf } from "../protocol/preview.ts"
import { type DeadLetterSink, isDeadLetterSink } from "./DeadLetters.ts"
import type { Step } from "./FunctionStage.ts"
import type { StageKind } from "./StageTally.ts"

/** What a stage runs. */
export type Work =
  | { readonly _tag: "Task"; readonly task: AnyTask; readonly call: Values; readonly pool: unknown }
  | { readonly _tag: "Function"; readonly step: Step }

export interface StageDefinition {
  readonly name: string
  readonly kind: StageKind
  /** Undefined to go by the pool, or by whether there is a dead-letter sink. */
  readonly onFailure: OnFailure | undefined
  readonly deadLetter: DeadLetterSink | undefined
  readonly work: Work
}

const policy = oneOf("failFast", "collect")
const workersCheck = whole(1, 1024)

/** What a call may be given that is the pipeline's own to say. */
const OF_THE_RUN = ["signal", "progress", "onProgress"]
const OF_A_STAGE = ["onFailure", "deadLetter"]
const OF_A_TASK = ["pool", "workers"]

const whereOf = (pipeline: string, stage: string): string =>
  `pipeline ${JSON.stringify(pipeline)}, stage ${JSON.stringify(stage)}`

/** The parts of a stage's options that every kind has. Takes them out of `options`. */
const failureOptions = (
  options: Readonly<Record<string, unknown>>,
  problems: Array<OptionProblem>
): Pick<StageDefinition, "onFailure" | "deadLetter"> => {
  const { onFailure, deadLetter } = options
  const read = onFailure === undefined ? undefined : policy.read(onFailure, "onFailure", problems)
  if (deadLetter !== undefined && !isDeadLetterSink(deadLetter)) {
    const expected = "a function, an array or a writable stream"
    problems.push({ option: "deadLetter", expected, received: received(deadLetter) })
  }
  return { onFailure: read === refused ? undefined : read, deadLetter: deadLetter as DeadLetterSink | undefined }
}

const asRecord = (where: string, options: unknown): Readonly<Record<string, unknown>> => {
  if (options === undefined) return {}
  if (isRecord(options)) return options
  throw new InvalidOptions(where, [{ option: "options", expected: "an object", received: received(options) }])
}

const refuse = (where: string, problems: ReadonlyArray<OptionProblem>): void => {
  if (problems.length > 0) throw new InvalidOptions(where, problems)
}

/** Where the jobs of a stage run: a pool that was given, the options of one, or undefined for the pipeline's. */
const poolOf = (options: Readonly<Record<string, unknown>>, problems: Array<OptionProblem>): unknown => {
  const { pool, workers } = options
  if (pool !== undefined && !isRecord(pool) && openedOf(pool) === undefined)
    problems.push({ option: "pool", expected: "a pool, or the options of one", received: received(pool) })
  if (workers === undefined) return pool
  workersCheck.read(workers, "workers", problems)
  if (pool === undefined) return { workers }
  if (openedOf(pool) === undefined) return { ...(pool as object), workers }
  const expected = "nothing, since the stage is given a pool, which has its workers"
  problems.push({ option: "workers", expected, received: received(workers) })
  return pool
}

/** A stage that runs a task. */
export const taskStage = (pipeline: string, name: string, task: unknown, given: unknown): StageDefinition => {
  const where = whereOf(pipeline, name)
  if (!Task.isTask(task))
    throw new TypeError(
      `${where}: expected a task, received ${previewOf(task, 60)}; .map(name, f) runs a plain function`
    )
  const options = asRecord(where, given)
  const problems: Array<OptionProblem> = []
  const failure = failureOptions(options, problems)
  const pool = poolOf(options, problems)
  const call: Record<string, unknown> = {}
  const known = [...declared.stream.keys(), ...OF_A_STAGE, ...OF_A_TASK].filter((each) => !OF_THE_RUN.includes(each))
  for (const option in options) {
    if (OF_A_STAGE.includes(option) || OF_A_TASK.includes(option) || options[option] === undefined) continue
    if (known.includes(option)) call[option] = options[option]
    else {
      const expected = OF_THE_RUN.includes(option)
        ? "not to be set on a stage (it is an option of the pipeline's run)"
        : unknownName(option, known)
      problems.push({ option, expected, received: received(options[option]) })
    }
  }
  read(call, "stream", problems)
  refuse(where, problems)
  return { name, kind: "task", ...failure, work: { _tag: "Task", task, call, pool } }
}

/** A stage that runs a function of the program itself. */
export const functionStage = (
  pipeline: string,
  name: string,
  kind: "map" | "filter" | "tap",
  run: unknown,
  given: unknown
): StageDefinition => {
  const where = whereOf(pipeline, name)
  if (typeof run !== "function") {
    const fix = Task.isTask(run) ? "; .stage(name, task) runs a task" : ""
    throw new TypeError(`${where}: expected a function, received ${previewOf(run, 60)}${fix}`)
  }
  const f = run as (input: unknown) => unknown
  const step: Step =
    kind === "map" ? { _tag: "Each", of: f } : kind === "tap" ? { _tag: "Look", at: f } : { _tag: "Keep", if: f }
  return { name, kind, ...ownFailure(where, given), work: { _tag: "Function", step } }
}

/** What remains to be said of a stage of the program itself. */
const ownFailure = (where: string, given: unknown): Pick<StageDefinition, "onFailure" | "deadLetter"> => {
  const options = asRecord(where, given)
  const problems: Array<OptionProblem> = []
  const failure = failureOptions(options, problems)
  for (const option in options) {
    if (OF_A_STAGE.includes(option)) continue
    problems.push({ option, expected: unknownName(option, OF_A_STAGE), received: received(options[option]) })
  }
  refuse(where, problems)
  return failure
}

/** A stage that groups values. */
export const batchStage = (pipeline: string, name: string, size: unknown): StageDefinition => {
  const problems: Array<OptionProblem> = []
  const read = whole(1).read(size, "size", problems)
  refuse(whereOf(pipeline, name), problems)
  const step: Step = { _tag: "Group", size: read as number }
  return { name, kind: "batch", onFailure: undefined, deadLetter: undefined, work: { _tag: "Function", step } }
}

/** A stage that takes values apart. */
export const unbatchStage = (pipeline: string, name: string, given: unknown): StageDefinition => ({
  name,
  kind: "unbatch",
  ...ownFailure(whereOf(pipeline, name), given),
  work: { _tag: "Function", step: { _tag: "TakeApart" } }
})

/** Checks a pipeline's or a stage's name; a stage's must be its own. */
export const checkName = (where: string, name: unknown, taken: ReadonlyArray<StageDefinition>): string => {
  if (typeof name !== "string" || name === "")
    throw new TypeError(`${where}: expected a name as the first argument, received ${previewOf(name, 60)}`)
  if (taken.some((stage) => stage.name === name))
    throw new TypeError(`${where}: there is a stage ${JSON.stringify(name)} already; give this one a name of its own`)
  return name
}
