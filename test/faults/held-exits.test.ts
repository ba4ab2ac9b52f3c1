/** Row 4, beside other jobs, and row 8, of `process.exit`: no job pays for one that another, or what it has left behind, calls. */
import { expect } from "vitest"
import {
  beginsAndWaits,
  exitsAmongOthers,
  exitsAtSigterm,
  exitsBesideAnother,
  exitsInAnEffect,
  exitsInItsOnlyTurn,
  exitsLater,
  exitsWhenAsked,
  failsAsTheOtherExits
} from "../fixtures/held-exits.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { failureOf, withPool } from "./scene.ts"

for (const isolation of ["process", "thread"] as const) {
  for (const catches of [false, true]) {
    scenario(
      `an exit after its job (${isolation}, caught: ${catches}) spares the one that runs, and is told of once`,
      () =>
        withPool({ workers: 1, isolation }, async ({ pool, eventsOf }) => {
          using notes = takeNotes()
          const { file } = notes
          await pool.run(exitsBesideAnother, { file, catches })
          const { pid } = pool.workers[0] ?? {}
          const [outcome] = await pool.settle(beginsAndWaits, [{ file, ms: 500 }])
          expect(outcome).toMatchObject({ _tag: "Succeeded", value: 500, job: { pid, attempts: [{ number: 1 }] } })
          // It threw there, so that nothing behind the call was run.
          expect(notes.lines()).toEqual(["begun", "went on"])
          const message = "called process.exit(9): its worker ends once the jobs that run there are done"
          await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ pid, expected: true }])
          const [told, ...more] = eventsOf("LateError")
          expect(told).toMatchObject({ task: "exitsBesideAnother", index: 0, error: { message } })
          expect((told?.error as Error | undefined)?.stack).toMatch(/test\/fixtures\/held-exits\.ts:\d+:\d+/)
          expect(more).toEqual([])
          expect(eventsOf("JobFailed")).toEqual([])
        })
    )
  }

  for (const guilty of [exitsAmongOthers, exitsInItsOnlyTurn, exitsInAnEffect])
    for (const catches of [false, true])
      scenario(
        `of jobs side by side (${isolation}) only the one that exits fails: ${guilty.name}, caught: ${catches}`,
        () =>
          withPool({ workers: 1, isolation, concurrency: 3 }, async ({ pool, eventsOf }) => {
            using notes = takeNotes()
            const { file } = notes
            const other = { file, after: 0, code: undefined }
            const others = pool.settle(exitsAmongOthers, [other, other])
            await expect.poll(notes.lines).toEqual(["begun", "begun"])
            const { pid } = pool.workers[0] ?? {}
            const failure = await failureOf("WorkerCrashed", pool.run(guilty, { file, after: 2, code: 3, catches }))
            expect(failure).toMatchObject({ reason: "exit", exitCode: 3, job: { task: guilty.name, worker: 1, pid } })
            expect(failure.message).toMatch(
              /\) called process\.exit\(3\) in exitNow at \S+held-exits\.ts:\d+:\d+ while other jobs ran beside it: its worker \(worker 1, pid \d+\) ends once they are done$/
            )
            expect(failure.stack).toMatch(/^ {4}at exitNow \(\S+held-exits\.ts:\d+:\d+\)$/m)
            const unharmed = { _tag: "Succeeded", value: "done", job: { pid, attempts: [{ number: 1 }] } }
            expect(await others).toMatchObject([unharmed, unharmed])
            await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ pid, expected: true }])
            expect(eventsOf("LateError")).toEqual([])
            expect(eventsOf("JobFailed")).toHaveLength(1)
            if (guilty === exitsInAnEffect) expect(notes.lines()).toContain("finalized")
          })
      )

  scenario(`one whose end has not been told (${isolation}) has its own when the other exits`, () =>
    withPool({ workers: 1, isolation, concurrency: 2 }, async ({ pool }) => {
      using notes = takeNotes()
      const exiting = failureOf("WorkerCrashed", pool.run(exitsWhenAsked, { file: notes.file, after: 0, code: 3 }))
      await expect.poll(notes.lines).toEqual(["begun"])
      expect(await failureOf("NotSerializable", pool.run(failsAsTheOtherExits, undefined))).toMatchObject({
        path: "result.refused"
      })
      expect(await exiting).toMatchObject({ reason: "exit", exitCode: 3 })
    })
  )

  scenario(
    `one that exits beside others (${isolation}) is tried again, as often as its crashes are allowed to be`,
    () =>
      withPool({ workers: 1, isolation, concurrency: 2 }, async ({ pool, eventsOf }) => {
        using notes = takeNotes()
        const { file } = notes
        const retry = { retries: 5, minTimeout: 0 }
        const other = pool.run(beginsAndWaits, { file, ms: 600 })
        await expect.poll(notes.lines).toEqual(["begun"])
        const guilty = { file, after: 0, code: 3 }
        const failure = await failureOf("WorkerCrashed", pool.run(exitsAmongOthers, guilty, { retry, maxCrashes: 2 }))
        expect(failure.job.attempts).toMatchObject([{ failure: "WorkerCrashed" }, { failure: "WorkerCrashed" }])
        expect(await other).toBe(600)
        expect(eventsOf("JobQuarantined")).toHaveLength(1)
      })
  )

  scenario(`an exit in an idle worker (${isolation}) ends it at once`, () =>
    withPool({ workers: 1, isolation }, async ({ pool, eventsOf }) => {
      await pool.run(exitsLater, 50)
      await expect.poll(() => eventsOf("WorkerExited")).toMatchObject([{ exit: { exitCode: 9 }, expected: false }])
      expect(eventsOf("LateError")).toEqual([])
    })
  )
}

scenario("an exit at a signal is what the signal's sender wants, whoever has put the listener there", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    using notes = takeNotes()
    const pid = await pool.run(exitsAtSigterm, undefined)
    const failing = failureOf("WorkerCrashed", pool.run(beginsAndWaits, { file: notes.file, ms: 60_000 }))
    await expect.poll(notes.lines).toEqual(["begun"])
    process.kill(pid, "SIGTERM")
    expect(await failing).toMatchObject({ reason: "exit", exitCode: 7, job: { task: "beginsAndWaits" } })
  })
)
