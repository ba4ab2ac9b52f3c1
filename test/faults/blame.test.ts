/** Who pays for a worker's death: exactly the job that was running, once, and never a bystander. */
import fc from "fast-check"
import { expect } from "vitest"
import { countsOrDies, exitsOnce, exitsUntil } from "../fixtures/deaths.ts"
import { notesOrSpinsOnce, squaresOrSpins, tidiesUpOnce } from "../fixtures/hangs.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { failureOf, withPool } from "./scene.ts"

const JOBS = 1000

const inSortedOrder = (lines: ReadonlyArray<string>): ReadonlyArray<number> => lines.map(Number).sort((a, b) => a - b)
const everyIndex = Array.from({ length: JOBS }, (_, n) => n)

for (const workers of [1, 2]) {
  for (const chunkSize of [JOBS, 50, "auto"] as const) {
    const chunks = chunkSize === "auto" ? "chunks that grow" : `chunks of ${chunkSize}`
    scenario(
      `of ${JOBS} tiny jobs in ${chunks} on ${workers} workers, the one that dies is charged and no other runs twice`,
      () =>
        withPool({ workers }, async ({ pool, eventsOf }) => {
          using notes = takeNotes()
          const [bad = 0] = fc.sample(fc.nat(JOBS - 1), 1)
          const inputs = everyIndex.map((n) => ({ file: notes.file, n, bad }))
          const outcomes = await pool.settle(countsOrDies, inputs, { chunkSize })
          const blamed = `job ${bad} died`
          for (const [n, outcome] of outcomes.entries()) {
            expect(outcome.job.attempts.length, `${blamed}, attempts of job ${n}`).toBe(1)
            expect(outcome.job.index, blamed).toBe(n)
            if (n === bad) {
              expect(outcome, blamed).toMatchObject({
                _tag: "Failed",
                error: { _tag: "WorkerCrashed", reason: "signal", signal: "SIGKILL" }
              })
            } else expect(outcome, `${blamed}, outcome of job ${n}`).toMatchObject({ _tag: "Succeeded", value: n * n })
          }
          expect(inSortedOrder(notes.lines()), `${blamed}, executions`).toEqual(everyIndex)
          await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ restartInMs: 0 }])
        })
    )
  }
}

scenario("a job that is compiled into the worker's own loop is charged itself when it spins, and none beside it", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    const inputs = Array.from({ length: 60_000 }, (_, n) => n)
    for (let round = 0; round < 5; round++) await pool.map(squaresOrSpins, inputs)
    const [bad = 0] = fc.sample(fc.nat(inputs.length - 1), 1)
    inputs[bad] = -1
    const outcomes = pool.settle(squaresOrSpins, inputs)
    const seen = async () => {
      const [worker] = (await pool.dump()).workers
      return { index: worker?.jobs[0]?.index, file: worker?.frames[0]?.file, pid: worker?.pid }
    }
    await expect
      .poll(seen, { timeout: 20_000 })
      .toMatchObject({ index: bad, file: expect.stringMatching(/hangs\.ts$/) })
    process.kill((await seen()).pid as number, "SIGKILL")
    for (const [n, outcome] of (await outcomes).entries()) {
      if (n === bad) expect(outcome).toMatchObject({ _tag: "Failed", error: { _tag: "WorkerCrashed" } })
      else if (outcome._tag !== "Succeeded" || outcome.value !== n * n || outcome.job.attempts.length !== 1)
        expect(outcome, `job ${n}, where ${bad} spins`).toMatchObject({ _tag: "Succeeded", value: n * n })
    }
  })
)

scenario("without retry nothing runs twice, and a crash fails its batch fast with what was done and not run", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    using notes = takeNotes()
    const inputs = Array.from({ length: 100 }, (_, n) => ({ file: notes.file, n, bad: 40 }))
    const error = await failureOf("WorkerCrashed", pool.map(countsOrDies, inputs, { chunkSize: 100 }))
    expect(error.job).toMatchObject({ index: 40, batch: { total: 100, done: 41, notRun: 59 } })
    expect(inSortedOrder(notes.lines())).toEqual(everyIndex.slice(0, 41))
  })
)

scenario("with retries, a job that kills its worker is tried again, and tells all its attempts", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    using notes = takeNotes()
    const inputs = [0, 1, 2].map((n) => ({ file: notes.file, n, succeedsAt: n === 1 ? 3 : 1 }))
    const outcomes = await pool.settle(exitsUntil, inputs, { retry: { retries: 5, minTimeout: 1 }, chunkSize: 3 })
    expect(outcomes).toMatchObject([0, 1, 2].map((value) => ({ _tag: "Succeeded", value })))
    expect(outcomes.map(({ job }) => job.attempts.map(({ failure }) => failure))).toEqual([
      [undefined],
      ["WorkerCrashed", "WorkerCrashed", undefined],
      [undefined]
    ])
    expect([...notes.lines()].sort()).toEqual(["0:1", "1:1", "1:2", "1:3", "2:1"])
    expect(eventsOf("JobRetrying").map(({ index, attempt }) => [index, attempt.number])).toEqual([
      [1, 1],
      [1, 2]
    ])
    expect(eventsOf("JobQuarantined")).toEqual([])
  })
)

scenario("a job that kills every worker is quarantined after maxCrashes, and the rest of its batch finishes", () =>
  withPool({ workers: 2 }, async ({ pool, eventsOf }) => {
    using notes = takeNotes()
    const inputs = Array.from({ length: 20 }, (_, n) => ({ file: notes.file, n, succeedsAt: n === 7 ? 1000 : 1 }))
    const outcomes = await pool.settle(exitsUntil, inputs, { retry: { retries: 10, minTimeout: 1 } })
    const poison = outcomes[7]
    expect(poison).toMatchObject({ _tag: "Failed", error: { _tag: "WorkerCrashed", reason: "exit", exitCode: 7 } })
    expect(poison?.job.attempts.map(({ failure }) => failure)).toEqual(Array(3).fill("WorkerCrashed"))
    expect(outcomes.filter(({ _tag }) => _tag === "Succeeded").length).toBe(19)
    expect(notes.lines().filter((line) => line.startsWith("7:"))).toEqual(["7:1", "7:2", "7:3"])
    await expect
      .poll(() => eventsOf("JobQuarantined"))
      .toMatchObject([{ job: { index: 7 }, error: { _tag: "WorkerCrashed" } }])
  })
)

scenario("idempotent: false is not run again after its worker died, whatever retry says", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    using notes = takeNotes()
    const options = { retry: { retries: 5, minTimeout: 1 }, maxCrashes: 4 }
    const input = { file: notes.file, n: 1, succeedsAt: 2 }
    const error = await failureOf("WorkerCrashed", pool.run(exitsOnce, input, options))
    expect(error.job.attempts.length).toBe(1)
    expect(notes.lines()).toEqual(["1:1"])
    await expect.poll(() => eventsOf("JobQuarantined")).toMatchObject([{ job: { task: "exitsOnce" } }])
  })
)

scenario("idempotent: false is not run again after its time was up, for its worker is killed with it", () =>
  withPool({ workers: 2 }, async ({ pool }) => {
    using notes = takeNotes()
    const options = { timeout: 300, retry: { retries: 2, minTimeout: 0 } }
    const blocked = pool.run(notesOrSpinsOnce, { file: notes.file, n: 1, bad: 1 }, options)
    expect((await failureOf("JobTimedOut", blocked)).job.attempts.length).toBe(1)
    expect(notes.lines()).toEqual(["1"])
    // It would be running twice at a time.
    const tidy = pool.run(tidiesUpOnce, { file: notes.file, n: 2, ms: 500 }, options)
    expect((await failureOf("JobTimedOut", tidy)).job.attempts.length).toBe(1)
    await expect.poll(() => notes.lines()).toEqual(["1", "2", "tidied up"])
  })
)

scenario("a list that begins with ten poison inputs does not break the pool", () =>
  withPool({ workers: 2 }, async ({ pool }) => {
    using notes = takeNotes()
    const inputs = Array.from({ length: 20 }, (_, n) => ({ file: notes.file, n, succeedsAt: n < 10 ? 1000 : 1 }))
    const outcomes = await pool.settle(exitsUntil, inputs)
    expect(outcomes.map(({ _tag }) => _tag)).toEqual([...Array(10).fill("Failed"), ...Array(10).fill("Succeeded")])
    expect(notes.lines().length).toBe(20)
  })
)
