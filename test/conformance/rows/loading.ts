/** Rows 18 to 20, 31 and 32: what can't be loaded or started, when a pool gives up, and pools within pools. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Task } from "@holdfast/core"
import { expect } from "vitest"
import { bystanders, failureOf, timed, within } from "../../faults/scene.ts"
import { exitsAfterwards } from "../../fixtures/deaths.ts"
import { waitsForever } from "../../fixtures/faulty.ts"
import { nests, nestsUnasked } from "../../fixtures/nesting.ts"
import { square } from "../../fixtures/plain.ts"
import { failsAtStart } from "../../fixtures/starts.ts"
import { EVENTUALLY } from "../quiet.ts"
import { cannotHold, holds, NOT_ISOLATED, type Play, type Row } from "../Row.ts"
import type { Culprit, Stage } from "../Stage.ts"

interface Unreachable {
  unreachable(n: number): number
  nothing(n: number): number
  cube(n: number): number
}
const of = (file: string) => Task.module<Unreachable>(new URL(`../../fixtures/${file}.ts`, import.meta.url))

const START_TIMEOUT_MS = 3000

const unloaded: Play = async ({ pool, size, eventsOf }) => {
  const several = await pool.settle(of("broken-at-import").unreachable, [1, 2, 3, 4, 5], { retry: 3 })
  for (const outcome of several) {
    if (outcome._tag === "Succeeded") throw new Error("it was loaded")
    const error = await failureOf("TaskNotLoaded", Promise.reject(outcome.error))
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(error.stack).toContain("test/fixtures/broken-at-import.ts:4:")
    expect(error.job.attempts.length, "nothing changes by trying again").toBe(1)
  }
  const noModule = await failureOf("TaskNotLoaded", pool.run(of("no-such-file").unreachable, 1))
  expect(noModule.message).toContain("no-such-file.ts")
  const noExport = await failureOf("TaskNotLoaded", pool.run(of("bare").nothing, 1))
  expect(noExport.message).toMatch(/no export "nothing"; it exports .*double/)
  const { result, ms } = await timed(() => failureOf("TaskNotLoaded", pool.run(of("never-imported").unreachable, 1)))
  expect(result.message).toContain("startTimeout")
  expect(ms).toBeLessThan(START_TIMEOUT_MS + 5000)
  expect(await pool.run(square, 3), "other tasks go on in the same worker").toBe(9)
  expect(eventsOf("WorkerExited")).toEqual([])
  expect(eventsOf("WorkerStarting").length, "no worker was started for it").toBeLessThanOrEqual(size)
}

const contextFails: Play = async ({ pool, size, eventsOf }) => {
  const outcomes = await pool.settle(square, [1, 2, 3])
  for (const outcome of outcomes) {
    if (outcome._tag === "Succeeded") throw new Error("it ran")
    const error = await failureOf("WorkerFailedToStart", Promise.reject(outcome.error))
    expect(error.cause).toMatchObject({ name: "Error", message: "no GPU here" })
  }
  await failureOf("WorkerFailedToStart", pool.run(square, 4))
  await expect.poll(() => eventsOf("PoolBroke").length, EVENTUALLY).toBe(1)
  expect(eventsOf("WorkerStarting").length, "a handful of starts").toBeLessThanOrEqual(6 + size)
}

const MOST_DEATHS = 2

/** Ends a worker for which nobody is to blame. */
type EndIdle = (stage: Stage) => Promise<void>

const killed = new Set<number>()
const killIdle: EndIdle = async ({ pool }) => {
  const worker = pool.workers.find(({ state, pid }) => state === "idle" && pid !== undefined && !killed.has(pid))
  if (worker?.pid === undefined) return
  killed.add(worker.pid)
  process.kill(worker.pid, "SIGKILL")
}
const exitIdle: EndIdle = async ({ pool, eventsOf }) => {
  const ended = eventsOf("WorkerExited").length
  await pool.run(exitsAfterwards, { n: 1, ms: 1 }).catch(() => undefined)
  await expect.poll(() => eventsOf("WorkerExited").length, EVENTUALLY).toBeGreaterThan(ended)
}

const breaks =
  (endIdle: EndIdle, described: RegExp): Play =>
  async (stage) => {
    const { pool, size, harm, eventsOf } = stage
    const others = bystanders(pool, 8, 10)
    const poison: Culprit = { act: "exits", input: 1, tag: "WorkerCrashed", promisedMs: 3000 }
    await harm(Array.from({ length: 10 }, () => poison))
    await others.unharmed()
    expect(eventsOf("PoolBroke"), "deaths that a job is charged with do not count").toEqual([])
    // Where another worker is free to die.
    const running = size === 1 ? [] : [failureOf("PoolBroken", pool.run(waitsForever, undefined))]
    const breaking = async (): Promise<void> => {
      while (eventsOf("PoolBroke").length === 0) {
        await endIdle(stage)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    await within(30_000, breaking())
    running.push(failureOf("PoolBroken", pool.run(square, 1)))
    for (const error of await within(5000, Promise.all(running))) {
      // Those of the same turn are told with the one that was too many.
      expect(error.deaths.length).toBeGreaterThan(MOST_DEATHS)
      expect(error.deaths[0]?.description).toMatch(described)
      expect(error.deaths[0]?.lastLogs).toEqual([])
    }
  }

const starved = fileURLToPath(new URL("../../fixtures/starved-program.ts", import.meta.url))

const cannotStart: Play = async ({ executor, size }) => {
  const flags = [...process.execArgv, starved, executor, String(size)]
  const script = 'ulimit -n 200; exec "$0" "$@"'
  const program = promisify(execFile)("sh", ["-c", script, process.execPath, ...flags], { timeout: 50_000 })
  const { stdout } = await program
  expect(JSON.parse(stdout)).toEqual({
    withoutAny: "WorkerFailedToStart",
    withSome: [1, 4, 9],
    afterwards: [1, 4, 9],
    workers: size + 1
  })
}

const nested: Play = async ({ pool, eventsOf }) => {
  const atImport = await failureOf("TaskNotLoaded", pool.run(of("pool-at-import").cube, 3))
  expect(atImport.message).toMatch(/createPool.*inside (of )?a worker.*import\.meta\.main/s)
  const unasked = await failureOf("TaskThrew", pool.run(nestsUnasked, undefined))
  expect(unasked.message).toContain("allowNested: true")
  expect(await pool.run(nests, { file: "", stays: false })).toEqual([1, 4, 9])
  expect(eventsOf("WorkerExited")).toEqual([])
}

export const loading: ReadonlyArray<Row> = [
  {
    number: 18,
    title: "a module or export that can't be loaded fails the jobs that need it, and starts no worker",
    doorsDiffer: false,
    options: { startTimeout: START_TIMEOUT_MS },
    on: { process: holds(unloaded), thread: holds(unloaded), inline: cannotHold("There is no worker to load it in.") }
  },
  {
    number: 19,
    title: "a context that fails is tried a handful of times, then every job is told why",
    doorsDiffer: false,
    goesOn: false,
    options: { context: failsAtStart, restart: { backoff: { min: 1, max: 10 } } },
    on: {
      process: holds(contextFails),
      thread: holds(contextFails),
      inline: cannotHold("There is no worker to start.")
    }
  },
  {
    number: 20,
    title: "workers that die faster than restart allows break the pool, unless their jobs are at fault",
    doorsDiffer: true,
    goesOn: false,
    options: { restart: { max: MOST_DEATHS, within: "1 minute", backoff: { min: 1, max: 10 } } },
    on: {
      process: holds(breaks(killIdle, /SIGKILL/)),
      thread: holds(breaks(exitIdle, /process\.exit\(8\)/)),
      inline: cannotHold(NOT_ISOLATED)
    }
  },
  {
    number: 31,
    title: "a worker that can't be started is tried again, and the pool goes on with those it has",
    doorsDiffer: false,
    on: {
      process: holds(cannotStart),
      thread: holds(cannotStart),
      inline: cannotHold("There is no worker to start.")
    }
  },
  {
    number: 32,
    title: "a pool made inside a worker is a mistake that is named, unless it was asked for",
    doorsDiffer: false,
    on: {
      process: holds(nested),
      thread: holds(nested),
      inline: cannotHold("A job is in no worker: it may make pools as the program may.")
    }
  }
]
