/** Rows 4, 5, 6, 21 and 35: a worker that ends, or is ended, while it runs a job, and what becomes of that job. */
import { expect } from "vitest"
import { resumesAt } from "../../fixtures/attempts.ts"
import { checkpointsThenDies, exitsUntil } from "../../fixtures/deaths.ts"
import { EVENTUALLY } from "../quiet.ts"
import { cannotHold, holds, holdsBut, NOT_ISOLATED, type Play, type Row } from "../Row.ts"
import type { Culprit } from "../Stage.ts"

const MB = 1024 * 1024

const exits: Play = async ({ harm, eventsOf }) => {
  const codes = [0, 3]
  const culprits = codes.map(
    (exitCode): Culprit => ({
      act: "exits",
      input: exitCode,
      tag: "WorkerCrashed",
      fields: { reason: "exit", exitCode, job: { attempts: [{ number: 1, failure: "WorkerCrashed" }] } }
    })
  )
  const failures = await harm(culprits)
  for (const [at, failure] of failures.entries()) expect(failure.message).toContain(`process.exit(${codes[at]})`)
  await expect.poll(() => eventsOf("WorkerExited").length, EVENTUALLY).toBe(2)
}

const fromOutside = ["SIGKILL", "SIGSEGV", "SIGTERM"] as const

const signals: Play = async ({ harm, notes }) => {
  const files = fromOutside.map(() => notes())
  const told = harm([
    { act: "aborts", tag: "WorkerCrashed", fields: { reason: "signal", signal: "SIGABRT" }, promisedMs: 3000 },
    ...fromOutside.map(
      (signal, at): Culprit => ({
        act: "notesPid",
        input: { file: files[at]?.file },
        tag: "WorkerCrashed",
        fields: { reason: "signal", signal },
        promisedMs: 3000
      })
    )
  ])
  const killed = fromOutside.map(async (signal, at) => {
    const [pid] = (await files[at]?.written(1)) ?? []
    process.kill(Number(pid), signal)
    return Number(pid)
  })
  const pids = await Promise.all(killed)
  const [, ...failures] = await told
  expect(failures.map(({ job }) => job.pid)).toEqual(pids)
}

const abortInThread: Play = async ({ harm, eventsOf }) => {
  const [failure] = await harm([{ act: "aborts", tag: "TaskThrew" }])
  expect(failure.message).toContain("process.abort()")
  expect(eventsOf("WorkerExited")).toEqual([])
}

const heapOf = (fields: object): Culprit => ({
  act: "overflowsHeap",
  tag: "WorkerCrashed",
  fields: { reason: "outOfMemory", ...fields },
  promisedMs: 10_000
})

const memoryOfProcess: Play = async ({ harm }) => {
  const [heap, resident] = await harm([
    heapOf({ signal: "SIGABRT" }),
    { act: "fillsMemory", tag: "WorkerCrashed", fields: { reason: "outOfMemory", limit: 260 * MB }, promisedMs: 10_000 }
  ])
  expect(heap.message).toContain("JavaScript heap")
  const { limit = 0, lastReading: used = 0 } = heap as { limit?: number; lastReading?: number }
  // V8 lets it have its young generation beside what the flag says.
  expect(limit).toBeGreaterThanOrEqual(64 * MB)
  expect(limit).toBeLessThan(256 * MB)
  expect(used).toBeGreaterThan(32 * MB)
  expect(used).toBeLessThan(2 * limit)
  expect(heap.message).toContain(`its limit is ${Math.round(limit / MB)} MB, ${Math.round(used / MB)} MB in use`)
  const { lastReading = 0 } = resident as { lastReading?: number }
  expect(lastReading).toBeGreaterThan(260 * MB)
  expect(lastReading).toBeLessThan(500 * MB)
  expect(resident.message).toContain("260 MB")
}

const memoryOfThread: Play = async ({ harm }) => {
  const [heap] = await harm([heapOf({ limit: 48 * MB, lastReading: 48 * MB })])
  expect(heap.message).toContain("48 MB")
}

const soon = { retry: { retries: 10, minTimeout: 1, maxTimeout: 1 } }

const poison: Play = async ({ pool, notes, eventsOf }) => {
  const { file, lines } = notes()
  const inputs = Array.from({ length: 20 }, (_, n) => ({ file, n, succeedsAt: n === 7 ? 1000 : 1 }))
  const outcomes = await pool.settle(exitsUntil, inputs, soon)
  for (const [n, outcome] of outcomes.entries()) {
    if (n !== 7) expect(outcome).toMatchObject({ _tag: "Succeeded", value: n, job: { attempts: [{ number: 1 }] } })
  }
  const failure = "WorkerCrashed"
  expect(outcomes[7]).toMatchObject({
    _tag: "Failed",
    error: { _tag: failure, reason: "exit", exitCode: 7 },
    job: { attempts: [{ failure }, { failure }, { failure }] }
  })
  expect(lines().filter((line) => line.startsWith("7:"))).toEqual(["7:1", "7:2", "7:3"])
  expect(lines().length, "no other job ran twice").toBe(22)
  await expect
    .poll(() => eventsOf("JobQuarantined"), EVENTUALLY)
    .toMatchObject([{ job: { index: 7 }, error: { _tag: failure } }])
}

const resumes =
  (task: typeof resumesAt, failure: string): Play =>
  async ({ pool, notes }) => {
    const { file, lines } = notes()
    const [first, second] = [file, notes().file]
    const inputs = [
      { file: first, until: 3 },
      { file: second, until: 1 }
    ]
    const [resumed, fresh] = await pool.settle(task, inputs, soon)
    expect(resumed).toMatchObject({
      _tag: "Succeeded",
      value: { reached: 2 },
      job: { attempts: [{ number: 1, failure }, { number: 2, failure }, { number: 3 }] }
    })
    expect(resumed?.job.attempts.at(-1)?.failure).toBe(undefined)
    expect(fresh).toMatchObject({ _tag: "Succeeded", value: undefined, job: { attempts: [{ number: 1 }] } })
    expect(lines()).toEqual(["1", "2", "3"])
  }

const dies = resumes(checkpointsThenDies, "WorkerCrashed")

export const deaths: ReadonlyArray<Row> = [
  {
    number: 4,
    title: "process.exit is a crash with its exit code",
    doorsDiffer: false,
    on: { process: holds(exits), thread: holds(exits), inline: cannotHold(NOT_ISOLATED) }
  },
  {
    number: 5,
    title: "an abort, or a signal from outside, is a crash with that signal",
    doorsDiffer: false,
    on: {
      process: holds(signals),
      thread: holdsBut(
        "A signal or native death takes the program along; process.abort() throws in a thread, and nothing more.",
        abortInThread
      ),
      inline: cannotHold(NOT_ISOLATED)
    }
  },
  {
    number: 6,
    title: "a full heap, or memory over maxMemory, is out of memory, with the limit and the last reading",
    doorsDiffer: false,
    on: {
      process: holds(memoryOfProcess, { maxMemory: 260 * MB, execArgv: ["--max-old-space-size=64"] }),
      thread: holdsBut(
        "The limit is the thread's heap: buffers are not counted, and a single large allocation can abort the program.",
        memoryOfThread,
        { maxMemory: 48 * MB }
      ),
      inline: cannotHold(NOT_ISOLATED)
    }
  },
  {
    number: 21,
    title: "a job that kills every worker it touches is quarantined after maxCrashes, and the rest finishes",
    doorsDiffer: false,
    on: { process: holds(poison), thread: holds(poison), inline: cannotHold(NOT_ISOLATED) }
  },
  {
    number: 35,
    title: "what a job checkpointed before it died is there for its next attempt, and all attempts are told of",
    doorsDiffer: false,
    on: {
      process: holds(dies),
      thread: holds(dies),
      inline: holdsBut(`${NOT_ISOLATED} A job that throws is resumed.`, resumes(resumesAt, "TaskThrew"))
    }
  }
]
