/** What a report prints of itself. */
import { inspect } from "node:util"
import { expect, it } from "vitest"
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
  succeeded
} from "./run-events.ts"

const first = attemptAt(2, 30, 10, "TaskThrew")

it("a report prints itself: what became of the jobs, failures by cause, the slowest", () => {
  const report = reportAfter([
    ...begun(1),
    ...begun(2),
    succeeded(1, 50, 40, 0),
    retried(1, first, "too large"),
    failed(1, [first, attemptAt(1, 60, 20, "TaskThrew", 2)], "too large"),
    crashed(3, [attemptAt(1, 90, 110, "WorkerCrashed")]),
    died(1, 200)
  ])
  const text = [
    "3 jobs in 190 ms: 1 succeeded, 2 failed, 1 attempt tried again",
    "2 workers, speed-up 0.95, efficiency 47 %, time of all jobs 180 ms, 1 died",
    "failures by cause",
    "  2 × TaskThrew: RangeError: too large (1 of them tried again) in resize",
    "  1 × WorkerCrashed: the worker died of SIGSEGV in resize",
    "slowest",
    "  110 ms  resize job 3, input '3.png', crashed (WorkerCrashed)",
    "  40 ms  resize job 0, input '0.png'",
    "  20 ms  resize job 1, input '1.png', failed (TaskThrew)",
    "  10 ms  resize job 1, input '1.png', failed, tried again (TaskThrew)"
  ].join("\n")
  expect(String(report)).toBe(text)
  expect(`${report}`).toBe(text)
  expect(inspect(report)).toBe(text)
  expect(Object.keys(report)).toContain("summary")
  expect(JSON.parse(JSON.stringify(report)).summary).toEqual(report.summary)
})

it("stays short and within its lines, whatever jobs say", () => {
  const causes = ["a", "b", "c", "d", "e", "f", "g"]
  const events = causes.map((cause, index) =>
    failed(index, [attemptAt(1, index * 10, 5, "TaskThrew")], `${cause}\u001B[2J\nnext`, {
      inputPreview: `'${"long".repeat(100)}'`
    })
  )
  const lines = String(reportAfter([...begun(1), ...events])).split("\n")
  expect(lines.slice(2)).toEqual([
    "failures by cause",
    ...Array.from({ length: 5 }, () => expect.stringMatching(/^ {2}1 × TaskThrew: RangeError: \w \[2J in resize$/)),
    "  … and 2 more",
    "slowest",
    ...Array.from({ length: 5 }, () =>
      expect.stringMatching(/^ {2}5\.0 ms {2}resize job \d, input 'long.{40,60}… *, fail/)
    )
  ])
  expect(lines.join("")).not.toMatch(/\p{Cc}/u)
})

it("says what runs, and what has not begun", () => {
  expect(String(reportAfter([]))).toBe("0 jobs: 0 succeeded, 0 failed")
  const attempt = { ...attemptAt(1, 100, 0, ""), durationMs: undefined }
  const live = { ...liveJobs, running: [{ attempt, beside: false, call: 1, job: jobOf(1) }] }
  const lines = String(reportAfter([...begun(1), succeeded(1, 50, 40, 0)], live)).split("\n")
  expect(lines[0]).toMatch(/^1 job in .*: 1 succeeded, 0 failed, 1 still running$/)
})
