/** Rows 4 to 6: a worker that ends, or is ended, while it runs a job. */
import { expect } from "vitest"
import { fillsMemory, hasChild, leavesTalker, notesPid } from "../fixtures/deaths.ts"
import { aborts, exits, killsItself, overflowsHeap } from "../fixtures/faulty.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { bystanders, failureOf, isAlive, lineOf, STOPS_MS, timed, within, withPool } from "./scene.ts"

const MB = 1024 * 1024

for (const code of [0, 3]) {
  scenario(`process.exit(${code}) is a crash with its exit code`, () =>
    withPool({}, async ({ pool, eventsOf }) => {
      const others = bystanders(pool)
      const error = await failureOf("WorkerCrashed", pool.run(exits, code))
      expect(error).toMatchObject({ reason: "exit", exitCode: code })
      expect(error).not.toHaveProperty("signal")
      expect(error.message).toContain(`process.exit(${code})`)
      expect(error.stack).toContain(`test/faults/deaths.test.ts:${lineOf(import.meta.filename, "pool.run(exits")}`)
      const [attempt] = error.job.attempts
      expect(attempt?.pid).toBe(error.job.pid)
      expect(Math.abs((attempt?.startedAt ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(attempt?.durationMs).toBeGreaterThanOrEqual(0)
      await others.unharmed()
      await expect
        .poll(() => eventsOf("WorkerExited"))
        .toMatchObject([{ pid: error.job.pid, exit: { exitCode: code }, restartInMs: 0 }])
    })
  )
}

scenario("process.abort() is a crash with SIGABRT", () =>
  withPool({}, async ({ pool }) => {
    const others = bystanders(pool)
    const error = await failureOf("WorkerCrashed", pool.run(aborts, undefined))
    expect(error).toMatchObject({ reason: "signal", signal: "SIGABRT" })
    await others.unharmed()
  })
)

for (const signal of ["SIGKILL", "SIGSEGV", "SIGTERM"] as const) {
  scenario(`${signal} from outside, during a job, is a crash with that signal`, () =>
    withPool({}, async ({ pool }) => {
      using notes = takeNotes()
      const others = bystanders(pool)
      const failing = failureOf("WorkerCrashed", pool.run(notesPid, { file: notes.file }))
      const [pid] = (await notes.written(1)).map(Number)
      const { result: error, ms } = await timed(() => {
        process.kill(pid ?? 0, signal)
        return failing
      })
      expect(error).toMatchObject({ reason: "signal", signal, job: { pid } })
      expect(error.message).toContain(signal)
      expect(ms).toBeLessThan(3000 + STOPS_MS)
      await others.unharmed()
    })
  )
}

scenario("the last lines that a job printed are part of its worker's crash, the unfinished one included", () =>
  withPool({}, async ({ pool }) => {
    const error = await failureOf("WorkerCrashed", pool.run(killsItself, "SIGKILL"))
    expect(error.job.lastLogs).toEqual({ stdout: ["last words", "and a partial line"], stderr: [] })
    expect(error.message).toContain(`"last words", "and a partial line"`)
  })
)

scenario("an overflow of the JavaScript heap is out of memory, not a signal", () =>
  withPool({ execArgv: ["--max-old-space-size=64"], keepLogs: true }, async ({ pool, eventsOf }) => {
    const others = bystanders(pool)
    const error = await failureOf("WorkerCrashed", pool.run(overflowsHeap, undefined))
    // As it was asked for, without the room that V8 adds for young objects.
    expect(error).toMatchObject({ reason: "outOfMemory", signal: "SIGABRT", limit: 64 * MB })
    expect(error.message).toContain("JavaScript heap (its limit is 64 MB, ")
    expect(error.lastReading).toBeGreaterThan(40 * MB)
    // The job has printed nothing; what V8 did is one record.
    expect(error.message).not.toContain("printed last")
    expect(error.job.lastLogs).toEqual({ stdout: [], stderr: [] })
    await expect
      .poll(() => eventsOf("Log").map(({ message }) => message))
      .toEqual([expect.stringMatching(/^<--- Last few GCs --->\n[\s\S]*\nFATAL ERROR: [\s\S]*heap out of memory\n/)])
    await others.unharmed()
  })
)

scenario("a worker over maxMemory is ended, and the failure tells the limit and the last reading", () =>
  withPool({ maxMemory: 200 * MB }, async ({ pool }) => {
    const others = bystanders(pool)
    const error = await failureOf("WorkerCrashed", pool.run(fillsMemory, undefined))
    expect(error).toMatchObject({ reason: "outOfMemory", limit: 200 * MB })
    expect(error.lastReading).toBeGreaterThan(200 * MB)
    // It may have been seen late.
    expect(error.lastReading).toBeLessThan(800 * MB)
    expect(error.message).toContain("200 MB")
    await others.unharmed()
  })
)

for (const detached of [false, true]) {
  const kind = detached ? "even one that has left its group does not hold up the pool" : "it ends with its worker"
  scenario(`a child process that a task has started: ${kind}`, () =>
    withPool({ workers: 1 }, async ({ pool }) => {
      using notes = takeNotes()
      const failing = failureOf("WorkerCrashed", pool.run(hasChild, { file: notes.file, detached }))
      const [pid = 0, child = 0] = ((await notes.written(1))[0] ?? "").split(" ").map(Number)
      try {
        const { result: error, ms } = await timed(() => {
          process.kill(pid, "SIGKILL")
          return within(5000 + STOPS_MS, failing)
        })
        expect(error).toMatchObject({ reason: "signal", signal: "SIGKILL" })
        expect(ms).toBeLessThan(3000 + STOPS_MS)
        if (!detached) await expect.poll(() => isAlive(child), { interval: 5 }).toBe(false)
      } finally {
        if (isAlive(child)) process.kill(child, "SIGKILL")
      }
    })
  )
}

scenario("a child process that has left its group and prints without end does not hold up its job or the pool", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    using notes = takeNotes()
    // The limit passes while what is left of its output is read.
    const failing = failureOf("WorkerCrashed", pool.run(leavesTalker, notes.file, { timeout: 1500 }))
    const [, child = 0] = ((await notes.written(1))[0] ?? "").split(" ").map(Number)
    try {
      expect(await within(8000 + STOPS_MS, failing)).toMatchObject({ reason: "exit", exitCode: 7 })
    } finally {
      if (isAlive(child)) process.kill(child, "SIGKILL")
    }
  })
)
