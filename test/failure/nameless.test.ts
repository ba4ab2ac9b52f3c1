/** A task's function without a name is shown without one, not as `Task.fn.timeout`, which V8 makes of its options. */
import { createPool, explain, type JobError } from "holdfast"
import { describe, expect, it } from "vitest"
import { exitsNameless, frozen, loopsNameless, throwsNamed, throwsNameless } from "../fixtures/nameless.ts"

describe.each(["process", "thread"] as const)("a function without a name on a %s", (isolation) => {
  it("is shown by its place alone, wherever it fails", async () => {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    const failed = async (job: Promise<unknown>): Promise<JobError> =>
      (await job.then(() => undefined, Object)) as JobError
    const told = [
      await failed(pool.run(throwsNameless, 1)),
      await failed(pool.run(loopsNameless, 1)),
      await failed(pool.run(exitsNameless, [3]))
    ]
    expect(told.map(({ _tag }) => _tag)).toEqual(["TaskThrew", "JobTimedOut", "WorkerCrashed"])
    for (const error of told) {
      expect(explain(error, { colours: false })).not.toContain("at Task.")
      expect(`${error.message}\n${error.stack}\n${(error.cause as Error | undefined)?.stack}`).not.toMatch(
        /Task\.(fn|spread)\.\w/
      )
    }
    expect(told[0]?.frames).toMatchObject([{ function: "<anonymous>", line: 8 }])
    expect(told[1]?.message).toMatch(/it was in \(anonymous\) at .*nameless\.ts:1[67]:/)
    expect((await failed(pool.run(throwsNamed, 1))).frames).toMatchObject([{ function: "refuse" }])
    expect(await pool.run(frozen, 1)).toBe(2)
  })
})
