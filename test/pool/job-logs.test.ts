/** What a job has printed can be read from its handle and from its outcome, also where it has succeeded. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { LogLine } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { jobOf, Pool } from "holdfast"
import { describe, expect, it } from "vitest"
import { JobLogs, LogShelf, linesOf } from "../../packages/supervisor/src/reporting/JobLogs.ts"
import { scenario } from "../faults/scenario.ts"
import { within, withPool } from "../faults/scene.ts"
import { printsAndFails } from "../fixtures/printing.ts"
import {
  lastWords,
  lateWords,
  printsAndWaits,
  printsAstray,
  printsLines,
  silent,
  speaks,
  speaksOnce,
  triesThrice
} from "../fixtures/spoken.ts"

const wordsOf = (logs: ReadonlyArray<LogLine>): ReadonlyArray<string> => logs.map(({ message }) => message)

/** By stream: what is printed on two pipes may be read in any order. */
const spoken = (logs: ReadonlyArray<LogLine>) => ({
  stdout: wordsOf(logs.filter(({ stream }) => stream === "stdout")),
  stderr: wordsOf(logs.filter(({ stream }) => stream === "stderr"))
})

const wordsOfSpeaker = (n: number) => ({
  stdout: [`out ${n}`, `careful ${n}`, `left open ${n}`],
  stderr: [`err ${n}`]
})

for (const isolation of ["process", "thread"] as const) {
  describe(`the lines of a job (${isolation})`, () => {
    scenario("are there once its result is, with their levels and fields, by handle and by outcome", async () => {
      await withPool({ isolation }, async ({ pool }) => {
        const handle = pool.submit(speaks, 7)
        await handle.result()
        expect(spoken(handle.logs)).toEqual(wordsOfSpeaker(7))
        const { worker, pid } = handle.job
        const line = handle.logs.find(({ message }) => message === "careful 7")
        expect(line).toMatchObject({ level: 40, stream: "stdout", fields: { n: 7 }, attempt: 1, worker, pid })
        expect(handle.logs.find(({ message }) => message === "err 7")).toMatchObject({ level: 40, fields: undefined })
        expect(handle.job.logs).toEqual(handle.logs)
        expect(handle.job.lastLogs.stdout).toEqual(["out 7", expect.stringContaining("careful 7"), "left open 7"])
      })
    })

    scenario("are its own in a batch of many that travel together", async () => {
      await withPool({ isolation }, async ({ pool }) => {
        for (let round = 0; round < 2; round++) {
          const inputs = Array.from({ length: 600 }, (_, n) => n)
          const outcomes = await pool.settle(speaks, inputs)
          const wrong = outcomes.filter(
            ({ job }) => JSON.stringify(spoken(job.logs)) !== JSON.stringify(wordsOfSpeaker(job.index))
          )
          expect(wrong.map(({ job }) => [job.index, spoken(job.logs)])).toEqual([])
        }
      })
    })

    scenario("can be read while it runs", async () => {
      const folder = mkdtempSync(join(tmpdir(), "holdfast-job-logs-"))
      try {
        await withPool({ isolation }, async ({ pool }) => {
          const file = join(folder, "go on")
          const handle = pool.submit(printsAndWaits, file)
          await expect.poll(() => wordsOf(handle.logs)).toEqual(["begun"])
          expect(handle.status).toBe("running")
          writeFileSync(file, "")
          await handle.result()
          expect(wordsOf(handle.logs)).toEqual(["begun", "ended"])
        })
      } finally {
        rmSync(folder, { recursive: true })
      }
    })

    scenario("are those of all its attempts, failed ones with what they left unfinished", async () => {
      await withPool({ isolation }, async ({ pool }) => {
        const retry = { retries: 2, minTimeout: 1 }
        const [outcome] = await pool.settle(triesThrice, [1], { retry })
        expect(outcome?._tag).toBe("Succeeded")
        expect(outcome?.job.logs.map(({ attempt, message }) => `${attempt}: ${message}`)).toEqual([
          "1: attempt 1",
          "1: given up in 1",
          "2: attempt 2",
          "2: given up in 2",
          "3: attempt 3",
          "3: given up in 3"
        ])
        const [failed] = await pool.settle(triesThrice, [1])
        expect(wordsOf(failed?.job.logs ?? [])).toEqual(["attempt 1", "given up in 1"])
        const error: unknown = await pool.map(triesThrice, [1]).catch((thrown: unknown) => thrown)
        // The job's as well where its failure has ended a batch, and no part of its JSON.
        expect(error).toMatchObject({ job: { batch: { total: 1 }, logs: [{}, {}] } })
        expect(JSON.parse(JSON.stringify(error)).job).not.toHaveProperty("logs")
      })
    })

    scenario("are none of one that prints nothing, and what it says after its end where it does", async () => {
      await withPool({ isolation }, async ({ pool }) => {
        const [quiet, late] = [pool.submit(silent, 1), pool.submit(lateWords, 1)]
        await Promise.all([quiet.result(), late.result()])
        expect(quiet.logs).toEqual([])
        expect(quiet.job.lastLogs).toEqual({ stdout: [], stderr: [] })
        await expect.poll(() => wordsOf(late.logs)).toEqual(["after the end"])
      })
    })

    scenario("are there of a job that said nothing before it was cancelled", async () => {
      await withPool({ isolation }, async ({ eventsOf, pool }) => {
        const handle = pool.submit(lastWords, "cancelled")
        await expect.poll(() => eventsOf("JobProgress").length, { timeout: 10_000 }).toBe(1)
        handle.cancel()
        const error = await handle.result().catch((thrown: unknown) => thrown)
        await expect.poll(() => wordsOf(handle.logs)).toEqual(["cancelled"])
        expect(jobOf(error)?.lastLogs).toEqual({ stdout: [], stderr: [] })
      })
    })

    scenario("end with what was said last, where the attempt that runs has said nothing", async () => {
      await withPool({ isolation }, async ({ eventsOf, pool }) => {
        const handle = pool.submit(speaksOnce, "first", { retry: { retries: 1, minTimeout: 0 } })
        await expect.poll(() => eventsOf("JobProgress").length, { timeout: 10_000 }).toBe(1)
        expect(handle.job.lastLogs.stdout).toEqual(["first"])
        handle.cancel()
        const error = await handle.result().catch((thrown: unknown) => thrown)
        expect(jobOf(error)?.lastLogs.stdout).toEqual(["first"])
      })
    })

    scenario("are the last 1,000, and at most 256 KiB of each attempt", async () => {
      await withPool({ isolation }, async ({ pool }) => {
        const many = pool.submit(printsLines, { count: 3000, length: 60 })
        const long = pool.submit(printsLines, { count: 40, length: 20_000 })
        await Promise.all([many.result(), long.result()])
        expect(wordsOf(many.logs).map((line) => Number(line.split(" ", 1)[0]))).toEqual(
          Array.from({ length: 1000 }, (_, n) => 2000 + n)
        )
        const kept = wordsOf(long.logs)
        expect(kept.at(-1)).toMatch(/^39 \.+$/)
        expect(kept.join("").length).toBeLessThanOrEqual(256 * 1024)
        expect(kept.length).toBe(13)
      })
    })
  })
}

describe("the lines of a job", () => {
  scenario("hold all that it had printed when its worker has died with it", async () => {
    await withPool({}, async ({ pool }) => {
      const [outcome] = await pool.settle(printsAndFails, ["killed"])
      const { stdout } = spoken(outcome?.job.logs ?? [])
      expect(stdout.slice(-2)).toEqual([expect.stringMatching(/^out 2999 /), "unfinished"])
    })
  })

  scenario("hold up no result where the output has gone astray", async () => {
    await withPool({ workers: 1 }, async ({ pool }) => {
      expect(await pool.map(printsAstray, [1, 2, 3], { chunkSize: 1 })).toEqual([1, 2, 3])
    })
  })

  it("are on the handles of the Effect door as well", () =>
    within(
      25_000,
      Effect.gen(function* () {
        const pool = yield* Pool.make({ workers: 1, logger: false })
        const handle = yield* pool.submit(speaks, 3)
        yield* handle.await
        expect(spoken(handle.logs)).toEqual(wordsOfSpeaker(3))
        const outcomes = yield* pool.settle(speaks, Stream.make(4))
        expect(outcomes.map(({ job }) => spoken(job.logs))).toEqual([wordsOfSpeaker(4)])
      }).pipe(Effect.scoped, Effect.runPromise)
    ))

  it("of all jobs together stay within a bound, those that printed longest ago going first", () => {
    const shelf = new LogShelf()
    const text = "x".repeat(200_000)
    const all = Array.from({ length: 200 }, () => new JobLogs(1, 1, 7))
    for (const logs of all) shelf.add(logs, "stdout", text)
    const kept = all.map((logs) => linesOf([logs]).length)
    expect(kept.lastIndexOf(0)).toBeGreaterThan(100)
    expect(kept.slice(kept.lastIndexOf(0) + 1).every((lines) => lines === 1)).toBe(true)
    expect(kept.filter((lines) => lines === 1).length).toBeGreaterThan(75)
  })
})
