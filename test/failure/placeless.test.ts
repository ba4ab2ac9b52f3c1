/** Failures of which little is known say where their task is written; deep ones lead to the job's own line. */
import { createPool, explain, type JobError, JobTimedOut, type PromisePool } from "holdfast"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { linesOfTask, taskPlace } from "../../packages/supervisor/src/failure/task-place.ts"
import {
  givesFunction,
  loopsInInitialiser,
  refused,
  rejectsWithNothing,
  throwsDeep,
  throwsText
} from "../fixtures/placeless.ts"

const failureOf = async (job: Promise<unknown>): Promise<JobError> => {
  const failure: unknown = await job.then(
    () => undefined,
    (thrown: unknown) => thrown
  )
  if (!(failure instanceof Error)) throw new Error("it has not failed")
  return failure as JobError
}

const printed = (failure: JobError): string => explain(failure, { colours: false })

describe.each(["process", "thread"] as const)("a failure on a %s", (isolation) => {
  let pool: PromisePool
  beforeAll(async () => {
    pool = await createPool({ workers: 1, isolation, logger: false })
  })
  afterAll(() => pool.close())

  it("by a thrown text shows the task that threw it", async () => {
    const failure = await failureOf(pool.run(throwsText, 7))
    expect(failure.frames).toEqual([])
    expect(printed(failure)).toMatch(
      / in task throwsText \(.*placeless\.ts:4:1\)\n\n +4 \| export const throwsText .*\n +5 \| {3}if \(id > 0\) throw `no order/
    )
    expect(failure.stack).toMatch(/ in task throwsText \(.*placeless\.ts:4:1\)/)
  })

  it("by a rejection with nothing shows the task that was rejected", async () => {
    expect(printed(await failureOf(pool.run(rejectsWithNothing, 7)))).toMatch(/\d+ \| {3}await Promise\.reject\(\)/)
  })

  it("by a result that can't be sent shows the task that gave it", async () => {
    expect(printed(await failureOf(pool.run(givesFunction, 7)))).toMatch(/\d+ \| .*again: \(\) => id/)
  })

  it("deep in a recursion leads to the job's own line, the recursion folded", async () => {
    const failure = await failureOf(pool.run(throwsDeep, 20))
    const text = printed(failure)
    expect(text).toMatch(/at descend .*\n +… the same 20 times more\n +at .*placeless\.ts:21:10/)
    expect(failure.stack).toMatch(/… the same 20 times more/)
  })

  it("hides what an error has in its fields under the names of secrets", async () => {
    const text = printed(await failureOf(pool.run(refused, "http://127.0.0.1/")))
    // Once it stands there: in the source.
    expect(text.match(/do-not-show/g)?.length).toBe(2)
    expect(text).toMatch(/apiKey: \[masked\]/)
    expect(text).toMatch(/request: \{ url: 'http:.*authorization: \[masked\]/)
    expect(text).toMatch(/status: 403/)
  })

  it("in an initialiser shows the variables that have a value", async () => {
    const failure = await failureOf(pool.run(loopsInInitialiser, 3, { timeout: "3 seconds" }))
    expect(failure).toBeInstanceOf(JobTimedOut)
    expect(printed(failure)).not.toMatch(/ReferenceError|Cannot access/)
  })
})

describe("the place of a task", () => {
  it("is where it is declared, by its name or by that of its export", () => {
    const module = new URL("../fixtures/placeless.ts", import.meta.url).href
    const place = taskPlace(module, "givesFunction")
    expect(place).toMatchObject({ function: "givesFunction", column: 1 })
    expect(place && linesOfTask(place)).toHaveLength(1)
    expect(taskPlace(module, "descend")?.line).toBeGreaterThan(place?.line ?? 0)
  })

  it("is not known of a name that does not stand there, nor of a module that can't be read", () => {
    expect(taskPlace(import.meta.url, "no.such(task")).toBe(undefined)
    expect(taskPlace("file:///nowhere/at/all.ts", "task")).toBe(undefined)
    expect(taskPlace("data:text/javascript,", "task")).toBe(undefined)
  })
})
