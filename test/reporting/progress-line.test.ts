import type { PoolEvent } from "@holdfast/core"
import { describe, expect, it } from "vitest"
import { BatchTally } from "../../packages/supervisor/src/reporting/BatchTally.ts"
import { barLine, duration, lastLine, plainLine } from "../../packages/supervisor/src/reporting/progress-line.ts"
import { begin, cancelled, did, end, failed, retried, workers } from "./batch-events.ts"

const clock = () => {
  let ms = 0
  return { now: () => ms, pass: (more: number) => (ms += more) }
}

describe("a batch's tally", () => {
  it("counts its own jobs and no other batch's", () => {
    const tally = new BatchTally(1, clock().now)
    for (const event of [begin(1, 50), did(1, 20), did(2, 5), failed(1), retried(1), retried(2)]) tally.take(event)
    expect(tally).toMatchObject({ done: 21, failed: 1, retried: 1, total: 50, fraction: 0.42, ended: false })
  })

  it("takes the numbers at the end as the last word", () => {
    const tally = new BatchTally(1, clock().now)
    for (const event of [begin(1, 50), did(1, 20), end(1, 40, 3, 7), did(1, 9)]) tally.take(event)
    expect(tally).toMatchObject({ done: 43, failed: 3, notRun: 7, ended: true })
  })

  it("counts what was cancelled as not run, not as failed", () => {
    const tally = new BatchTally(1, clock().now)
    for (const event of [begin(1, 50), did(1, 20), failed(1), cancelled(1), cancelled(1)]) tally.take(event)
    expect(tally).toMatchObject({ done: 21, failed: 1 })
    tally.take(end(1, 20, 3, 27))
    expect(tally).toMatchObject({ done: 21, failed: 1, notRun: 29 })
  })

  it("takes the rate of the last ten seconds, and the whole time's once it has ended", () => {
    const { now, pass } = clock()
    const tally = new BatchTally(1, now)
    tally.take(begin(1, 10_000))
    for (let second = 0; second < 100; second++) {
      pass(1000)
      tally.take(did(1, second < 50 ? 100 : 10))
      void tally.rate
    }
    expect(tally.rate).toBeCloseTo(10, 0)
    expect(tally.etaMs).toBeCloseTo(450_000, -5)
    tally.take(end(1, 5500, 0, 0))
    expect(tally.rate).toBeCloseTo(55, 5)
    expect(tally.elapsedMs).toBe(100_000)
  })

  it("promises no end where the total or the rate is not known", () => {
    const tally = new BatchTally(1, clock().now)
    tally.take(begin(1))
    tally.take(did(1, 5))
    expect(tally).toMatchObject({ etaMs: undefined, fraction: undefined, rate: 0 })
    tally.take(begin(1, 0))
    expect(tally.fraction).toBe(1)
  })
})

describe("a progress line", () => {
  const bar = (fraction: number, size: number): string => "#".repeat(fraction * size).padEnd(size, ".")
  const tallyOf = (...events: ReadonlyArray<PoolEvent>): BatchTally => {
    const { now, pass } = clock()
    const tally = new BatchTally(1, now)
    pass(10_000)
    for (const event of events) tally.take(event)
    return tally
  }

  it("says how far, how fast, how long, and what went wrong", () => {
    const tally = tallyOf(begin(1, 5000), did(1, 1249), failed(1), retried(1))
    expect(barLine("squares", tally, workers(), 120, bar)).toBe(
      `squares  ${"#".repeat(10)}${".".repeat(30)}  25%  1,250/5,000  125/s  ETA 30s  1 failed  1 retried  2/3 busy`
    )
  })

  it("has no bar where the total is not known", () => {
    expect(barLine("squares", tallyOf(begin(1), did(1, 1250)), workers(), 120, bar)).toBe(
      "squares  1,250 done  125/s  2/3 busy"
    )
  })

  it("fits its terminal, whatever the width and the label", () => {
    const tally = tallyOf(begin(1, 5000), did(1, 1249), failed(1), retried(1))
    for (const label of ["squares", "", "two\nlines\u001b[31m", "画像を縮小する仕事".repeat(9), "x".repeat(500)]) {
      // Three columns stay free: room for the `^C` that a terminal shows when somebody presses Ctrl-C.
      for (let columns = 10; columns < 200; columns++) {
        const line = barLine(label, tally, workers(), columns, bar)
        const widest = [...line].reduce((sum, character) => sum + (character > "~" ? 2 : 1), 0)
        expect(widest).toBeLessThanOrEqual(columns - 3)
        expect(line).not.toMatch(/\p{Cc}/u)
      }
    }
  })

  it("leaves out what has no room, and cuts no number in two", () => {
    const facts = ["25%", "1,250/5,000", "125/s", "ETA 30s", "1 failed", "1 retried", "2/3 busy"]
    const tally = tallyOf(begin(1, 5000), did(1, 1249), failed(1), retried(1))
    for (let columns = 12; columns < 120; columns++) {
      const shown = barLine("squares", tally, workers(), columns, () => "#").split(/ {2,}|# +/)
      const told = shown.slice(1).filter((word) => word !== "")
      expect(told, `${columns} columns`).toEqual(facts.slice(0, told.length))
    }
  })

  it("ends by telling what was done and what was not", () => {
    expect(lastLine("squares", tallyOf(begin(1, 5000), end(1, 1990, 10, 3000)))).toBe(
      "squares: 2,000 of 5,000 done in 10s (200/s), 10 failed, 3,000 not run"
    )
    expect(lastLine("squares", tallyOf(begin(1, 5), end(1, 5, 0, 0)))).toBe("squares: 5 done in 10s (0.5/s)")
  })

  it("writes durations the way people read them", () => {
    const times = [0, 940, 9_949, 9_951, 59_400, 59_600, 185_000, 3_599_600, 7_620_000, 360_000_000]
    expect(times.map(duration)).toEqual([
      "0.0s",
      "0.9s",
      "9.9s",
      "10s",
      "59s",
      "1m 00s",
      "3m 05s",
      "1h 00m",
      "2h 07m",
      "100h 00m"
    ])
  })
})

describe("what the workers are at", () => {
  const bar = (fraction: number, size: number): string => "#".repeat(fraction * size).padEnd(size, ".")
  const says = (index: number, fraction: number, message?: string): PoolEvent => ({
    _tag: "JobProgress",
    at: 0,
    batch: 1,
    task: "square",
    index,
    fraction,
    message
  })
  const at = (index: number, runningMs: number) => ({ task: "square", index, runningMs })
  const busyWith = (...jobs: ReadonlyArray<ReturnType<typeof at>>) =>
    jobs.map((currentJob, id) => ({ ...workersOf(id), currentJob }))
  const workersOf = (id: number) => ({
    id,
    pid: id,
    state: "busy" as const,
    jobsDone: 0,
    restarts: 0,
    memory: undefined
  })
  const tallyOf = (...events: ReadonlyArray<PoolEvent>): BatchTally => {
    const { now, pass } = clock()
    const tally = new BatchTally(1, now)
    pass(10_000)
    for (const event of events) tally.take(event)
    return tally
  }

  it("names jobs that take long, the longest first, with what they say of themselves", () => {
    const tally = tallyOf(begin(1, 4), did(1, 1), says(2, 0.4, "resizing"), says(3, 0.25))
    const workers = busyWith(at(3, 2_000), at(2, 12_000), at(1, 100))
    expect(barLine("squares", tally, workers, 140, bar)).toMatch(
      /^squares {2}#{6}\.{10} {2}41% {2}1\/4 .* 3\/3 busy: #2 12s 40% resizing, #3 2.0s 25%$/
    )
    expect(plainLine("squares", tally, workers)).toMatch(/3\/3 busy: #2 12s 40% resizing, #3 2.0s 25%$/)
  })

  it("leaves out what has no room, and jobs of other tasks", () => {
    const tally = tallyOf(begin(1, 4), did(1, 1))
    const other = { ...workersOf(9), currentJob: { task: "cube", index: 5, runningMs: 9_000 } }
    expect(barLine("squares", tally, [...busyWith(at(3, 2_000)), other], 120, bar)).toMatch(/2\/2 busy: #3 2.0s$/)
    for (let columns = 10; columns < 150; columns++)
      expect(barLine("squares", tally, busyWith(at(3, 2_000), at(2, 12_000)), columns, bar).length).toBeLessThanOrEqual(
        Math.max(0, columns - 3)
      )
  })

  it("forgets what a job has said once it has ended", () => {
    const tally = tallyOf(begin(1, 10), says(0, 0.5), says(7, 0.5), says(8, 0.5))
    expect(tally.fraction).toBeCloseTo(0.15)
    for (const event of [did(1, 1), failed(1)]) tally.take(event)
    expect([tally.wordOf(0), tally.wordOf(7), tally.wordOf(8)?.fraction]).toEqual([undefined, undefined, 0.5])
    tally.take(end(1, 1, 1, 8))
    expect(tally.wordOf(8)).toBeUndefined()
  })

  it("takes no word for more than it can mean", () => {
    const tally = tallyOf(begin(1, 10), says(0, 7), says(1, Number.NaN), says(2, -3))
    expect(tally.fraction).toBeCloseTo(0.1)
  })
})

describe("a batch whose size is only estimated", () => {
  it("has a bar and a time to go, and says that they are about", () => {
    const { now, pass } = clock()
    const tally = new BatchTally(1, now, () => 400)
    tally.take(begin(1))
    pass(10_000)
    tally.take(did(1, 100))
    const bar = (fraction: number, size: number): string => "#".repeat(fraction * size).padEnd(size, ".")
    expect(barLine("lines", tally, workers(), 120, bar)).toMatch(/ {2}25% {2}100\/~400 {2}10.0\/s {2}ETA 30s/)
    expect(plainLine("lines", tally, workers())).toContain("100 of about 400 (25%), 10.0/s, 30s left")
    tally.take(did(1, 500))
    expect(tally.fraction).toBe(1)
    tally.take(end(1, 600, 0, 0))
    expect(lastLine("lines", tally)).toContain("lines: 600 done")
  })
})
