/**
 * What Node prints of a failure that nobody catches, and what pino writes of it: the lines at fault, of its causes too,
 * and no frames but the user's.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const program = fileURLToPath(new URL("../fixtures/uncaught-program.ts", import.meta.url))

const printed = (...args: ReadonlyArray<string>): Promise<{ readonly code: unknown; readonly text: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [...process.execArgv, program, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code, text: stdout + stderr })
    )
  })

/** Frames of Node, of Holdfast and of Effect; the place where Node shows that something went uncaught is its own. */
const foreignIn = (text: string): ReadonlyArray<string> =>
  text
    .split("\n")
    .slice(3)
    .filter((line) => /node:internal|packages\/(?:core|supervisor)|node_modules/.test(line))

describe.each(["process", "thread", "inline"])("a failure on %s that nobody catches", (isolation) => {
  it("is printed with the source of the line at fault and of its causes, and with no frames but the user's", async () => {
    const { code, text } = await printed(isolation, "nested")
    expect(code).toBe(1)
    const order = [
      /TaskThrew: .*config unreadable/,
      /\n {4} *> \d+ \|.*new Error\("config unreadable"/,
      /\n {4}called from\n {4}at .*uncaught-program\.ts:\d+:\d+/,
      /\[cause\]: Error: config unreadable\n +at .*evidence\.ts:/,
      /\[cause\]: TypeError: no such key\n +at .*evidence\.ts:/,
      /\n +> \d+ \|.*new TypeError\("no such key"/
    ]
    let rest = text
    for (const part of order) {
      const at = rest.search(part)
      expect(at, `${part} in ${rest}`).toBeGreaterThan(-1)
      rest = rest.slice(at)
    }
    expect(foreignIn(text)).toEqual([])
    // The first three lines are where Node shows what it took for the place.
    expect(text.split("\n").slice(0, 3).join("\n")).not.toMatch(/packages\//)
  })
})

describe("a failure", () => {
  it("of an Effect has no frames of Effect's, nor those of an AggregateError's errors", async () => {
    for (const how of ["die", "aggregate"]) {
      const { code, text } = await printed("process", how)
      expect(code).toBe(1)
      expect(text).toMatch(/> \d+ \|/)
      expect(foreignIn(text), how).toEqual([])
    }
  })

  it("that pino writes has those of its causes folded as well", async () => {
    const { code, text } = await printed("process", "nested", "pino")
    expect(code).toBeUndefined()
    const { err } = JSON.parse(text.split("\n").find((line) => line.startsWith('{"level":50')) ?? "")
    expect(err.stack).toMatch(/caused by: .*TypeError: no such key\n/)
    expect(err.stack).toContain('new TypeError("no such key")')
    expect(err.stack).not.toMatch(/node:internal|packages\/supervisor/)
  })
})
