/** `pool.report()` of real workers, on both doors. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { createPool, Pool } from "holdfast"
import { describe, expect, it, onTestFinished } from "vitest"
import { endsAs, tiny, worksThenThrows } from "../fixtures/every-end.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"

const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-report-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const upTo = (count: number): Array<number> => Array.from({ length: count }, (_, n) => n)

describe("a report", { timeout: 90_000 }, () => {
  it("tells how each attempt ended, and which worker died of it", async () => {
    const before = snapshotLeaks()
    const pool = await createPool({ workers: 2, logger: false, killGrace: 50 })
    const inputs = (["well", "throws", "dies", "secondTry", "hangs"] as const).map((how) => ({ how, text: how }))
    const retry = { retries: 1, minTimeout: 0, shouldRetry: (error: unknown) => String(error).includes("not yet") }
    await pool.settle(endsAs, inputs, { retry, timeout: 8_000 })
    await pool.close()
    const report = pool.report()
    const bars = report.workers.flatMap((worker) => worker.bars)
    const endsOf = (index: number) =>
      bars.filter((bar) => bar.index === index).map(({ attempt, failure, outcome }) => [attempt, outcome, failure])
    expect(endsOf(0)).toEqual([[1, "succeeded", undefined]])
    expect(endsOf(1)).toEqual([[1, "failed", "TaskThrew"]])
    expect(endsOf(2)).toEqual([[1, "crashed", "WorkerCrashed"]])
    expect(endsOf(3).toSorted()).toEqual([
      [1, "retried", "TaskThrew"],
      [2, "succeeded", undefined]
    ])
    expect(endsOf(4)).toEqual([[1, "timedOut", "JobTimedOut"]])
    expect(report.summary).toMatchObject({ succeeded: 2, failed: 3, retried: 1, died: 1, killed: 1, workers: 2 })
    const causes = report.failures.map(({ cause }) => cause).join("\n")
    expect(causes).toContain("Error: not yet")
    expect(causes).toMatch(/^RangeError: the text throws is too long by 0\.\d+$/m)
    expect(causes).toContain("the worker died of SIGSEGV")
    expect(causes).toMatch(/^took longer than its timeout of 8 s/m)
    expect(bars.find(({ index }) => index === 1)).toMatchObject({ inputPreview: "{ how: 'throws', text: 'throws' }" })
    for (const { endedAt, startedAt } of bars) expect(endedAt).toBeGreaterThanOrEqual(startedAt)
    await expectNoLeaks(before)
  })

  it("shows what runs, and what ran when its call was given up", async () => {
    const file = join(scratch(), "runs")
    await using pool = await createPool({ workers: 1, logger: false })
    const handle = pool.submit(endsAs, { how: "untilAborted", file })
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true)
    const bars = (): unknown => pool.report().workers[0]?.bars
    const inputPreview = expect.stringContaining("untilAborted")
    await expect.poll(bars).toMatchObject([{ outcome: "running", worker: 1, inputPreview }])
    expect(pool.report().summary).toMatchObject({ jobMs: 0, succeeded: 0 })
    handle.cancel("not needed")
    await handle.wait("20 seconds")
    await expect.poll(bars).toMatchObject([{ outcome: "cancelled", worker: 1, inputPreview }])

    const second = join(scratch(), "runs")
    const stop = new AbortController()
    const call = pool.settle(endsAs, [{ how: "untilAborted", file: second }], { signal: stop.signal })
    await expect.poll(() => existsSync(second), { timeout: 20_000 }).toBe(true)
    stop.abort()
    await call
    await expect.poll(bars).toMatchObject([{ outcome: "cancelled" }, { outcome: "cancelled" }])
    expect(pool.report().summary).toMatchObject({ cancelled: 2, failed: 0 })
  })

  it("counts every job of 200,000 tiny ones, in few bars", async () => {
    await using pool = await createPool({ workers: 2, logger: false })
    await pool.map(tiny, upTo(200_000))
    const report = pool.report()
    const bars = report.workers.flatMap((worker) => worker.bars)
    expect(report.summary.succeeded).toBe(200_000)
    expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(200_000)
    expect(bars.length).toBeLessThan(17_000)
    expect(report.summary.jobMs).toBeGreaterThan(0)
    expect(report.calls).toMatchObject([{ task: "tiny", succeeded: 200_000 }])
  })

  it("charges each job of a chunk with its own time", async () => {
    await using pool = await createPool({ workers: 1, logger: false })
    await pool.run(tiny, 0)
    await pool.settle(worksThenThrows, [0, 0, 100, 0], { chunkSize: 4 })
    const { slowest, summary, workers } = pool.report()
    expect(slowest[0]).toMatchObject({ index: 2, outcome: "failed", inputPreview: "100" })
    expect(slowest[0]?.busyMs).toBeGreaterThanOrEqual(100)
    const bars = workers.flatMap((worker) => worker.bars)
    expect(bars.reduce((sum, { busyMs }) => sum + busyMs, 0)).toBeCloseTo(summary.jobMs, 3)
    // Ends are told in whole milliseconds.
    expect(summary.jobMs).toBeLessThanOrEqual(summary.wallMs + 5)
  })

  it("can be asked for at any time, and is a snapshot", async () => {
    const pool = await createPool({ workers: 1, logger: false })
    const none = pool.report()
    await pool.run(tiny, 1)
    const one = pool.report()
    await pool.close()
    await expect(pool.run(tiny, 2)).rejects.toMatchObject({ _tag: "PoolClosed" })
    expect([none, one, pool.report()].map(({ summary }) => summary.succeeded)).toEqual([0, 1, 1])
    expect(none.summary.workers).toBe(1)
    expect(one.workers[0]?.lives).toMatchObject([{ how: "alive" }])
    expect(pool.report().workers[0]?.lives).toMatchObject([{ how: "left" }])
  })

  it.each(["thread", "inline"] as const)("is made of workers that are not processes, too: %s", async (isolation) => {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    await pool.settle(endsAs, [{ how: "well" }, { how: "throws" }])
    expect(pool.report().workers[0]?.bars.map(({ outcome }) => outcome)).toEqual(["succeeded", "failed"])
  })

  it("puts jobs that run side by side on lines of their own", async () => {
    await using pool = await createPool({ workers: 1, concurrency: 3, logger: false })
    await pool.map(
      endsAs,
      upTo(3).map(() => ({ how: "well" as const }))
    )
    const [row] = pool.report().workers
    expect(row?.bars).toHaveLength(3)
    for (const bar of row?.bars ?? [])
      for (const other of row?.bars ?? [])
        if (bar !== other && bar.track === other.track)
          expect(bar.endedAt <= other.startedAt || other.endedAt <= bar.startedAt).toBe(true)
  })

  it("is an Effect behind the Effect door", async () => {
    const file = join(scratch(), "run.json")
    const program = Effect.gen(function* () {
      const pool = yield* Pool.make({ workers: 1, logger: false })
      yield* pool.map(tiny, [1, 2, 3])
      const report = yield* pool.report
      yield* Effect.promise(() => report.write(file))
      return report.summary.succeeded
    })
    expect(await Effect.runPromise(Effect.scoped(program))).toBe(3)
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ summary: { succeeded: 3 } })
  })
})
