import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { descendants } from "../setup/descendants.ts"
import { eventually, places } from "./places.ts"

const run = promisify(execFile)

/** Runs a program to its own end; a pool that kept it alive would run into the time limit. */
const printedBy = async (program: string, isolation: string): Promise<string> => {
  const file = fileURLToPath(new URL(`../fixtures/${program}.ts`, import.meta.url))
  const { stdout, stderr } = await run(process.execPath, [...process.execArgv, file, isolation], { timeout: 20_000 })
  expect(stderr).toBe("")
  return stdout
}

describe.each(places)("a program that leaves its pool open, $isolation", ({ isolation }) => {
  it.each([
    ["idle-pool", "49\n"],
    ["unused-pool", "made\n"]
  ])("ends all the same: %s", async (program, printed) => {
    const before = descendants()
    expect(await printedBy(program, isolation)).toBe(printed)
    await eventually(() => expect([...descendants().keys()].filter((pid) => !before.has(pid))).toEqual([]))
  })

  it("does not end while it waits for what a job that has ended still holds", async () => {
    const printed = await printedBy("takes-lock-next-program", isolation)
    const cancelled = isolation === "inline" ? "" : "after one that was cancelled\n"
    expect(printed).toBe(`after 20 jobs\n${cancelled}`)
  })

  it("does not end before its jobs have, those that wait for another attempt included", async () => {
    expect((await printedBy("busy-pool", isolation)).trim().split("\n").sort()).toEqual(["1,4,9", "attempt 2"])
  })
})
