/** Runs a program of ends, sends it its signals, and looks at what it was told, how it ended, and who outlives it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { MixedResult } from "../mixed/run.ts"
import { type Ends, endsOf, type Isolation } from "./draw.ts"

/** How long what was read before a signal may take to be dropped: a worker has been sent some of it. */
const SLACK_MS = 600
/** The 5 seconds that a program may go on, and what a slow machine takes. */
const MOST_MS = 45_000
const AT_ONCE_MS = 8_000

const PROGRAM = fileURLToPath(new URL("./program.ts", import.meta.url))

export interface Ended {
  readonly ends: Ends
  readonly code: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
  /** When signals were sent, those that found it alive. */
  readonly sentAt: ReadonlyArray<number>
  readonly endedAt: number
  /** By job, what it was told: once each. */
  readonly told: ReadonlyArray<readonly [string, string]>
  /** By job, when it was executed. */
  readonly executed: ReadonlyArray<{ readonly id: string; readonly at: number; readonly pid: number }>
}

const linesOf = (file: string): ReadonlyArray<ReadonlyArray<string>> =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split(" "))
    : []

/** What is wrong with how it ended. */
export const objectionsToEnd = (ended: Ended): Array<string> => {
  const { code, ends, endedAt, err, executed, out, sentAt, signal, told } = ended
  const { first, pools, second } = ends
  const wrong: Array<string> = []
  const [firstAt, secondAt] = sentAt
  const isDone = out.includes("done")
  const by = secondAt === undefined ? first.signal : second?.signal
  if (firstAt === undefined || (isDone && code === 0)) {
    if (code !== 0 || !isDone) wrong.push(`it ended with ${code}, ${signal}: ${err.slice(-500)}`)
  } else if (signal !== first.signal && signal !== by)
    wrong.push(`it ended with ${code}, ${signal}, and was sent ${by}: ${err.slice(-500)}`)
  const ran = new Map<string, number>()
  for (const { id } of executed) ran.set(id, (ran.get(id) ?? 0) + 1)
  for (const [id, times] of ran) if (times > 1) wrong.push(`${id} was executed ${times} times`)
  const late = executed.filter(({ at }) => firstAt !== undefined && at > firstAt + SLACK_MS)
  // A pipeline reads no more, and finishes what it has read.
  const odd = late.filter(({ id }) => pools[Number(id.slice(1).split("j")[0])]?.call !== "pipeline")
  if (odd.length > 0) wrong.push(`${odd.length} jobs began after the signal, such as ${odd[0]?.id}`)
  const outcomes = new Map<string, string>()
  for (const [id, what] of told) {
    if (outcomes.has(id)) wrong.push(`${id} was told of twice`)
    outcomes.set(id, what)
    if (what === "well" && !ran.has(id)) wrong.push(`${id} is told to be well, and was never executed`)
    if (!["well", "behind", "PoolClosed", "Unread"].includes(what)) wrong.push(`${id} failed with ${what}`)
    if (what === "Unread" && ran.has(id)) wrong.push(`${id} was executed, and is told to be unread`)
  }
  const drains = pools.every(({ drainTimeoutMs, signals }) => signals === "drain" && drainTimeoutMs > 1_000)
  if (drains && secondAt === undefined)
    for (const [at, { jobs }] of pools.entries()) {
      if (!outcomes.has(`p${at}`))
        wrong.push(`what is behind the call of pool ${at} was not reached: ${err.slice(-500)}`)
      for (const index of jobs.keys()) {
        const id = `p${at}j${index}.`
        const what = outcomes.get(id)
        if (what === undefined) wrong.push(`${id} was not told of`)
        else if (ran.has(id) && what !== "well")
          wrong.push(`${id} ran when it was to be finished, and failed with ${what}`)
        else if (firstAt === undefined && what !== "well")
          wrong.push(`${id} failed with ${what}, and there was no signal`)
      }
    }
  const quickly = secondAt ?? (pools.every(({ signals }) => signals === "terminate") ? firstAt : undefined)
  if (quickly !== undefined && endedAt - quickly > AT_ONCE_MS)
    wrong.push(`it took ${endedAt - quickly} ms to end at once`)
  return wrong.slice(0, 8)
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`)

/** Runs it, in a folder of its own. */
export const runEnds = async (isolation: Isolation, seed: number): Promise<MixedResult> => {
  const ends = endsOf(isolation, seed)
  const folder = mkdtempSync(join(tmpdir(), "holdfast-ends-"))
  const file = join(folder, "executions")
  const args = [...process.execArgv, "--conditions=holdfast-source", PROGRAM, file, isolation, String(seed)]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] })
  let [out, err] = ["", ""]
  child.stdout.on("data", (chunk) => {
    out += chunk
  })
  child.stderr.on("data", (chunk) => {
    err += chunk
  })
  const closed = once(child, "close").then(([code, signal]) => ({ code, signal, endedAt: Date.now() }))
  try {
    while (!out.includes("ready") && child.exitCode === null && child.signalCode === null) await sleep(2)
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
    while (ends.isBusy && !existsSync(file) && !isOver()) await sleep(2)
    const sentAt: Array<number> = []
    for (const each of [ends.first, ends.second]) {
      if (each === undefined) break
      await Promise.race([sleep(each.afterMs), closed])
      if (isOver()) break
      sentAt.push(Date.now())
      child.kill(each.signal)
    }
    const end = await Promise.race([closed, sleep(MOST_MS, undefined, { ref: false })])
    if (end === undefined) return { jobs: 1, objections: [`hang: it did not end: ${err.slice(-800)}`] }
    const executed = linesOf(file).map(([id = "", at, pid]) => ({ id, at: Number(at), pid: Number(pid) }))
    const told = linesOf(`${file}.told`).map(([id = "", what = ""]) => [id, what] as const)
    const wrong = objectionsToEnd({ ends, ...end, out, err, sentAt, told, executed })
    const pids = [...new Set(executed.map(({ pid }) => pid))]
    for (const until = performance.now() + 4_000; pids.some(isAlive) && performance.now() < until; ) await sleep(20)
    for (const pid of pids) if (isAlive(pid)) wrong.push(`worker ${pid} outlives its program`)
    return { jobs: executed.length, objections: wrong }
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  }
}
