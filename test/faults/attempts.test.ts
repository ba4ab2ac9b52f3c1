/** Errors, timeouts and crashes are attempts of one job, and count against one number; crashes against another, too. */
import { describe, expect } from "vitest"
import { failsInTurn } from "../fixtures/deaths.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { bystanders, failureOf, withPool } from "./scene.ts"

const soon = { minTimeout: 1, maxTimeout: 1 }
const ways = ["throws", "loops", "exits"] as const
const tags = ["TaskThrew", "JobTimedOut", "WorkerCrashed"]

describe.each(["process", "thread"] as const)("attempts on a %s", (isolation) => {
  scenario("that fail in different ways are all told of, and the next one may succeed", () =>
    withPool({ isolation }, async ({ pool }) => {
      using notes = takeNotes()
      const others = bystanders(pool)
      const options = { retry: { retries: 3, ...soon }, timeout: 600 }
      const [outcome] = await pool.settle(failsInTurn, [{ file: notes.file, ways }], options)
      expect(outcome).toMatchObject({ _tag: "Succeeded", value: 4 })
      expect(outcome?.job.attempts.map(({ failure }) => failure)).toEqual([...tags, undefined])
      expect(notes.lines()).toEqual(["1", "2", "3", "4"])
      await others.unharmed()
    })
  )

  scenario("count together: with two retries the third failure is the last, whatever it is", () =>
    withPool({ isolation }, async ({ pool }) => {
      using notes = takeNotes()
      const options = { retry: { retries: 2, ...soon }, timeout: 600 }
      const error = await failureOf("WorkerCrashed", pool.run(failsInTurn, { file: notes.file, ways }, options))
      expect(error.job.attempts.map(({ failure }) => failure)).toEqual(tags)
      expect(notes.lines()).toEqual(["1", "2", "3"])
    })
  )

  scenario("end with maxCrashes before the retries are used up; what did not crash does not count there", () =>
    withPool({ isolation }, async ({ pool, eventsOf }) => {
      using notes = takeNotes()
      const input = { file: notes.file, ways: ["exits", "throws", "exits", "throws", "throws"] as const }
      const options = { retry: { retries: 9, ...soon }, maxCrashes: 2 }
      const error = await failureOf("WorkerCrashed", pool.run(failsInTurn, input, options))
      expect(error.job.attempts.map(({ failure }) => failure)).toEqual(["WorkerCrashed", "TaskThrew", "WorkerCrashed"])
      expect(notes.lines()).toEqual(["1", "2", "3"])
      await expect.poll(() => eventsOf("JobQuarantined")).toMatchObject([{ job: { task: "failsInTurn" } }])
    })
  )
})
