import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const program = fileURLToPath(new URL("../fixtures/arguments.ts", import.meta.url))

it("a task's module reads the program's own arguments, wherever it runs", async () => {
  // More of them than are read at a worker's very start.
  const rest = ["--input", "my file.csv", "x".repeat(40_000)]
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=holdfast-source", program, "21", ...rest],
    { timeout: 60_000, maxBuffer: 2 ** 20 }
  )
  const answers = stdout.trim().split("\n")
  expect(answers.map((line) => JSON.parse(line))).toEqual(new Array(3).fill({ product: 42, rest }))
})
