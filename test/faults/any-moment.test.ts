/** Row 22: a worker that is killed at any moment, whether it holds a job or not. */
import { expect } from "vitest"
import { diesWhileSending, notesPid, weighs } from "../fixtures/deaths.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { loadsSlowly } from "../fixtures/slow-module.ts"
import { slowToStop, startsAtSecond } from "../fixtures/starts.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { bystanders, failureOf, STOPS_MS, timed, within, withPool } from "./scene.ts"

const MB = 1024 * 1024

scenario("killed while idle: no job is charged, the next one runs on its successor", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    expect(await pool.run(square, 3)).toBe(9)
    const pid = pool.workers[0]?.pid ?? 0
    process.kill(pid, "SIGKILL")
    expect(await pool.run(square, 4)).toBe(16)
    await expect.poll(() => eventsOf("WorkerExited").length).toBe(1)
    expect(eventsOf("WorkerExited")[0]).toMatchObject({ pid, expected: false, exit: { signal: "SIGKILL" } })
    expect(eventsOf("JobFailed")).toEqual([])
  })
)

scenario("killed while it starts: the job that waits for it runs on its successor, uncharged", () => {
  const notes = takeNotes()
  const options = { workers: 1, context: startsAtSecond, env: { STARTS_NOTES: notes.file } }
  return withPool(options, async ({ pool, eventsOf }) => {
    using _ = notes
    const outcome = pool.settle(square, [5])
    const [pid = 0] = (await notes.written(1)).map(Number)
    expect(pool.workers[0]).toMatchObject({ pid, state: "starting" })
    process.kill(pid, "SIGKILL")
    expect(await outcome).toMatchObject([{ _tag: "Succeeded", value: 25, job: { attempts: [{ number: 1 }] } }])
    await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ pid, expected: false }])
  })
})

scenario("killed while it loads a task's module: the job that asked for it is charged", () => {
  const notes = takeNotes()
  return withPool({ workers: 2, env: { STARTS_NOTES: notes.file } }, async ({ pool }) => {
    using _ = notes
    const failing = failureOf("WorkerCrashed", pool.run(loadsSlowly, 1))
    const [pid] = (await notes.written(1)).map(Number)
    process.kill(pid ?? 0, "SIGKILL")
    const error = await failing
    expect(error).toMatchObject({ reason: "signal", signal: "SIGKILL", job: { pid } })
    const [attempt] = error.job.attempts
    expect(Number.isFinite(attempt?.durationMs ?? 0), `a duration of ${attempt?.durationMs}`).toBe(true)
    expect(Math.abs((attempt?.startedAt ?? 0) - Date.now())).toBeLessThan(60_000)
  })
})

scenario("killed while it sends its result: the job has failed, or its value is whole", () =>
  withPool({}, async ({ pool }) => {
    const others = bystanders(pool)
    const [outcome] = await pool.settle(diesWhileSending, [300 * MB])
    // Where all of it had been sent by then, the job is done.
    if (outcome?._tag === "Succeeded") expect(outcome.value.equals(Buffer.alloc(300 * MB, 1))).toBe(true)
    else expect(outcome).toMatchObject({ error: { _tag: "WorkerCrashed", reason: "signal", signal: "SIGKILL" } })
    await others.unharmed()
  })
)

scenario("killed while it receives a large input: the job had not begun, and runs elsewhere uncharged", () =>
  withPool({ workers: 2 }, async ({ pool }) => {
    expect(
      await pool.map(
        slowSquare,
        [1, 2, 3, 4].map((n) => ({ n, ms: 20 }))
      )
    ).toEqual([1, 4, 9, 16])
    const outcome = pool.settle(weighs, [Buffer.alloc(200 * MB)])
    // Frozen, it has taken what fits into the socket and no more.
    const frozen = (): number =>
      pool.workers.find(({ state, currentJob }) => state === "busy" && currentJob?.task === "weighs")?.pid ?? 0
    for (const { pid } of pool.workers) process.kill(pid ?? 0, "SIGSTOP")
    await expect.poll(frozen).toBeGreaterThan(0)
    const pid = frozen()
    for (const worker of pool.workers) if (worker.pid !== pid) process.kill(worker.pid ?? 0, "SIGCONT")
    process.kill(pid, "SIGKILL")
    const [settled] = await outcome
    expect(settled).toMatchObject({ _tag: "Succeeded", value: 200 * MB, job: { attempts: [{ number: 1 }] } })
    expect(settled?.job.pid).not.toBe(pid)
  })
)

scenario("killed while the pool drains: its job has failed, and close returns", () =>
  withPool({ goesOn: false }, async ({ pool }) => {
    using notes = takeNotes()
    const others = bystanders(pool)
    const failing = failureOf("WorkerCrashed", pool.run(notesPid, { file: notes.file }))
    const [pid] = (await notes.written(1)).map(Number)
    const closing = pool.close()
    process.kill(pid ?? 0, "SIGKILL")
    expect(await failing).toMatchObject({ reason: "signal", signal: "SIGKILL" })
    await others.unharmed()
    await within(5000 + STOPS_MS, closing)
  })
)

scenario("killed while it releases its context: close returns, nobody is told of a failure", () =>
  withPool({ goesOn: false, workers: 1, context: slowToStop, killGrace: "60 seconds" }, async ({ pool, eventsOf }) => {
    expect(await pool.run(square, 2)).toBe(4)
    const { pid } = pool.workers[0] ?? {}
    const closing = pool.close()
    await expect.poll(() => pool.workers[0]?.state).toBe("stopping")
    process.kill(pid ?? 0, "SIGKILL")
    const { ms } = await timed(() => within(5000 + STOPS_MS, closing))
    expect(ms).toBeLessThan(3000 + STOPS_MS)
    await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ pid, expected: true, restartInMs: undefined }])
    expect(eventsOf("JobFailed")).toEqual([])
  })
)
