/**
 * What a flow comes to if nothing disturbs it: its stages one after another, by hand. Pure: what was drawn says all of
 * it, but for whom a kill has hit.
 */
import type { Flow, PlannedStage, SinkKind } from "./plan.ts"
import { fateOf, grouped, lot, passed, type Value } from "./work.ts"

export type Kind = "task" | "group" | "map" | "wrap" | "parts" | "filter" | "tap" | "batch" | "unbatch"

/** A stage as it is added to the pipeline; some of what was drawn is two of them. */
export interface Spec {
  readonly name: string
  readonly kind: Kind
  readonly plan: PlannedStage
  readonly policy: "failFast" | "collect"
  readonly sink: SinkKind
  readonly calmGroups: boolean
}

const NEVER_FAIL: ReadonlySet<Kind> = new Set(["group", "wrap", "parts", "batch"])

/** Whether its user's code may fail in it. */
export const mayFail = ({ kind, plan }: Spec): boolean => {
  const { exits = 0, throws = 0, throwsOnce = 0, exitsOnce = 0 } = plan.rates
  if (NEVER_FAIL.has(kind)) return false
  return kind === "task" ? exits + throws + throwsOnce + exitsOnce > 0 : throws > 0
}

const isTaskOf = (kind: Kind): boolean => kind === "task" || kind === "group"

/** What comes out comes in its order. */
export const isOrdered = (specs: ReadonlyArray<Spec>): boolean =>
  specs.every(({ kind, plan }) => !isTaskOf(kind) || plan.ordered)

/** Ends that let all that was read come out. */
const GENTLE: ReadonlySet<string> = new Set(["all", "stops", "stopsAt", "aborts"])

export const specsOf = (flow: Flow, run: number): ReadonlyArray<Spec> => {
  const specs = flow.stages.flatMap((plan, at): Array<Spec> => {
    const name = `r${run}s${at}`
    const sink = plan.shape === "batch" ? "none" : plan.sink
    const policy = plan.onFailure ?? (sink === "none" ? "failFast" : "collect")
    const spec = (kind: Kind, suffix = ""): Spec => ({
      name: `${name}${suffix}`,
      kind,
      plan,
      policy: NEVER_FAIL.has(kind) ? "failFast" : policy,
      sink: NEVER_FAIL.has(kind) ? "none" : sink,
      calmGroups: true
    })
    if (plan.shape === "batch") return [spec("batch"), spec(plan.intoTask ? "group" : "wrap", "w")]
    return plan.shape === "unbatch" ? [spec("parts", "p"), spec("unbatch")] : [spec(plan.shape)]
  })
  const isForeseen =
    isOrdered(specs) &&
    GENTLE.has(flow.end.how) &&
    flow.onStop === "drain" &&
    flow.sinkFailsAt === undefined &&
    flow.kills.length === 0 &&
    !specs.some((spec) => spec.policy === "failFast" && mayFail(spec))
  return specs.map((spec) => ({ ...spec, calmGroups: !isForeseen }))
}

/** What an `unbatch` makes of a value, and whether its iteration fails behind that. */
export const partsOf = (
  spec: Spec,
  value: Value
): { readonly parts: ReadonlyArray<Value>; readonly fails: boolean } => {
  const count = lot(`${spec.name} parts ${value.key}`) % (spec.plan.size + 1)
  const all =
    value.of ?? Array.from({ length: count }, (_, at): Value => ({ key: `${value.key}#${at}`, trail: value.trail }))
  const fails = fateOf({ stage: spec.name, ...spec, rates: spec.plan.rates }, value) === "throws"
  return { parts: fails ? all.slice(0, Math.floor(all.length / 2)) : all, fails }
}

export const keeps = ({ calmGroups, name }: Spec, { key, of }: Value): boolean =>
  (calmGroups && of !== undefined) || lot(`${name} keeps ${key}`) < 70

/** How often a task is executed for a value, and whether it is well in the end. */
export const triesOf = (spec: Spec, value: Value): { readonly tries: number; readonly well: boolean } => {
  const fate = fateOf({ stage: spec.name, ...spec, rates: spec.plan.rates }, value)
  const most = 1 + spec.plan.retries
  if (fate === "throws") return { tries: most, well: false }
  // A job that has killed three workers is not tried again.
  if (fate === "exits") return { tries: Math.min(most, 3), well: false }
  if (fate === "throwsOnce" || fate === "exitsOnce") return { tries: Math.min(most, 2), well: most > 1 }
  return { tries: 1, well: true }
}

export interface StageCounts {
  readonly name: string
  readonly in: number
  readonly through: number
  readonly out: number
  readonly failed: number
  readonly filtered: number
}

export interface Foreseen {
  readonly values: ReadonlyArray<Value>
  readonly counts: ReadonlyArray<StageCounts>
  /** By stage, the keys of what fails in it. */
  readonly failures: ReadonlyMap<string, ReadonlySet<string>>
  /** By stage and key, how often tasks are executed. */
  readonly tries: ReadonlyMap<string, number>
}

/** What the jobs of an event came to that nobody could know beforehand: hit by a kill. */
export type IsLost = (stage: string, key: string) => boolean

interface Step {
  readonly given: ReadonlyArray<Value>
  readonly failed?: boolean
  readonly filtered?: boolean
}

const grouping = (values: ReadonlyArray<Value>, size: number): Array<Value> =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, at) => grouped(values.slice(at * size, (at + 1) * size)))

const stepOf = (spec: Spec, value: Value, isLost: IsLost, tries: Map<string, number>): Step => {
  const { kind, name } = spec
  const throws = (): boolean => fateOf({ stage: name, ...spec, rates: spec.plan.rates }, value) === "throws"
  switch (kind) {
    case "task": {
      const tried = triesOf(spec, value)
      tries.set(`${name} ${value.key}`, tried.tries)
      return tried.well && !isLost(name, value.key) ? { given: [passed(value, name)] } : { given: [], failed: true }
    }
    case "map":
      return throws() ? { given: [], failed: true } : { given: [passed(value, name)] }
    case "tap":
      return throws() ? { given: [], failed: true } : { given: [value] }
    case "filter":
      if (throws()) return { given: [], failed: true }
      return keeps(spec, value) ? { given: [value] } : { given: [], filtered: true }
    case "unbatch": {
      const { parts, fails } = partsOf(spec, value)
      return fails ? { given: parts, failed: true } : { given: parts }
    }
    // What it goes into is made of it just as it is.
    default:
      return { given: [value] }
  }
}

/** What these inputs come to. */
export const foresee = (
  specs: ReadonlyArray<Spec>,
  inputs: ReadonlyArray<Value>,
  isLost: IsLost = () => false
): Foreseen => {
  const counts: Array<StageCounts> = []
  const failures = new Map<string, Set<string>>()
  const tries = new Map<string, number>()
  let values = inputs
  for (const spec of specs) {
    const { name } = spec
    if (spec.kind === "batch") {
      const groups = grouping(values, spec.plan.size)
      counts.push({ name, in: values.length, through: values.length, out: groups.length, failed: 0, filtered: 0 })
      values = groups
      continue
    }
    const steps = values.map((value) => stepOf(spec, value, isLost, tries))
    const failed = new Set<string>()
    for (const [at, step] of steps.entries()) if (step.failed === true) failed.add(values[at]?.key ?? "")
    failures.set(name, failed)
    const filtered = steps.filter((step) => step.filtered === true).length
    const out = steps.flatMap(({ given }) => given)
    const through = values.length - failed.size - filtered
    counts.push({ name, in: values.length, through, out: out.length, failed: failed.size, filtered })
    values = out
  }
  return { values, counts, failures, tries }
}

/** All that a value holds, in words that are the same however it was grouped. */
export const leavesOf = ({ key, of, trail }: Value): ReadonlyArray<string> =>
  of === undefined ? [`${key}${trail}`] : of.flatMap(leavesOf).map((leaf) => `${leaf}/${trail}`)
