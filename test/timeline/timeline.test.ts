/** What is remembered of a run, and how it is bounded. */
import type { PoolEvent } from "@holdfast/core"
import { describe, expect, it } from "vitest"
import {
  attemptAt,
  begun,
  crashed,
  died,
  failed,
  jobOf,
  liveJobs,
  reportAfter,
  retried,
  succeeded,
  T0
} from "./run-events.ts"

const barsOf = (report: ReturnType<typeof reportAfter>, worker: number) =>
  report.workers.find(({ id }) => id === worker)?.bars ?? []

describe("a timeline", () => {
  it("has a bar for each attempt, with its outcome, in its worker's row", () => {
    const first = attemptAt(2, 30, 10, "TaskThrew")
    const report = reportAfter([
      ...begun(1),
      ...begun(2),
      succeeded(1, 50, 40, 0),
      retried(1, first, "too large"),
      failed(1, [first, attemptAt(1, 60, 20, "TaskThrew", 2)], "too large"),
      failed(2, [attemptAt(2, 50, 100, "JobTimedOut")], "slow"),
      crashed(3, [attemptAt(1, 90, 5, "WorkerCrashed")])
    ])
    const outcomes = (worker: number) =>
      barsOf(report, worker).map(({ attempt, index, outcome }) => [index, attempt, outcome])
    expect(outcomes(1)).toEqual([
      [0, 1, "succeeded"],
      [1, 2, "failed"],
      [3, 1, "crashed"]
    ])
    expect(outcomes(2)).toEqual([
      [1, 1, "retried"],
      [2, 1, "timedOut"]
    ])
    expect(report.summary).toMatchObject({ succeeded: 1, failed: 3, retried: 1, cancelled: 0 })
    expect(barsOf(report, 1)[1]).toMatchObject({ key: "1", inputPreview: "'1.png'", failure: "TaskThrew", busyMs: 20 })
  })

  it("measures speed-up against the sum of job times, and efficiency by the workers", () => {
    const { summary } = reportAfter([...begun(1), ...begun(2), succeeded(1, 100, 90, 0), succeeded(2, 110, 60, 1)])
    expect(summary).toMatchObject({ wallMs: 100, jobMs: 150, workers: 2, speedUp: 1.5, efficiency: 0.75 })
    expect(reportAfter([]).summary).toMatchObject({ wallMs: 0, jobMs: 0, speedUp: 0, efficiency: 0 })
  })

  it("marks deaths and the lives between them, and tells those that were wanted apart", () => {
    const killed: PoolEvent = {
      ...(died(1, 200) as PoolEvent & { _tag: "WorkerExited" }),
      expected: true,
      exit: { exitCode: undefined, signal: "SIGKILL", reason: "timeout" }
    }
    const left: PoolEvent = { ...killed, at: T0 + 300, exit: { exitCode: 0, signal: undefined, reason: undefined } }
    const report = reportAfter([...begun(1), died(1, 100), ...begun(1, 100), killed, ...begun(1, 200), left])
    expect(report.workers[0]?.lives.map(({ end, how }) => [how, end])).toEqual([
      ["died", "died of SIGSEGV"],
      ["killed", "killed, for its job had passed its timeout"],
      ["left", undefined]
    ])
    expect(report.summary).toMatchObject({ died: 1, killed: 1 })
  })

  it("groups failures whose messages differ in numbers and quoted parts alone", () => {
    const report = reportAfter([
      ...[1, 2, 3].map((n) => failed(n, [attemptAt(1, n, 1, "TaskThrew")], `"${n}.png" is ${n * 1.5} bytes too long`)),
      failed(4, [attemptAt(1, 9, 1, "TaskThrew")], "of another kind")
    ])
    expect(
      report.failures.map(({ cause, count, examples, failure }) => [failure, cause, count, examples.length])
    ).toEqual([
      ["TaskThrew", 'RangeError: "1.png" is 1.5 bytes too long', 3, 3],
      ["TaskThrew", "RangeError: of another kind", 1, 1]
    ])
  })

  it("counts a failure of a job that never ran, without a bar", () => {
    const report = reportAfter([...begun(1), failed(7, [], "no")])
    expect(report.summary.failed).toBe(1)
    expect(report.failures[0]).toMatchObject({ count: 1, examples: [{ worker: undefined, index: 7 }] })
    expect(barsOf(report, 1)).toEqual([])
  })

  it("lists the slowest jobs with their inputs, though they came late in a long run", () => {
    const events = Array.from({ length: 5_000 }, (_, n) => succeeded(1, n * 10 + 10, n === 4_321 ? 9.5 : 2, n))
    const { slowest } = reportAfter([...begun(1), ...events])
    expect(slowest[0]).toMatchObject({ index: 4_321, busyMs: 9.5, inputPreview: "'4321.png'" })
    expect(slowest).toHaveLength(25)
  })

  it("shows what ran when it was cancelled", () => {
    const attempt = attemptAt(2, 10, 30, "JobCancelled")
    const live = { ...liveJobs, forsaken: () => [{ job: jobOf(5), attempt }] }
    const ended: PoolEvent = {
      _tag: "BatchEnded",
      at: T0,
      batch: 1,
      task: "resize",
      succeeded: 0,
      failed: 1,
      notRun: 3
    }
    expect(barsOf(reportAfter([...begun(2), ended], live), 2)).toMatchObject([{ index: 5, outcome: "cancelled" }])
  })

  it("moves bars apart that a busy program heard of too late", () => {
    const report = reportAfter([
      ...begun(1),
      succeeded(1, 100, 40, 0),
      succeeded(1, 100, 40, 1),
      succeeded(1, 101, 40, 2)
    ])
    const times = barsOf(report, 1).map(({ endedAt, startedAt }) => [startedAt - T0, endedAt - T0])
    expect(times).toEqual([
      [-19, 21],
      [21, 61],
      [61, 101]
    ])
  })

  it("puts bars of jobs that ran side by side on lines of their own", () => {
    const beside = { ...liveJobs, beside: () => true }
    const report = reportAfter(
      [...begun(1), succeeded(1, 50, 40, 0), succeeded(1, 60, 40, 1), succeeded(1, 99, 30, 2)],
      beside
    )
    expect(report.workers[0]).toMatchObject({ tracks: 2, bars: [{ track: 0 }, { track: 1 }, { track: 0 }] })
  })
})

describe("a timeline of a long run", () => {
  const long = () => {
    const events: Array<PoolEvent> = [...begun(1), ...begun(2)]
    for (let n = 0; n < 100_000; n++) {
      events.push(succeeded(1 + (n % 2), 10 + n / 2, 0.4, n))
      if (n % 10_000 === 5_000) events.push(failed(n, [attemptAt(1, n / 2, 0.2, "TaskThrew")], "odd"))
    }
    return reportAfter(events)
  }

  it("stays bounded, loses no job, and says what it has put together", () => {
    const report = long()
    const bars = report.workers.flatMap((worker) => worker.bars)
    expect(bars.length).toBeLessThan(17_000)
    expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(100_010)
    expect(report.summary.jobMs).toBeCloseTo(40_002, 0)
    expect(bars.filter(({ outcome }) => outcome === "failed")).toHaveLength(10)
    expect(report.aggregated.join(" ")).toContain("share a bar with others")
    expect(report.aggregated.join(" ")).toContain("without key and input")
  })

  it("gives a page and a picture of less than 3 MB", () => {
    const report = long()
    expect(report.toHtml().length).toBeLessThan(3_000_000)
    expect(report.toSvg().length).toBeLessThan(3_000_000)
  })

  it("keeps a thousand failures, and counts the others", () => {
    const events = Array.from({ length: 5_000 }, (_, n) => failed(n, [attemptAt(1, n, 0.5, "TaskThrew")], `no ${n}`))
    const report = reportAfter([...begun(1), ...events])
    expect(report.failures).toMatchObject([{ cause: "RangeError: no 0", count: 5_000 }])
    expect(barsOf(report, 1).filter(({ message }) => message !== undefined)).toHaveLength(1_000)
    expect(report.aggregated.join(" ")).toContain("4,000 failed attempts are shown without details")
  })

  it("forgets workers that ended long ago, one by one, and none that lives", () => {
    const events: Array<PoolEvent> = [...begun(1)]
    for (let worker = 2; worker < 3_000; worker++)
      events.push(...begun(worker, worker), succeeded(worker, worker + 20, 1, worker), died(worker, worker + 30))
    const report = reportAfter(events)
    expect(report.workers).toHaveLength(2_048)
    expect([report.workers[0]?.id, report.workers[1]?.id]).toEqual([1, 953])
    expect(report.summary.succeeded).toBe(2_998)
    expect(report.aggregated.join(" ")).toContain("951 workers that ended long ago are not shown")
  })

  it("stays bounded with many workers, many deaths and many causes", () => {
    const events: Array<PoolEvent> = []
    for (let n = 0; n < 60_000; n++) {
      const worker = (n % 300) + 1
      if (n < 3_000) events.push(...begun(worker, n), died(worker, n + 11))
      events.push(succeeded(worker, n, 0.01, n))
      if (n % 100 === 0) events.push(failed(n, [], `cause ${"x".repeat(n / 100)}`))
    }
    const report = reportAfter(events, { ...liveJobs, workers: 300 })
    expect(report.workers).toHaveLength(300)
    expect(report.workers.flatMap(({ bars }) => bars).length).toBeLessThan(30_000)
    expect(report.failures).toHaveLength(100)
    expect(report.aggregated.join(" ")).toContain("500 failures of further causes")
    expect(report.toHtml().length).toBeLessThan(3_000_000)
  })
})
