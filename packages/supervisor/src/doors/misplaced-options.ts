/**
 * Options in the place of an input: `pool.run(spin, { timeout: 300 })` of a task that takes none, which would run without
 * them. TypeScript lets it pass, since what no parameter takes may be of any type. Not the options' own check.
 */
import { type AnyTask, InvalidOptions } from "@holdfast/core"
import { declared } from "../options/given.ts"
import { received } from "../options/received.ts"
import { type Call, placedAt } from "./admission.ts"

/** Up to where its parameters end, of which it has none. */
const WITHOUT_PARAMETERS = /^[^([/]*\(\s*\)/
const TAKES_THEM_ALL_THE_SAME = /\barguments\b|\[native code\]/

const takesNothing = ({ run, schemas }: AnyTask): boolean => {
  if (run === undefined || run.length > 0 || schemas.input !== undefined) return false
  const text = Function.prototype.toString.call(run)
  return WITHOUT_PARAMETERS.test(text) && !TAKES_THEM_ALL_THE_SAME.test(text)
}

/** Names that an input may well have, which a task happens to make no use of. */
const COMMON = new Set(["key", "priority"])

/** Whether all that it has are names of options, and one of them hardly anything else. */
const looksLikeOptions = (input: object): boolean => {
  const names = Object.keys(input)
  return names.every((name) => declared.job.has(name)) && names.some((name) => !COMMON.has(name))
}

/** Whether this may be options, by what costs nothing: for calls that are checked no further. */
export const maybeMisplaced = (task: AnyTask, input: unknown): boolean =>
  typeof input === "object" && input !== null && task.run?.length === 0

/** Throws `InvalidOptions` where an input can only be meant as options. */
export const refuseMisplaced = ({ callSite, task, where }: Call, input: unknown): void => {
  if (!maybeMisplaced(task, input) || !looksLikeOptions(input as object) || !takesNothing(task)) return
  const call = `pool.${where}(${task.name}, undefined, { ${Object.keys(input as object).join(", ")} })`
  const expected = `none, since the task takes none; if these are options, they come behind it: ${call}`
  const problems = [{ option: "input", expected, received: received(input) }]
  throw placedAt(callSite, new InvalidOptions(`pool.${where}(${task.name})`, problems))
}
