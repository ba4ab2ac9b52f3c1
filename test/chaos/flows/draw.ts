/** Draws flows by fast-check, each from a seed. */
import fc from "fast-check"
import { INPUTS } from "../mixed/draw.ts"
import type { Flow, FlowEnd, FlowInputs, Isolation, PlannedStage, Reading, SinkKind, StageShape } from "./plan.ts"
import type { Rates } from "./work.ts"

const rarely = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const moment = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 50 }))

const SHAPES: ReadonlyArray<StageShape> = ["task", "task", "task", "map", "filter", "tap", "batch", "unbatch"]
const SINKS: ReadonlyArray<SinkKind> = ["none", "none", "function", "slow", "array", "objects", "lines"]
const FLOWS: ReadonlyArray<FlowInputs> = ["flow", "flowBreaks", "flowDies"]

const rates: fc.Arbitrary<Rates> = fc.record({
  throws: fc.constantFrom(0, 0, 2, 15),
  throwsOnce: fc.constantFrom(0, 0, 4),
  exits: fc.constantFrom(0, 0, 0, 1),
  exitsOnce: fc.constantFrom(0, 0, 0, 2),
  sleeps: fc.constantFrom(0, 5, 30)
})

const stage: fc.Arbitrary<PlannedStage> = fc.record({
  shape: fc.constantFrom(...SHAPES),
  rates,
  onFailure: fc.constantFrom<Array<PlannedStage["onFailure"]>>(undefined, "collect", "collect", "failFast"),
  sink: fc.constantFrom(...SINKS),
  isAsync: fc.boolean(),
  size: fc.integer({ min: 1, max: 7 }),
  intoTask: fc.boolean(),
  on: fc.constantFrom<Array<PlannedStage["on"]>>("run", "run", "workers", "options", "given"),
  retries: fc.constantFrom(0, 0, 1, 2, 4),
  ordered: fc.constantFrom(true, true, false),
  chunkSize: fc.constantFrom<Array<number | "auto">>(1, 3, 16, "auto", "auto"),
  concurrency: fc.constantFrom(1, 1, 1, 3),
  lookAhead: rarely(fc.integer({ min: 1, max: 4 }))
})

const after = fc.integer({ min: 1, max: 60 })

const end: fc.Arbitrary<FlowEnd> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<FlowEnd>({ how: "all" }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constantFrom("breaks", "throws", "stops"), after }) },
  {
    weight: 4,
    arbitrary: fc.record({
      how: fc.constantFrom("aborts", "aborts", "stopsAt", "returns", "interrupts", "terminates", "closes"),
      afterMs: moment
    })
  }
)

const drawn = (isolation: Isolation): fc.Arbitrary<Flow> =>
  fc.record({
    isolation: fc.constant(isolation),
    times: fc.constantFrom(1, 1, 1, 2),
    door: fc.constantFrom("promise", "effect"),
    workers: fc.integer({ min: 1, max: 3 }),
    stages: fc.array(stage, { minLength: 1, maxLength: 5, size: "max" }),
    inputs: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...INPUTS) },
      { weight: 1, arbitrary: fc.constantFrom(...FLOWS) }
    ),
    count: fc.oneof({ weight: 4, arbitrary: fc.nat(120) }, { weight: 1, arbitrary: fc.nat(2_000) }),
    breaksAt: fc.nat(80),
    runsOn: fc.constantFrom<Array<Flow["runsOn"]>>("default", "options", "given", "given"),
    reading: fc.constantFrom<Array<Reading>>("run", "count", "stream", "stream", "greedy", "toStream"),
    readMs: fc.constantFrom(0, 0, 0, 2),
    onStop: fc.constantFrom<Array<Flow["onStop"]>>("drain", "drain", "cancel"),
    end,
    sinkFailsAt: rarely(fc.nat(8)),
    changes: fc.array(
      fc.record({
        afterMs: moment,
        workers: fc.constantFrom<Array<number | "recycle">>(1, 2, 4, "recycle")
      }),
      { maxLength: 3 }
    ),
    kills:
      isolation === "process"
        ? fc.oneof(
            { weight: 3, arbitrary: fc.constant([]) },
            { weight: 1, arbitrary: fc.array(fc.record({ afterMs: moment, worker: fc.nat(3) }), { maxLength: 3 }) }
          )
        : fc.constant([])
  })

const OF_READER: ReadonlySet<string> = new Set(["breaks", "throws", "stops", "stopsAt", "returns"])

/** Reads by a reader what only a reader can do; Streams are read by the Effect door alone, and only its fibers are interrupted. */
const readably = (flow: Flow): Flow => {
  const { end: how } = flow
  if (FLOWS.includes(flow.inputs) || how.how === "interrupts") {
    const fits = !OF_READER.has(how.how) || how.how === "breaks"
    return { ...flow, reading: "toStream", end: fits ? how : { how: "all" } }
  }
  if (flow.reading === "toStream")
    return OF_READER.has(how.how) && how.how !== "breaks" ? { ...flow, reading: "stream" } : flow
  if (!OF_READER.has(how.how)) return flow
  return { ...flow, reading: flow.reading === "greedy" && how.how !== "throws" ? "greedy" : "stream" }
}

const ending = (flow: Flow): Flow => {
  if (flow.inputs !== "hangs") return flow
  // What gives no more is waited for until somebody stops it.
  const stopped = ["aborts", "stopsAt", "returns", "interrupts"].includes(flow.end.how)
  return stopped ? flow : { ...flow, end: { how: "aborts", afterMs: 300 } }
}

const calm = (flow: Flow): Flow => {
  const isKilled = flow.kills.length > 0
  const stages = flow.stages.map((each): PlannedStage => {
    const { exits: _exits, exitsOnce: _exitsOnce, ...mild } = each.rates
    // Inline nothing is isolated.
    const fitting = flow.isolation === "inline" ? { ...each, rates: mild } : each
    if (!isKilled) return fitting
    // Whom a kill hits is known by the letters alone, and of groups nobody could say.
    const shape = each.shape === "batch" ? "map" : each.shape
    const { chunkSize: _chunkSize, ...rest } = fitting
    return { ...rest, chunkSize: 1, shape, onFailure: "collect", sink: "function", concurrency: 1 }
  })
  return { ...flow, stages, sinkFailsAt: isKilled ? undefined : flow.sinkFailsAt }
}

/** The flow of a seed: always the same one. */
export const flowOf = (isolation: Isolation, seed: number): Flow => {
  const [flow] = fc.sample(drawn(isolation), { seed, numRuns: 1 })
  if (flow === undefined) throw new Error(`no flow for the seed ${seed}`)
  return calm(readably(ending(flow)))
}
