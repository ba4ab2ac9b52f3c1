/**
 * What is drawn of a mixed program beside the rest, from the same seed: it leaves the rest as it was. Streams of Effect
 * as inputs, a say in retries, readers that throw, jobs that make pools or go on from several checkpoints, preloaded
 * modules, and such as are slow to load.
 */
import fc from "fast-check"
import type { Act } from "./acts.ts"
import type { CallKind, InputsKind, Plan, PlannedCall, PlannedJob } from "./plan.ts"

const seldom = <A>(arbitrary: fc.Arbitrary<A>, weight = 3): fc.Arbitrary<A | undefined> =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

interface ExtraOfCall {
  readonly flow: InputsKind | undefined
  readonly shouldRetry: PlannedCall["shouldRetry"] | undefined
  readonly leavesBy: PlannedCall["leavesBy"]
  readonly loads: PlannedCall["loads"]
  /** Which of its jobs do something else. */
  readonly swaps: ReadonlyArray<{ readonly at: number; readonly does: Act }>
}

const SWAPPED: ReadonlyArray<Act> = [
  "resumes",
  "resumes",
  "resumesOfDeath",
  "preloaded",
  "preloaded",
  "nests",
  "nestsOn"
]

const extra: fc.Arbitrary<ExtraOfCall> = fc.record({
  flow: seldom(fc.constantFrom<Array<InputsKind>>("flow", "flow", "slowFlow", "flowBreaks", "flowDies", "flowHangs")),
  shouldRetry: seldom(
    fc.constantFrom<Array<PlannedCall["shouldRetry"]>>(
      "never",
      "soonNever",
      "always",
      "soonAlways",
      "throws",
      "rejects"
    )
  ),
  leavesBy: fc.constantFrom("return", "throw"),
  loads: seldom(
    fc.record({
      how: fc.constantFrom("waits", "waits", "blocks", "blocks", "throws"),
      ms: fc.constantFrom(0, 20, 80, 250)
    })
  ),
  swaps: seldom(
    fc.array(fc.record({ at: fc.nat(40), does: fc.constantFrom(...SWAPPED) }), { minLength: 1, maxLength: 3 }),
    2
  ).map((swaps) => swaps ?? [])
})

const extras = fc.record({
  preload: fc.constantFrom(true, false, false),
  calls: fc.array(extra, { minLength: 6, maxLength: 6, size: "max" })
})

/** Those whose inputs may be Streams, behind the Effect door. */
const TAKE_STREAMS: ReadonlySet<CallKind> = new Set(["map", "settle", "lift", "stream", "outcomes", "via"])

const READ: ReadonlySet<CallKind> = new Set(["stream", "outcomes", "via"])

const swapped = (plan: Plan, preload: boolean, jobs: PlannedCall["jobs"], swaps: ExtraOfCall["swaps"]) => {
  const all = [...jobs]
  const fits = (does: Act): boolean => {
    if (does === "preloaded") return preload && plan.isolation !== "inline"
    // Inline, nothing is isolated; and where a pool is made in a job, its machine is busy.
    if (does === "resumesOfDeath" || does === "nests" || does === "nestsOn") return plan.isolation !== "inline"
    return true
  }
  for (const { at, does } of swaps) {
    const index = at % Math.max(1, all.length)
    const job = all[index]
    if (job !== undefined && job.does === "returns" && fits(does)) all[index] = { ...job, does } satisfies PlannedJob
  }
  return all
}

/** The same program with what this seed adds to it. */
export const withExtras = (plan: Plan, seed: number): Plan => {
  const [drawn] = fc.sample(extras, { seed, numRuns: 1 })
  if (drawn === undefined) throw new Error(`nothing is drawn for the seed ${seed}`)
  const { preload } = drawn
  const calls = plan.calls.map((call, at): PlannedCall => {
    const { flow, leavesBy, loads, shouldRetry, swaps } = drawn.calls[at] as ExtraOfCall
    if (call.isBare) return call
    const inputs = flow !== undefined && plan.door === "effect" && TAKE_STREAMS.has(call.kind) ? flow : call.inputs
    return {
      ...call,
      inputs,
      shouldRetry: call.retries > 0 ? shouldRetry : undefined,
      // Inline its module would be loaded by the program, at the time of all the others.
      loads: call.task === "plain" && plan.isolation !== "inline" ? loads : undefined,
      leavesBy: plan.door === "promise" && READ.has(call.kind) ? leavesBy : "return",
      jobs: swapped(plan, preload, call.jobs, swaps),
      // What gives no more is waited for until the call is cancelled.
      cancelAfterMs: inputs === "flowHangs" ? (call.cancelAfterMs ?? 500) : call.cancelAfterMs
    }
  })
  return { ...plan, preload, calls }
}
