/** A short run of chaos, and proof that it would notice: `npm run chaos` runs it for long. */
import type { Outcome } from "holdfast"
import { describe, expect, it } from "vitest"
import { type ChaosJob, valueOf } from "./behaviours.ts"
import { type ChaosProgram, programOf } from "./program.ts"
import { runProgram } from "./run.ts"
import { objectionTo } from "./verdict.ts"

/** Programs that have once found something, and some that have not. */
const SEEDS = [1, 2, 3, 5, 8, 13]

describe.each(["process", "thread"] as const)("on the isolation %s", (isolation) => {
  it.each(SEEDS)("a random program keeps every promise, seed %i", { timeout: 120_000 }, async (seed) => {
    expect((await runProgram(programOf(isolation, seed))).objections).toEqual([])
  })
})

describe("an outcome", () => {
  const job: ChaosJob = { id: "c0j1.", does: "returns", ms: 3, file: "" }
  const program: ChaosProgram = { ...programOf("process", 1), signals: [], concurrency: 1 }
  const call = { ...(program.calls[0] as ChaosProgram["calls"][number]), retries: 0 }
  const succeeded = (value: unknown): Outcome<unknown> => ({ _tag: "Succeeded", value, job: undefined as never })
  const objection = (outcome: Outcome<unknown, unknown>, executions = 1) =>
    objectionTo(outcome, { job, call, executions }, program)

  it("is right with the job's own value, executed once", () => {
    expect(objection(succeeded(valueOf(job)))).toBeUndefined()
  })

  it("is wrong with another's value, without an execution, or with two", () => {
    expect(objection(succeeded("c0j2.:3"))).toContain("came to")
    expect(objection(succeeded(valueOf(job)), 0)).toContain("never executed")
    expect(objection(succeeded(valueOf(job)), 2)).toContain("executed 2 times")
  })

  it("is wrong with a failure that nothing explains", () => {
    expect(objection({ _tag: "Failed", error: new Error("odd"), job: undefined as never })).toContain("no JobError")
  })
})
