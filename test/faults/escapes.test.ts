/** Rows 7 and 8: errors that escape from a task go to the job that started them, and to no other. */
import { expect } from "vitest"
import {
  escapesAfterwards,
  escapesBesideAnother,
  escapesWhileRunning,
  rejectsBehind,
  takesItsTime,
  ways
} from "../fixtures/late.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { bystanders, failureOf, withPool } from "./scene.ts"

for (const way of ways) {
  scenario(`what escapes from a running job (${way}) fails that job, and its worker is replaced`, () =>
    withPool({}, async ({ pool, eventsOf }) => {
      const others = bystanders(pool)
      const error = await failureOf("TaskThrew", pool.run(escapesWhileRunning, way))
      if (way === "nothing") expect(error.cause).toBe(undefined)
      else {
        expect((error.cause as Error).message).toMatch(/^escaped from/)
        expect(String(error.stack)).toContain("test/fixtures/late.ts")
      }
      await others.unharmed()
      await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ pid: error.job.pid, expected: true }])
      expect(eventsOf("LateError")).toEqual([])
    })
  )
}

scenario("what escapes after its job does not harm the one that runs now, is told of, and costs the worker", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    using notes = takeNotes()
    expect(await pool.run(escapesBesideAnother, { n: 5, file: notes.file })).toBe(5)
    const { pid } = pool.workers[0] ?? {}
    const running = pool.settle(takesItsTime, [{ file: notes.file, n: 1, ms: 800 }])
    const queued = pool.settle(takesItsTime, [{ file: notes.file, n: 2, ms: 1 }])
    expect(await running).toMatchObject([{ _tag: "Succeeded", value: 1, job: { pid, attempts: [{ number: 1 }] } }])
    const [behind] = await queued
    expect(behind).toMatchObject({ _tag: "Succeeded", value: 2, job: { attempts: [{ number: 1 }] } })
    expect(behind?.job.pid).not.toBe(pid)
    expect(notes.lines()).toEqual(["1", "2"])
    await expect
      .poll(() => eventsOf("LateError"))
      .toMatchObject([{ task: "escapesBesideAnother", index: 0, pid, error: { message: "escaped after job 5" } }])
    await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ pid, expected: true }])
    expect(eventsOf("JobFailed")).toEqual([])
  })
)

scenario("what escapes while the worker idles costs the worker alone", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    expect(await pool.run(escapesAfterwards, { n: 1, ms: 50 })).toBe(1)
    await expect.poll(() => eventsOf("LateError").length).toBe(1)
    await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ expected: true }])
  })
)

scenario("within a chunk, the event names the guilty job though others have followed it", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    const inputs = Array.from({ length: 50 }, (_, n) => ({ n, bad: 20 }))
    const outcomes = await pool.settle(rejectsBehind, inputs, { chunkSize: 50 })
    expect(outcomes).toMatchObject(inputs.map(({ n }) => ({ _tag: "Succeeded", value: n })))
    expect(outcomes.every(({ job }) => job.attempts.length === 1)).toBe(true)
    await expect
      .poll(() => eventsOf("LateError"))
      .toMatchObject([{ task: "rejectsBehind", index: 20, error: { message: "escaped from job 20" } }])
    await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ expected: true }])
  })
)

scenario("a late error of the last job before close is no reason for close not to return", () =>
  withPool({ workers: 2, goesOn: false }, async ({ pool }) => {
    expect(
      await pool.map(
        escapesAfterwards,
        [1, 2, 3, 4].map((n) => ({ n, ms: 0 }))
      )
    ).toEqual([1, 2, 3, 4])
  })
)
