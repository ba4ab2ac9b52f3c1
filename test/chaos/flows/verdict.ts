/**
 * What is right of a run of a flow. Where nothing cut it short, all of it is known beforehand: its values, each stage's
 * counts, its dead letters, how often each job ran. Else what came is a part of that, and the books are balanced all
 * the same.
 */
import { isJobError, type Pipeline } from "holdfast"
import type { Letter } from "./build.ts"
import { brokenAt, type FlowSource, valueOf } from "./inputs.ts"
import { type Foreseen, foresee, isOrdered, leavesOf, mayFail, type Spec } from "./model.ts"
import type { Flow } from "./plan.ts"
import type { Readings } from "./read.ts"
import type { Value } from "./work.ts"

export interface Judged {
  readonly flow: Flow
  readonly specs: ReadonlyArray<Spec>
  readonly run: number
  readonly readings: Readings
  readonly letters: ReadonlyArray<Letter>
  readonly report: Pipeline.PipelineReport
  readonly source: FlowSource
  /** What it was aborted with, if it was. */
  readonly reason: Error | undefined
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 400) ?? String(value)

const poolEnds = ({ end }: Flow): boolean => end.how === "terminates" || end.how === "closes"

/** Counts are right whatever happens. */
const ofBooks = ({ readings, report, source }: Judged): Array<string> => {
  const wrong: Array<string> = []
  const { failure, out, read, stages, state } = report
  for (const [at, stage] of stages.entries()) {
    const { cancelled, deadLettered, failed, filtered, name, through, waiting } = stage
    if (stage.in !== through + failed + filtered + cancelled + waiting) wrong.push(`${name} is not balanced`)
    if (waiting !== 0 || cancelled < 0) wrong.push(`${name} has ended, and ${waiting} wait, ${cancelled} are cancelled`)
    if (deadLettered > failed) wrong.push(`${name} has more dead letters than failures`)
    const before = stages[at - 1]?.out ?? read
    if (stage.in !== before) wrong.push(`${name} took ${stage.in} of ${before}`)
  }
  const last = stages.at(-1)?.out ?? 0
  const isCut = readings.left || failure !== undefined
  if (isCut ? last < out : last !== out) wrong.push(`its last stage gave ${last}, and ${out} came out`)
  const got = readings.counted ?? readings.values.length
  const isGathered = readings.failure !== undefined && readings.values.length === 0
  if (got > out || (got !== out && !readings.left && !isGathered)) wrong.push(`${out} came out, and ${got} were read`)
  if (state !== (failure === undefined ? "ended" : "failed")) wrong.push(`its state is ${state}`)
  if (source.isOpen()) wrong.push("its inputs were not closed")
  return wrong.map((each) => `${each}: ${shown(stages)}`)
}

/** Fails it where it is to, by its own or by what was drawn. */
const failsFast = (specs: ReadonlyArray<Spec>, { failures }: Foreseen): boolean =>
  specs.some(({ name, policy }) => policy === "failFast" && (failures.get(name)?.size ?? 0) > 0)

const sinkBreaks = ({ sinkFailsAt }: Flow, specs: ReadonlyArray<Spec>, { failures }: Foreseen): boolean =>
  sinkFailsAt !== undefined &&
  specs.some(({ name, sink }) => sink !== "none" && (failures.get(name)?.size ?? 0) > sinkFailsAt)

/** Why it may have failed so; undefined where it may not. */
const isExplained = (judged: Judged, all: Foreseen): boolean => {
  const { flow, reason, report, source, specs } = judged
  const { error, stage } = report.failure ?? {}
  if (error === source.error) return brokenAt(flow) !== undefined && report.read === brokenAt(flow)
  if (reason !== undefined && error === reason) return true
  const spec = specs.find(({ name }) => name === stage)
  if (spec === undefined) return false
  if (sinkBreaks(flow, specs, all) && String(error).includes(`the dead-letter sink of stage "${stage}" failed`))
    return true
  if (!isJobError(error)) return false
  if (error._tag === "PoolClosed") return poolEnds(flow)
  if (spec.policy !== "failFast") return false
  const failures = all.failures.get(spec.name)
  if (error._tag === "WorkerCrashed") return failures !== undefined && failures.size > 0 && error.exitCode === 44
  const refused = String((error.cause as Error | undefined)?.message)
  return (
    error._tag === "TaskThrew" &&
    refused.startsWith(`${stage} refuses `) &&
    failures?.has(refused.split(" ")[2] ?? "") === true
  )
}

/** Whether one is a part of the other, in its order. */
const isWithin = (some: ReadonlyArray<string>, all: ReadonlyArray<string>): boolean => {
  let at = 0
  for (const each of all) if (some[at] === each) at++
  return at === some.length
}

const sorted = (values: ReadonlyArray<Value>): ReadonlyArray<string> => values.flatMap(leavesOf).sort()

const ofValues = ({ flow, readings, specs }: Judged, all: Foreseen, isOwn: boolean): Array<string> => {
  const { values } = readings
  if (!isOrdered(specs))
    return isWithin(sorted(values), sorted(all.values))
      ? []
      : [`values came that nobody sent: ${shown(sorted(values))}`]
  const came = values.flatMap(leavesOf)
  const foreseen = all.values.flatMap(leavesOf)
  if (!isWithin(came, foreseen)) return [`values came out of order: ${shown(came)} of ${shown(foreseen)}`]
  const isPrefix = isOwn || poolEnds(flow) || came.every((each, at) => each === foreseen[at])
  return isPrefix ? [] : [`values were left out: ${shown(came)} of ${shown(foreseen)}`]
}

const ofLetters = ({ flow, letters, readings, report, specs }: Judged, all: Foreseen): Array<string> => {
  const wrong: Array<string> = []
  const seen = new Set<string>()
  for (const { error, key, stage, tag } of letters) {
    const who = `the letter of ${key} in ${stage}`
    if (seen.has(`${stage} ${key}`)) wrong.push(`${who} came twice`)
    seen.add(`${stage} ${key}`)
    const isImposed =
      (tag === "PoolClosed" && poolEnds(flow)) ||
      (tag === "WorkerCrashed" && flow.kills.length > 0 && (error as { signal?: unknown }).signal === "SIGKILL")
    if (!isImposed && all.failures.get(stage)?.has(key) !== true) wrong.push(`${who} came, and nothing fails there`)
    const cause = String((error as { cause?: { message?: unknown } }).cause?.message)
    if (tag === "TaskThrew" && cause !== `${stage} refuses ${key}`) wrong.push(`${who} says ${cause}`)
    if (!isImposed && tag !== "TaskThrew" && tag !== "WorkerCrashed") wrong.push(`${who} says ${tag}`)
  }
  const isFlushed = !readings.left && flow.onStop === "drain" && flow.sinkFailsAt === undefined
  for (const { name, sink } of specs) {
    const { deadLettered = 0, failed = 0 } = report.stages.find((stage) => stage.name === name) ?? {}
    const taken = letters.filter(({ stage }) => stage === name).length
    if (deadLettered > taken) wrong.push(`${name} tells of ${deadLettered} letters, and ${taken} were taken`)
    if (isFlushed && sink !== "none" && (taken !== failed || taken !== deadLettered))
      wrong.push(`${name} failed ${failed}, and ${taken} letters were taken, ${deadLettered} told of`)
  }
  return wrong
}

/** Where nobody can say what will be grouped with what, groups have no names. */
const unnamed = (specs: ReadonlyArray<Spec>, counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> => {
  if (isOrdered(specs)) return counts
  const sums = new Map<string, number>()
  for (const [who, count] of counts) {
    const name = who.replace(/ \[.*$/, " [some]")
    sums.set(name, (sums.get(name) ?? 0) + count)
  }
  return sums
}

const ofExecutions = (
  { flow, run, specs }: Judged,
  executions: ReadonlyMap<string, number>,
  exact: Foreseen | undefined
) => {
  const wrong: Array<string> = []
  const due = exact === undefined ? undefined : unnamed(specs, exact.tries)
  const ran = unnamed(specs, new Map([...executions].filter(([who]) => who.startsWith(`r${run}`))))
  for (const [who, times] of executions) {
    if (!who.startsWith(`r${run}`)) continue
    const { plan } = specs.find(({ name }) => who.startsWith(`${name} `)) ?? {}
    if (times > 1 + (plan?.retries ?? -1)) wrong.push(`${who} was executed ${times} times`)
  }
  for (const who of ran.keys()) if (due?.has(who) === false) wrong.push(`${who} was executed, and never read`)
  for (const [who, tries] of due ?? []) {
    const times = ran.get(who) ?? 0
    if (flow.kills.length === 0 && times !== tries) wrong.push(`${who} was executed ${times} times, not ${tries}`)
  }
  return wrong.slice(0, 5)
}

/** All is as it was foreseen. */
const ofAll = ({ letters, readings, report, specs }: Judged, foreseen: Foreseen): Array<string> => {
  const wrong: Array<string> = []
  const isGathered = readings.failure !== undefined && readings.values.length === 0
  const came = isOrdered(specs) ? readings.values.map(shown) : sorted(readings.values)
  const due = isOrdered(specs) ? foreseen.values.map(shown) : sorted(foreseen.values)
  if (readings.counted === undefined && !isGathered && came.join() !== due.join())
    wrong.push(`values are ${shown(came)}, not ${shown(due)}`)
  for (const { name, ...counts } of foreseen.counts) {
    const stage = report.stages.find((each) => each.name === name)
    for (const [what, count] of Object.entries(counts)) {
      const told = Reflect.get(Object(stage), what)
      if (told !== count) wrong.push(`${name} tells of ${String(told)} ${what}, not ${count}`)
    }
    const { sink } = specs.find((spec) => spec.name === name) ?? {}
    const keys = letters.filter(({ stage: of }) => of === name).map(({ key }) => key)
    const failures = [...(foreseen.failures.get(name) ?? [])]
    if (sink !== "none" && keys.sort().join() !== failures.sort().join())
      wrong.push(`${name} has the letters ${keys.join()}, not ${failures.join()}`)
  }
  return wrong
}

/** By its end, one stage has failed: what was further down came to its end. */
const ofDraining = ({ flow, readings, report, specs }: Judged): Array<string> => {
  const failing = specs.filter((spec) => spec.policy === "failFast" && mayFail(spec))
  if (failing.length !== 1 || failing[0]?.name !== report.failure?.stage) return []
  if (readings.left || flow.onStop !== "drain" || poolEnds(flow) || flow.sinkFailsAt !== undefined) return []
  const at = specs.findIndex(({ name }) => name === report.failure?.stage)
  return report.stages
    .slice(at + 1)
    .filter(({ cancelled }) => cancelled > 0)
    .map(({ cancelled, name }) => `${name} gave up ${cancelled}, and an earlier stage had failed`)
}

/** What is wrong with a run. */
export const objectionsTo = (judged: Judged, executions: ReadonlyMap<string, number>): Array<string> => {
  const { flow, letters, readings, reason, report, run, source, specs } = judged
  const lost = new Set(
    letters
      .filter(({ error, tag }) => tag === "PoolClosed" || (error as { signal?: unknown }).signal === "SIGKILL")
      .map(({ key, stage }) => `${stage} ${key}`)
  )
  const limit = brokenAt(flow) ?? flow.count
  const foreseen = (count: number): Foreseen =>
    foresee(
      specs,
      Array.from({ length: count }, (_, at) => valueOf(run, at)),
      (stage, key) => lost.has(`${stage} ${key}`)
    )
  const all = foreseen(limit)
  const read = foreseen(report.read)
  const wrong = ofBooks(judged)
  const { failure } = report
  if (failure !== undefined && !isExplained(judged, all))
    wrong.push(`failed in ${failure.stage}: ${String(failure.error)}`)
  const told = readings.failure?.error
  if (!readings.left && told !== failure?.error)
    wrong.push(`it told of ${String(told)}, and its report of ${String(failure?.error)}`)
  const isOwn = failsFast(specs, all) || sinkBreaks(flow, specs, all)
  const isSoft =
    failure === undefined || (flow.onStop === "drain" && (failure.error === source.error || failure.error === reason))
  const isWhole = !readings.left && isSoft && !failsFast(specs, read) && !sinkBreaks(flow, specs, read)
  if (failure === undefined && !readings.left) {
    if (!isWhole) wrong.push("it did not fail, and should have")
    if (!readings.stopped && (report.read !== flow.count || brokenAt(flow) !== undefined))
      wrong.push(`it ended well after ${report.read} of ${flow.count} inputs`)
  }
  wrong.push(...ofValues(judged, all, isOwn), ...ofLetters(judged, all))
  // An own failure that came beside the first is told of nowhere: then the reader has less than was read.
  const exact = isWhole && (!poolEnds(flow) || failure === undefined) ? read : undefined
  if (exact !== undefined) wrong.push(...ofAll(judged, exact))
  wrong.push(...ofExecutions(judged, executions, exact), ...ofDraining(judged))
  return wrong.map((each) => `run ${run}: ${each}`)
}
