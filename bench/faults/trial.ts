/**
 * Runs one trial: a fresh parent that plays a scene, watched from outside. Whatever the pool does, this ends within
 * {@link LONGEST_MS} and ends whatever the trial has started, found by a mark in its environment.
 */
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Fault } from "./faults.ts"
import type { Observation, ParentEnd, Trial } from "./Observation.ts"
import type { Contestant } from "./pools.ts"

const program = fileURLToPath(new URL("parent.ts", import.meta.url))

const LONGEST_MS = 25_000
/** A parent that has closed its pool and has nothing left to do. */
const EXIT_MS = 3000
/** As long as promises.md gives a worker to notice that its parent is gone. */
const ORPHAN_MS = 2000

const marked = (mark: string): Array<number> =>
  readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return []
    try {
      return readFileSync(`/proc/${entry}/environ`, "utf8").includes(mark) ? [Number(entry)] : []
    } catch {
      return []
    }
  })

const end = (pids: ReadonlyArray<number>): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // It has ended by itself.
    }
  }
}

/** How many outlive the parent; none of them outlives this. */
const reapOrphans = async (mark: string): Promise<number> => {
  for (const until = performance.now() + ORPHAN_MS; performance.now() < until; await sleep(50))
    if (marked(mark).length === 0) return 0
  const orphans = marked(mark)
  // Some start others when one dies.
  for (let left = orphans; left.length > 0; left = marked(mark)) {
    end(left)
    await sleep(20)
  }
  return orphans.length
}

const startsIn = (folder: string): Record<string, number> => {
  const starts: Record<string, number> = {}
  try {
    for (const label of readFileSync(join(folder, "started"), "utf8").trimEnd().split("\n"))
      starts[label] = (starts[label] ?? 0) + 1
  } catch {
    // None has started.
  }
  return starts
}

export const tryOut = async (contestant: Contestant, fault: Fault): Promise<Trial> => {
  const startedAt = performance.now()
  const folder = mkdtempSync(join(tmpdir(), "holdfast-faults-"))
  const mark = `FAULTS_TRIAL=${randomUUID()}`
  const environment = Object.entries(process.env).filter(([name]) => !/^(NODE_|npm_|VITEST)/.test(name))
  const child = spawn(process.execPath, [...process.execArgv, program, contestant.name, fault.id], {
    env: { ...Object.fromEntries(environment), FAULTS_TRIAL: mark.slice(13), FAULTS_FOLDER: folder },
    stdio: ["ignore", "pipe", "pipe", "pipe"]
  })
  const observations: Array<Observation> = []
  let how: ParentEnd["how"] = "exited"
  const kill = (reason: "killed" | "overdue"): void => {
    if (child.kill("SIGKILL")) how = reason
  }
  const watchdog = setTimeout(kill, LONGEST_MS, "overdue")
  let idle: NodeJS.Timeout | undefined
  const [, stdout, stderr, reports] = child.stdio
  createInterface({ input: reports as NodeJS.ReadableStream }).on("line", (line) => {
    const observation = JSON.parse(line) as Observation
    observations.push(observation)
    if (observation.at === "kill-me") kill("killed")
    if (observation.at === "closed") idle = setTimeout(kill, EXIT_MS, "overdue")
  })
  let output = ""
  let errors = ""
  stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text
  })
  stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text
  })
  const closed = new Promise((resolve) => child.once("close", resolve))
  await new Promise((resolve) => child.once("exit", resolve))
  clearTimeout(watchdog)
  clearTimeout(idle)
  const orphans = await reapOrphans(mark)
  // Orphans hold the pipes open: only now they end.
  await closed
  const { exitCode, signalCode } = child
  if (how === "exited" && exitCode !== 0) how = "died"
  const starts = startsIn(folder)
  rmSync(folder, { recursive: true, force: true })
  const seen = `${output}\n${errors}`
  return {
    pool: contestant.name,
    fault: fault.id,
    skipped: undefined,
    observations,
    starts,
    lines: new Set(Array.from(seen.matchAll(/flood (\d+) /g), ([, line]) => line)).size,
    printed: fault.aside?.test(seen) ?? false,
    parent: { how, exitCode, signal: signalCode, said: how === "died" ? errors.slice(-1500) : "" },
    orphans,
    ms: Math.round(performance.now() - startedAt)
  }
}

/** One that can't be tried there. */
export const skip = ({ name }: Contestant, { id }: Fault, why: string): Trial => ({
  pool: name,
  fault: id,
  skipped: why,
  observations: [],
  starts: {},
  lines: 0,
  printed: false,
  parent: { how: "exited", exitCode: 0, signal: null, said: "" },
  orphans: 0,
  ms: 0
})
