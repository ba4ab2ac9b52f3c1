/** What is one cause: alike wherever failures are counted. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createPool, evidenceOf, Report } from "holdfast"
import { describe, expect, it, onTestFinished } from "vitest"
import { causeKey, type FailureFacts, titleOf } from "../../packages/supervisor/src/failure/cause.ts"
import { failing, nameless, namelessLater, namelessPart, type Way } from "../fixtures/causes.ts"

const job = { task: "load", module: "file:///load.ts", key: "7", inputPreview: "'a.png'" }

const threw = (message: string, facts: Partial<FailureFacts> = {}): FailureFacts => ({
  failure: "TaskThrew",
  message: `task "load" (job 7, input 'a.png') threw RangeError: ${message}`,
  job,
  thrown: { name: "RangeError", message },
  at: { file: "/load.ts", line: 3, column: 7 },
  fact: () => undefined,
  hung: false,
  ...facts
})

const hung = (line: number, column: number): FailureFacts =>
  threw("", {
    failure: "JobTimedOut",
    thrown: undefined,
    hung: true,
    message: `task "load" (job 7, input 'a.png') took longer than its timeout of 1 s; it was in f at /load.ts:${line}:${column}`,
    at: { file: "/load.ts", line, column }
  })

describe("one cause", () => {
  it.each([
    ["other numbers", threw("status 404"), threw("status 500")],
    ["other names in quotes", threw('"a.txt" is too long'), threw('"b.txt" is too long')],
    ["other lines behind the first", threw("refused\nby 1"), threw("refused\nby you")],
    ["another job", threw("no"), threw("no", { job: { ...job, key: "8", inputPreview: "'b.png'" } })],
    ["another column, where it was looked at while it ran", hung(3, 7), hung(3, 21)]
  ])("is what differs in no more than %s", (_what, one, other) => {
    expect(causeKey(one)).toBe(causeKey(other))
  })

  it.each([
    [
      "something that is no error, and other",
      threw("", { at: undefined, thrown: undefined, message: 'task "load" (job 7) threw "disk full"' }),
      threw("", { at: undefined, thrown: undefined, message: 'task "load" (job 7) threw "no such user"' })
    ],
    ["at another line", threw("no"), threw("no", { at: { file: "/load.ts", line: 4, column: 7 } })],
    ["at another column", threw("no"), threw("no", { at: { file: "/load.ts", line: 3, column: 8 } })],
    ["in another file", threw("no"), threw("no", { at: { file: "/other.ts", line: 3, column: 7 } })],
    ["in another task", threw("no"), threw("no", { job: { ...job, task: "save" } })],
    ["of another kind", threw("no"), threw("no", { failure: "InvalidOutput" })],
    ["of another class", threw("no"), threw("no", { thrown: { name: "TypeError", message: "no" } })],
    ["with another code", threw("no"), threw("no", { fact: (name) => (name === "code" ? "EPERM" : undefined) })],
    ["with other words", threw("no"), threw("never")],
    ["hung at another line", hung(3, 7), hung(4, 7)]
  ])("is not what failed %s", (_what, one, other) => {
    expect(causeKey(one)).not.toBe(causeKey(other))
  })

  it("is told in the words of the failure, its numbers too, without the job", () => {
    expect(titleOf(threw("status 404\nand more"))).toBe("RangeError: status 404")
    expect(titleOf(hung(3, 7))).toBe("took longer than its timeout of 1 s; it was in f at /load.ts:3:7")
    expect(titleOf(threw("", { thrown: undefined, message: `task "load" (job 7, input 'a.png') threw 5` }))).toBe(
      "threw 5"
    )
  })
})

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "holdfast-causes-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const WAYS: ReadonlyArray<Way> = [
  { how: "status", status: 404 },
  { how: "status", status: 500 },
  { how: "other status", n: 404 },
  { how: "text", n: 1 },
  { how: "text", n: 2 },
  { how: "object", n: 1 },
  { how: "spins" },
  { how: "spins" },
  { how: "spins elsewhere" },
  { how: "exits" }
]

it.each(["process", "thread"] as const)(
  "reports and the report of the run count the same causes, on isolation %s",
  { timeout: 90_000 },
  async (isolation) => {
    const reports = folder()
    const pool = await createPool({ workers: 2, isolation, logger: false, reports, timeout: 1_500 })
    await pool.settle(failing, WAYS)
    await pool.close()
    const report = pool.report()
    const live = report.failures.map(({ at, count }) => `${count} at ${at?.line}`)
    const groups = Report.groupByCause((await Report.readAll(reports)).reports)
    const kept = groups.map(({ reports: each }) => {
      const { error } = each[0]?.report ?? {}
      return `${each.length} at ${error?.frames[0]?.line}`
    })
    expect(kept.toSorted()).toEqual(live.toSorted())
    expect(live).toHaveLength(7)
    expect(report.failures.map(({ count }) => count).toSorted()).toEqual([1, 1, 1, 1, 2, 2, 2])
    const causes = report.failures.map(({ cause }) => cause)
    expect(causes).toEqual(expect.arrayContaining([expect.stringMatching(/^Error: status (404|500)$/)]))
    expect(causes.join("\n")).not.toMatch(/#|…|‹/)
    for (const title of groups.map((each) => each.title))
      expect(causes.some((cause) => title.endsWith(cause))).toBe(true)
    const page = report.toHtml()
    for (const { at } of report.failures)
      if (at !== undefined) expect(page).toContain(`${at.file}:${at.line}:${at.column}`)
  }
)

it.each([nameless, namelessLater, namelessPart])(
  "a function without a name has none in a stack either, on every isolation: $name",
  async (task) => {
    for (const isolation of ["process", "thread", "inline"] as const) {
      await using pool = await createPool({ workers: 1, isolation, logger: false })
      // One by one, and among many tiny ones, which are run back to back.
      const inputs = Array.from({ length: 2_000 }, (_, n) => (n % 100 === 99 ? n : 0))
      const outcomes = [...(await pool.settle(task, [1])), ...(await pool.settle(task, inputs, { chunkSize: 100 }))]
      const errors = outcomes.flatMap((each) => (each._tag === "Failed" ? [each.error] : []))
      expect(errors).toHaveLength(21)
      const names = errors.map((error) => evidenceOf(error).frames[0]?.function)
      expect(new Set(names)).toEqual(new Set(["<anonymous>"]))
    }
  }
)
