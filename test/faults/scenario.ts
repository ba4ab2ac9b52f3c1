/**
 * `it` for faults: with HOLDFAST_STRESS=n each scenario runs n times more, beside endless loops that take all
 * cores. What fails once in a hundred times there is a bug.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { afterAll, beforeAll, it } from "vitest"

const { HOLDFAST_STRESS = "0" } = process.env
const times = Number(HOLDFAST_STRESS)

/** Whether the scenarios run many times, beside endless loops. */
export const isStress = times > 0
const LOOPS = 2

if (isStress) {
  const loops: Array<ChildProcess> = []
  beforeAll(() => {
    for (let at = 0; at < LOOPS; at++) {
      loops.push(
        spawn(
          process.execPath,
          [
            "-e",
            "setInterval(() => process.ppid === PARENT || process.exit(), 0); const PARENT = process.ppid; (function turn() { const end = Date.now() + 500; while (Date.now() < end); setImmediate(turn) })()"
          ],
          { stdio: "ignore" }
        )
      )
    }
  })
  afterAll(async () => {
    for (const loop of loops) {
      const ended = once(loop, "exit")
      loop.kill("SIGKILL")
      await ended
    }
  })
}

/** One fault, one test. */
export const scenario = (title: string, play: () => Promise<void>, patience = 30_000): void => {
  it(title, { repeats: times, timeout: patience * (times + 1) }, play)
}
