/** Code that stands in no file has frames of its own, and its caller's source about it. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { createPool, type JobError, type PromisePool, type Task } from "holdfast"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { loopsInScript, throwsInEval, throwsInRealm, throwsInTemplate } from "../fixtures/unfiled.ts"

const fixture = fileURLToPath(new URL("../fixtures/unfiled.ts", import.meta.url))
const lines = readFileSync(fixture, "utf8").split("\n")

describe.each(["process", "thread", "inline"] as const)("a failure on %s", (isolation) => {
  let pool: PromisePool
  beforeAll(async () => {
    pool = await createPool({ workers: 1, isolation, logger: false })
  })
  afterAll(() => pool.close())

  const failureOf = async (task: Task.Task<string, unknown, never>): Promise<JobError> => {
    const [outcome] = await pool.settle(task, ["out of paper"])
    if (outcome?._tag !== "Failed") throw new Error("it has not failed")
    return outcome.error
  }

  it.each([
    ["in eval'd code", throwsInEval, /^eval at .* \(\/.*unfiled\.ts:\d+:\d+\), <anonymous>$/, 3, 9, "eval)("],
    [
      "in a function made of a text",
      throwsInTemplate,
      /^eval at .* \(\/.*unfiled\.ts:\d+:\d+\), <anonymous>$/,
      3,
      21,
      "template("
    ],
    ["in a script of another realm", throwsInRealm, /^price\.rule$/, 3, 9, "runInNewContext("]
  ] as const)(
    "%s tells the place in it, and shows the source of its caller",
    async (_, task, file, line, column, call) => {
      const failure = await failureOf(task)
      expect(failure.frames[0]).toMatchObject({ file: expect.stringMatching(file), line, column })
      const caller = failure.frames.find((frame) => frame.file === fixture)
      expect(failure.source).toMatchObject({ file: fixture, line: caller?.line })
      expect(lines[(caller?.line ?? 0) - 1]).toContain(call)
      expect(failure.stack).toContain(`:${line}:${column})\n`)
    }
  )
})

it("a loop in a script tells the line in it, and shows the source of its caller", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  const [outcome] = await pool.settle(loopsInScript, [undefined], { timeout: "1 second" })
  if (outcome?._tag !== "Failed") throw new Error("it has not failed")
  const { frames, source } = outcome.error
  expect(frames[0]).toMatchObject({ file: "turn.rule", line: 2 })
  expect(source).toMatchObject({ file: fixture, line: frames.find(({ file }) => file === fixture)?.line })
})
