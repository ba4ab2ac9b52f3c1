/** Row 30: a parent that is killed with SIGKILL leaves nobody behind, whatever its workers are doing. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"
import { type Notes, takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { isAlive, SLACK_MS } from "./scene.ts"

const program = fileURLToPath(new URL("../fixtures/parent-program.ts", import.meta.url))
/** What promises.md states. */
const BOUND = 2000

const pidsOf = (line: string): ReadonlyArray<number> => line.trim().split(" ").map(Number)

/** Starts the program, kills it in the situation, waits until all of these processes are gone, and tells how long it took. */
const killParent = async (situation: string, file: string, further: () => Promise<ReadonlyArray<number>>) => {
  const parent = spawn(process.execPath, [...process.execArgv, program, situation, file], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const pids: Array<number> = []
  try {
    const [said] = (await once(parent.stdout, "data")) as [Buffer]
    pids.push(...pidsOf(String(said)))
    expect(
      pids.every((pid) => pid > 0),
      `pids: ${said}`
    ).toBe(true)
    pids.push(...(await further()))
    expect(pids.filter(isAlive)).toEqual(pids)
    const gone = once(parent, "close")
    const killedAt = performance.now()
    parent.kill("SIGKILL")
    await gone
    await expect.poll(() => pids.filter(isAlive), { interval: 10, timeout: 10_000 }).toEqual([])
    return performance.now() - killedAt
  } finally {
    parent.kill("SIGKILL")
    for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGKILL")
  }
}

const nobody = async (): Promise<ReadonlyArray<number>> => []
const noted = (count: number) => (notes: Notes) => async (): Promise<ReadonlyArray<number>> =>
  (await notes.written(count)).flatMap(pidsOf)

for (const [situation, further] of [
  ["idle", () => nobody],
  ["never used", () => nobody],
  ["in async work", () => nobody],
  ["in a loop", () => nobody],
  ["starting", noted(2)],
  ["looping at start", noted(2)],
  ["looping at import", noted(2)],
  ["just spawned", () => nobody],
  ["with a child process", noted(1)],
  ["with a pool of its own", noted(1)]
] as const) {
  scenario(`no orphans: the parent is killed while a worker is ${situation}`, async () => {
    const tookMs: Array<number> = []
    // The machine may stop anybody for seconds, but hardly each time.
    while (tookMs.length < 3 && !(Math.min(...tookMs) < BOUND + SLACK_MS)) {
      using notes = takeNotes()
      tookMs.push(await killParent(situation, notes.file, further(notes)))
    }
    expect(Math.min(...tookMs)).toBeLessThan(BOUND + SLACK_MS)
  })
}
