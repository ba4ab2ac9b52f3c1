/** Row 8, of `process.exit`: what a job has left behind ends its worker, but no job that runs there meanwhile. */
import { expect } from "vitest"
import { beginsAndWaits, exitsAtSigterm, exitsBesideAnother, exitsLater } from "../fixtures/late-exits.ts"
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
          expect((told?.error as Error | undefined)?.stack).toMatch(/test\/fixtures\/late-exits\.ts:\d+:\d+/)
          expect(more).toEqual([])
          expect(eventsOf("JobFailed")).toEqual([])
        })
    )
  }

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
