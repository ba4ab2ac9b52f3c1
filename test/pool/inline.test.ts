import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"

const program = fileURLToPath(new URL("../fixtures/inline-program.ts", import.meta.url))

describe.each(["close", "terminate"])("a program whose inline job never ends, with %s", (end) => {
  it("goes on once its time is over, and ends with the pool, whose contexts are released", async () => {
    const run = promisify(execFile)
    const { stdout, stderr } = await run(process.execPath, [...process.execArgv, program, end], { timeout: 20_000 })
    const [printed, failed, value, ...rest] = stdout.trim().split("\n")
    // The first worker is let go of for its job, the second with the pool.
    expect([printed, failed, value, rest.filter((line) => line === "released")]).toEqual([
      "printed",
      "JobTimedOut 1",
      "released",
      ["released"]
    ])
    expect(rest).toEqual(expect.arrayContaining(["3", "ended"]))
    const logged = stderr.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]))
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 30, msg: "begins", of: "ages", task: "never", job: 0, attempt: 1, worker: 1 })
    )
    expect(logged).toContainEqual(expect.objectContaining({ level: 40, msg: "an Effect", n: 3, task: "logs" }))
    const built = logged.find(({ msg }) => msg === "built")
    expect(built).toMatchObject({ level: 30, worker: 1 })
    expect(built).not.toHaveProperty("task")
  })
})
