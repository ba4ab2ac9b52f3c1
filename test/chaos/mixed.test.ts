/** A short run of mixed programs, and proof that it would notice: `npm run chaos -- --kind mixed` runs it for long. */
import { describe, expect, it } from "vitest"
import { planOf } from "./mixed/draw.ts"
import { objectionToJob } from "./mixed/model.ts"
import { runMixed } from "./mixed/run.ts"
import { ReadInputs } from "./mixed/sources.ts"

/** Some that have once found something. */
const SEEDS = { process: [1001, 50_000], thread: [5, 60_000], inline: [180_008, 180_183, 180_373, 7] } as const

describe.each(["process", "thread", "inline"] as const)("on the isolation %s", (isolation) => {
  it.each(SEEDS[isolation])("a mixed program keeps every promise, seed %i", { timeout: 120_000 }, async (seed) => {
    expect((await runMixed(planOf(isolation, seed))).objections).toEqual([])
  })
})

it("a job that was executed twice, came to another's value, or failed for no reason is noticed", () => {
  const drawn = planOf("inline", 1)
  const plan = { ...drawn, kills: [], end: { ...drawn.end, afterMs: undefined } }
  const call = { ...(plan.calls[0] as (typeof plan.calls)[number]), retries: 0, isBare: false }
  const told = {
    ...{ outcomes: new Map(), order: [], failed: new Map(), failure: undefined, left: false, wrong: [] },
    ...{ cancelledAt: undefined, answeredAt: 0, versionAtStart: 0, inputs: new ReadInputs<unknown>("array", [], 0) }
  }
  const job = { id: "c0j1.", does: "returns", ms: 0, file: "" } as const
  const objection = (value: unknown, executions: number) =>
    objectionToJob(
      plan,
      { job, call, told, executions, pushed: 0 },
      { _tag: "Succeeded", value, job: undefined as never }
    )
  expect(objection({ id: job.id }, 1)).toBeUndefined()
  expect(objection({ id: job.id }, 2)).toContain("executed 2 times")
  expect(objection({ id: job.id }, 0)).toContain("never executed")
  expect(objection({ id: "c0j2." }, 1)).toContain("came to")
  const failed = { _tag: "Failed", error: new Error("odd"), job: undefined as never } as const
  expect(objectionToJob(plan, { job, call, told, executions: 1, pushed: 0 }, failed)).toContain("no JobError")
})
