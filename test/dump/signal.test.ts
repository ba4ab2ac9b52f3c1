import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { expect, it, onTestFinished } from "vitest"

const program = fileURLToPath(new URL("../fixtures/dump-program.ts", import.meta.url))
const PATIENCE = { timeout: 25_000, interval: 50 }

const start = (scene: string) => {
  const child = spawn(process.execPath, ["--conditions=holdfast-source", program, scene], {
    stdio: ["ignore", "pipe", "pipe"]
  })
  const said = { stdout: "", stderr: "" }
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      said[stream] += text
    })
  onTestFinished(() => {
    child.kill("SIGKILL")
  })
  return { child, said, ended: once(child, "close") }
}

it("SIGUSR2 prints what every worker of every pool does, again and again, and the jobs go on", {
  timeout: 90_000
}, async () => {
  const { child, ended, said } = start("")
  await expect.poll(() => said.stdout, PATIENCE).toContain("at work")
  const dumps = () => said.stderr.match(/^holdfast: pool at /gm)?.length ?? 0
  const napping = () =>
    said.stderr.match(/^ {2}slowSquare #0, for .*; input \{ n: 2, ms: 600000 \}\n {4}waits on timer due in /gm)
      ?.length ?? 0
  await expect
    .poll(() => {
      child.kill("SIGUSR2")
      return [dumps() >= 4, napping() >= 4]
    }, PATIENCE)
    .toEqual([true, true])
  child.kill("SIGTERM")
  await ended
  expect(said.stdout).toContain("listeners 0")
})

it("prints nothing where the program listens to the signal itself", { timeout: 90_000 }, async () => {
  const { child, ended, said } = start("listens")
  await expect.poll(() => said.stdout, PATIENCE).toContain("at work")
  child.kill("SIGUSR2")
  await expect.poll(() => said.stdout, PATIENCE).toContain("its own")
  child.kill("SIGTERM")
  await ended
  expect(said).toEqual({ stdout: "at work\nits own\nlisteners 1\n", stderr: "" })
})

it("leaves the signal alone with dumpSignal: off", { timeout: 90_000 }, async () => {
  const { child, ended, said } = start("off")
  await expect.poll(() => said.stdout, PATIENCE).toContain("at work")
  child.kill("SIGUSR2")
  expect(await ended).toEqual([null, "SIGUSR2"])
  expect(said.stderr).toBe("")
})
