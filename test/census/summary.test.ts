/** From outcomes to entries, sums, the printed summary and the facts. Outcomes are made by hand here. */
import { JobCancelled, type JobSummary, type Outcome, WorkerCrashed } from "holdfast"
import { describe, expect, it } from "vitest"
import { type Entry, entriesOf } from "../../packages/examples/src/census/entry.ts"
import { factsText, type Run } from "../../packages/examples/src/census/facts.ts"
import { summaryText, table } from "../../packages/examples/src/census/print.ts"
import { summarise } from "../../packages/examples/src/census/summary.ts"
import type { Report } from "../../packages/examples/src/census/task.ts"
import type { Found } from "../../packages/examples/src/census/walk.ts"

const measures = { bytes: 1000, gzip: 100, sha256: "00", lines: 10, longestLine: 20 }
const counted: Report = { _tag: "Counted", ...measures, functions: 3, imports: 2 }

const jobWith = (...failures: Array<string | undefined>): JobSummary => ({
  task: "examine",
  module: "file:///task.ts",
  index: 0,
  key: "",
  inputPreview: "",
  attempts: failures.map((failure, index) => ({
    number: index + 1,
    worker: index,
    pid: 100 + index,
    startedAt: 0,
    durationMs: 1,
    failure
  })),
  worker: 0,
  pid: 100,
  lastLogs: { stdout: [], stderr: [] },
  logs: []
})

const succeeded = (value: Report, ...failures: Array<string>): Outcome<Report> => ({
  _tag: "Succeeded",
  value,
  job: jobWith(...failures, undefined)
})
const crashed = (message: string): Outcome<Report> => {
  const job = jobWith("WorkerCrashed", "WorkerCrashed")
  return { _tag: "Failed", error: new WorkerCrashed(message, job, { reason: "signal", signal: "SIGSEGV" }), job }
}
const cancelled: Outcome<Report> = { _tag: "Failed", error: new JobCancelled("cancelled", jobWith()), job: jobWith() }

const file = (path: string): Found => ({ _tag: "File", path })

const entries: Array<Entry> = [
  { path: "a.d.ts", ...counted, _tag: "Counted" },
  { path: "a.ts", ...counted, _tag: "Counted", longestLine: 1234 },
  { path: "b/c.js", ...measures, _tag: "Unparsed", line: 3, column: 7, message: "Unexpected token" },
  { path: "d.js", _tag: "Unreadable", reason: "EACCES: permission denied" },
  { path: "e.js", _tag: "Lost", reason: "its worker died" }
]

const run: Run = {
  startedAt: "2026-01-02T03:04:05.000Z",
  durationMs: 1500,
  root: "/root",
  isolation: "process",
  workers: 2,
  restarts: 0,
  stoppedBy: null,
  notExamined: 0,
  retried: [],
  lost: [],
  versions: {},
  host: "here"
}

describe("the entries of a census", () => {
  it("are what workers reported, in the order of the walk, with directories that could not be read", () => {
    const found: Array<Found> = [file("a.js"), { _tag: "Closed", path: "b/", reason: "EACCES" }, file("c.js")]
    const other: Report = { _tag: "Unreadable", reason: "ENOENT" }
    expect(entriesOf(found, [succeeded(counted), succeeded(other)])).toEqual({
      entries: [
        { path: "a.js", ...counted },
        { path: "b/", _tag: "Unreadable", reason: "EACCES" },
        { path: "c.js", ...other }
      ],
      retried: [],
      notExamined: 0
    })
  })

  it("tell a file that crashed its workers from one that does not parse, and name its attempts", () => {
    const { entries, retried } = entriesOf([file("a.js")], [crashed("the worker that ran it died of SIGSEGV")])
    expect(entries).toEqual([
      { path: "a.js", _tag: "Lost", reason: "killed its worker in each of 2 attempts (SIGSEGV)" }
    ])
    expect(retried).toEqual([{ path: "a.js", failures: ["WorkerCrashed", "WorkerCrashed"] }])
  })

  it("are the same for a file whose first worker was killed, which is only noted beside them", () => {
    const calm = entriesOf([file("a.js")], [succeeded(counted)])
    const disturbed = entriesOf([file("a.js")], [succeeded(counted, "WorkerCrashed")])
    expect(disturbed.entries).toEqual(calm.entries)
    expect(disturbed.retried).toEqual([{ path: "a.js", failures: ["WorkerCrashed"] }])
  })

  it("leave out files that were cancelled or never begun", () => {
    const found = [file("a.js"), file("b.js"), file("c.js")]
    const { entries, notExamined } = entriesOf(found, [succeeded(counted), cancelled])
    expect(entries.map(({ path }) => path)).toEqual(["a.js"])
    expect(notExamined).toBe(2)
  })
})

describe("the summary", () => {
  it("adds up files that could be read, per extension and in all", () => {
    const two = { files: 2, bytes: 2000, gzip: 200, lines: 20, functions: 6, imports: 4 }
    const { extensions, totals, longestLine } = summarise(entries)
    expect(extensions).toEqual([
      { extension: ".js", files: 1, bytes: 1000, gzip: 100, lines: 10, functions: 0, imports: 0 },
      { extension: ".ts", ...two }
    ])
    expect(totals).toEqual({ files: 3, bytes: 3000, gzip: 300, lines: 30, functions: 6, imports: 4 })
    expect(longestLine).toEqual({ path: "a.ts", length: 1234 })
  })

  it("is nothing for no files", () => {
    expect(summarise([])).toMatchObject({ extensions: [], totals: { files: 0, bytes: 0 }, longestLine: undefined })
  })

  it("is printed as lists of what went wrong, a table and the totals", () => {
    expect(summaryText(summarise(entries), run).split("\n")).toEqual([
      "Not parsed (1):",
      "  b/c.js:3:7  Unexpected token",
      "",
      "Could not be read (1):",
      "  d.js  EACCES: permission denied",
      "",
      "Lost (1):",
      "  e.js  its worker died",
      "",
      "extension  files  bytes  gzip  lines  functions  imports",
      ".js            1  1,000   100     10          0        0",
      ".ts            2  2,000   200     20          6        4",
      "total          3  3,000   300     30          6        4",
      "",
      "Longest line: 1,234 characters in a.ts",
      "3 files in 1.5 s (2 per second)"
    ])
  })

  it("says what happened to workers, and that it was stopped", () => {
    const disturbed: Run = {
      ...run,
      restarts: 2,
      retried: [{ path: "a.js", failures: ["WorkerCrashed"] }],
      stoppedBy: "Ctrl-C",
      notExamined: 1000
    }
    expect(summaryText(summarise([]), disturbed).split("\n").slice(-2)).toEqual([
      "0 files in 1.5 s (0 per second), 2 workers replaced, 1 file tried again",
      "Stopped by Ctrl-C: 1,000 files not examined."
    ])
  })

  it("shortens a long list, and says by how much", () => {
    const many = Array.from({ length: 25 }, (_, index): Entry => ({ path: `${index}.js`, _tag: "Lost", reason: "x" }))
    const lines = summaryText(summarise(many), run).split("\n")
    expect(lines[0]).toBe("Lost (25):")
    expect(lines[20]).toBe("  19.js  x")
    expect(lines[21]).toBe("  … and 5 more (--json FILE keeps all)")
  })
})

describe("a table", () => {
  it("has its first column to the left and the others to the right", () => {
    expect(
      table([
        ["a", "bb", "c"],
        ["long", "1", "22"]
      ])
    ).toBe("a     bb   c\nlong   1  22")
  })
})

describe("the facts", () => {
  const parsed = (disturbed: Run = run) => JSON.parse(factsText(entries, summarise(entries), disturbed))

  it("keep all that depends on the run under one key, so that the rest is equal to the byte", () => {
    const lost = [{ path: "e.js", reason: "killed" }]
    const other: Run = { ...run, startedAt: "later", durationMs: 9, workers: 7, restarts: 3, lost, host: "there" }
    const withoutRun = (each: Run) => factsText(entries, summarise(entries), each).split('"run":')[0]
    expect(withoutRun(other)).toBe(withoutRun(run))
    expect(parsed(other).run).toEqual(other)
  })

  it("stand in a fixed order of keys, whatever the order in which a worker named them", () => {
    const reversed = entries.map((entry) => Object.fromEntries(Object.entries(entry).reverse()) as unknown as Entry)
    expect(factsText(reversed, summarise(reversed), run)).toBe(factsText(entries, summarise(entries), run))
    expect(Object.keys(parsed())).toEqual(["totals", "extensions", "files", "run"])
  })

  it("hold one record for each file", () => {
    const { bytes, gzip, sha256, lines } = measures
    const { files } = parsed()
    expect(files[1]).toEqual({
      ...{ path: "a.ts", found: "Counted", bytes, gzip, sha256, lines, longestLine: 1234 },
      ...{ functions: 3, imports: 2 }
    })
    expect(files.slice(2)).toEqual([
      { path: "b/c.js", found: "Unparsed", ...measures, at: { line: 3, column: 7 }, message: "Unexpected token" },
      { path: "d.js", found: "Unreadable", reason: "EACCES: permission denied" },
      { path: "e.js", found: "Lost" }
    ])
  })
})
