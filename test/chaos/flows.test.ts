/** A short run of flows, and proof that it would notice: `npm run chaos -- --kind flows` runs them for long. */
import { describe, expect, it } from "vitest"
import { flowOf } from "./flows/draw.ts"
import { foresee, specsOf } from "./flows/model.ts"
import { runFlow } from "./flows/run.ts"
import { type Judged, objectionsTo } from "./flows/verdict.ts"
import type { Value } from "./flows/work.ts"

/** Those of the inline ones have once found something. */
const SEEDS = { process: [7], thread: [20], inline: [8, 12, 20, 37] } as const

describe.each(["process", "thread", "inline"] as const)("on the isolation %s", (isolation) => {
  it.each(SEEDS[isolation])("a flow keeps every promise, seed %i", { timeout: 120_000 }, async (seed) => {
    expect((await runFlow(flowOf(isolation, seed))).objections).toEqual([])
  })
})

it("a value that is left out, comes twice or is another's, and a count that is not right, are noticed", () => {
  const drawn = flowOf("inline", 1)
  const [first] = drawn.stages
  if (first === undefined) throw new Error("a flow without stages")
  const flow = {
    ...drawn,
    inputs: "array",
    count: 2,
    sinkFailsAt: undefined,
    end: { how: "all" },
    stages: [{ ...first, shape: "map", rates: {}, sink: "none" }]
  } as const
  const specs = specsOf(flow, 0)
  const values: ReadonlyArray<Value> = [
    { key: "0.0", trail: "" },
    { key: "0.1", trail: "" }
  ]
  const foreseen = foresee(specs, values)
  const stage = { cancelled: 0, deadLettered: 0, waiting: 0, kind: "map", perSecond: 0, utilisation: 0 } as const
  const objections = (came: ReadonlyArray<Value>, more: object = {}): ReadonlyArray<string> =>
    objectionsTo(
      {
        ...{ flow, specs, run: 0, letters: [], reason: undefined },
        readings: { values: [...came], counted: undefined, failure: undefined, left: false, stopped: false },
        source: { of: [], error: new Error("none"), isOpen: () => false },
        report: {
          ...{ pipeline: "flow", state: "ended", read: 2, out: came.length, elapsedMs: 1 },
          ...{ bottleneck: undefined, failure: undefined },
          stages: foreseen.counts.map((counts) => ({ ...stage, ...counts, ...more }))
        }
      } as Judged,
      new Map()
    )
  const [one, two] = foreseen.values as [Value, Value]
  expect(objections([one, two])).toEqual([])
  expect(objections([one]).join()).toContain("values are")
  expect(objections([two, one]).join()).toContain("out of order")
  expect(objections([one, two, two]).join()).toContain("values came out of order")
  expect(objections([one, two], { waiting: 1 }).join()).toContain("is not balanced")
  expect(objections([one, two], { failed: 1 }).join()).toContain("1 failed, not 0")
})
