/** Ctrl-C in a program with a pipeline. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { expect, it, onTestFinished } from "vitest"
import { eventually, linesOf, scratchFile, upTo } from "../pool/places.ts"

const program = fileURLToPath(new URL("../fixtures/piped-program.ts", import.meta.url))

const interrupted = async (signals: string) => {
  const file = scratchFile()
  const child = spawn(process.execPath, ["--conditions=holdfast-source", program, signals, file], {
    stdio: ["ignore", "ignore", "pipe"]
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  let said = ""
  child.stderr.on("data", (chunk) => {
    said += chunk
  })
  const ended = once(child, "close")
  await eventually(() => expect(linesOf(file).length).toBeGreaterThan(5))
  child.kill("SIGINT")
  const [code] = await ended
  const lines = linesOf(file)
  const report = JSON.parse(lines.pop() ?? "")
  return { code, said, report, values: lines.map(Number) }
}

it("drains: what was read comes out before the program ends", async () => {
  const { code, said, report, values } = await interrupted("drain")
  expect({ code, said }).toEqual({
    code: 130,
    said: "holdfast: SIGINT: pipeline endless reads no more; once more ends at once\n"
  })
  expect(values).toEqual(upTo(report.read).map((n) => n * 2))
  expect(report).toEqual({ read: values.length, out: values.length, waiting: [0, 0] })
})

it("terminates: what is under way is given up, and that is said", async () => {
  const { code, said, report, values } = await interrupted("terminate")
  expect(code).toBe(130)
  expect(report).toEqual({ read: expect.any(Number), out: values.length, waiting: [0, 0] })
  if (report.read > values.length)
    expect(said).toMatch(/^holdfast: SIGINT: pipeline endless has ended, and gave up \d+ inputs?\n$/)
})
