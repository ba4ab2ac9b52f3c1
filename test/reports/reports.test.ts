/** The files that a pool keeps of its failures: what they hold, that they fit their schema, that they harm nothing. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { createPool, type FailureReport, type JobError, type PoolOptions } from "holdfast"
import { expect, it, onTestFinished } from "vitest"
import { usualMask } from "../../packages/supervisor/src/options/mask.ts"
import { errorRecord } from "../../packages/supervisor/src/reports/error-record.ts"
import { ReportDirectory } from "../../packages/supervisor/src/reports/ReportDirectory.ts"
import { loops, overflowsHeap } from "../fixtures/faulty.ts"
import { square } from "../fixtures/plain.ts"
import { chained, exitsLoudly, failsTwice, refused, refuses, tooLong } from "../fixtures/reported.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { fieldsOfSchema, problemsIn } from "./schema.ts"

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "holdfast-reports-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const reportsIn = (path: string): Array<FailureReport> =>
  readdirSync(path)
    .filter((file) => file.endsWith(".json") && !file.endsWith(".diagnostic.json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(path, file), "utf8")) as FailureReport)

/** Runs one job in a pool of its own that keeps reports; gives its error, and what was kept. */
const failing = async (options: PoolOptions, task: unknown, input: unknown, how: "run" | "map" = "run") => {
  const path = join(folder(), "not", "there", "yet")
  const pool = await createPool({ workers: 1, logger: false, reports: path, ...options })
  const failed = how === "run" ? pool.run(task as never, input as never) : pool.map(task as never, [input] as never)
  const error = await failed.catch((each: unknown) => each as JobError)
  await pool.close()
  return { error: error as JobError, path, reports: reportsIn(path) }
}

const isolations = ["process", "thread", "inline"] as const

it.each(isolations)("tells of every attempt that failed, on isolation %s, by its schema", async (isolation) => {
  const before = snapshotLeaks()
  const order = { id: 7, placed: new Date(Date.UTC(2024, 1, 29)), lines: new Map([["tea", 3]]), password: "hunter2" }
  const path = folder()
  const pool = await createPool({
    workers: 1,
    isolation,
    logger: false,
    reports: path,
    retry: { retries: 2, minTimeout: 1 }
  })
  expect(await pool.run(failsTwice, order, { key: "order-7" })).toEqual({ id: 7, total: 3 })
  await pool.close()
  const reports = reportsIn(path)
  expect(reports.flatMap((report) => problemsIn(report))).toEqual([])
  expect(reports.map(({ attempt }) => attempt.number)).toEqual([1, 2])
  const [, second] = reports
  expect(second?.attempts.map(({ failure }) => failure)).toEqual(["TaskThrew", "TaskThrew"])
  expect(second?.job).toMatchObject({ task: "failsTwice", key: "order-7", index: 0 })
  expect(second?.error).toMatchObject({
    tag: "TaskThrew",
    cause: { name: "RangeError", message: "order 7 of 2024 has a total of 3" }
  })
  expect(second?.error.frames[0]?.file).toMatch(/reported\.ts$/)
  expect(second?.error.source?.excerpt).toMatch(/^> .*throw new RangeError/m)
  expect(second?.calledFrom[0]?.file).toMatch(/reports\.test\.ts$/)
  expect(second?.text.join("\n")).toContain("called from")
  expect(second?.input.preview).toContain("[masked]")
  expect(second?.worker.isolation).toBe(isolation)
  expect(second?.usage.at(-1)?.memoryBytes).toBeGreaterThan(1e6)
  if (isolation !== "inline") expect(second?.lastLogs.stdout).toEqual(["attempt 2 of order-7 at 0"])
  await expectNoLeaks(before)
})

it("tells of retries without a limit by its schema, too", async () => {
  const retry = { retries: Number.POSITIVE_INFINITY, shouldRetry: () => false }
  const { reports } = await failing({ retry }, refuses, 4)
  expect(reports.flatMap((report) => problemsIn(report))).toEqual([])
  expect(reports[0]?.limits.retries).toBe(2 ** 53 - 1)
})

it("names the report in the failure, and keeps it from others' eyes", async () => {
  const { error, path } = await failing({}, refuses, 4)
  const report = error.job.attempts[0]?.report ?? ""
  expect(report.startsWith(path)).toBe(true)
  expect(statSync(report).mode & 0o077).toBe(0)
  expect(statSync(path).mode & 0o077).toBe(0)
})

it.each(["error", "record"] as const)("keeps no secrets that hang on what was thrown: %s", async (how) => {
  const alone = await failing({ mask: ["iban"] }, refused, how)
  const ofBatch = await failing({ mask: ["iban"] }, refused, how, "map")
  const kept = [alone, ofBatch].map(({ error, reports }) => JSON.stringify(reports) + inspect(error)).join()
  expect(kept).toContain(how === "error" ? "text/html" : "401")
  expect(kept).toContain("[masked]")
  expect(kept).not.toMatch(/s3cret|DE02/)
})

it("keeps of a job that hung where it was, with its values", { timeout: 60_000 }, async () => {
  const { reports } = await failing({ timeout: 6000 }, loops, 5)
  expect(problemsIn(reports[0])).toEqual([])
  expect(reports[0]?.error).toMatchObject({ tag: "JobTimedOut", fields: { which: "timeout" } })
  expect(reports[0]?.error.frames[0]?.locals).toMatchObject({ start: "5" })
  expect(reports[0]?.limits).toMatchObject({ timeoutMs: 6000 })
})

it("shows a field in short whose objects refer to each other, and does not follow every way through them", () => {
  let looks = 0
  const nodes: Array<object> = Array.from({ length: 9 }, () => ({
    get others() {
      looks++
      return [...nodes]
    }
  }))
  const { fields } = errorRecord(Object.assign(new Error("tangled"), { nodes, code: 7 }), usualMask)
  expect(fields).toMatchObject({ nodes: expect.any(String), code: 7 })
  // There are near a million.
  expect(looks).toBeLessThan(30_000)
})

it("keeps of a crash what was printed, and of which exit code", async () => {
  const { reports } = await failing({}, exitsLoudly, 9)
  expect(problemsIn(reports[0])).toEqual([])
  expect(reports[0]?.error).toMatchObject({ tag: "WorkerCrashed", fields: { reason: "exit", exitCode: 9 } })
  expect(reports[0]?.lastLogs.stdout).toEqual(["about to exit"])
})

it("keeps of a heap overflow V8's last words, and Node's own report and a heap snapshot where they are asked for", {
  timeout: 120_000
}, async () => {
  const cwd = folder()
  const evidence = { diagnosticReport: true, heapSnapshot: true }
  const execArgv = [...process.execArgv, "--max-old-space-size=24"]
  const { path, reports } = await failing({ cwd, execArgv, evidence }, overflowsHeap, undefined)
  const [report] = reports
  expect(problemsIn(report)).toEqual([])
  expect(report?.error).toMatchObject({ tag: "WorkerCrashed", fields: { reason: "outOfMemory" } })
  expect(report?.lastWords.join("\n")).toMatch(/heap out of memory|Reached heap limit/)
  expect(report?.limits.heapBytes).toBeGreaterThan(24e6)
  const own = JSON.parse(readFileSync(join(path, report?.files.diagnosticReport ?? "none"), "utf8"))
  expect(own.header.trigger).toBe("OOMError")
  expect(own.environmentVariables).toBeUndefined()
  const snapshot = join(path, report?.files.heapSnapshot ?? "none")
  expect(readFileSync(snapshot, "utf8").slice(0, 30)).toContain('{"snapshot":{"meta"')
  for (const file of readdirSync(path)) expect(statSync(join(path, file)).mode & 0o077).toBe(0)
  // Nothing lies about beside them, nor where the worker ran.
  expect(readdirSync(path)).toHaveLength(3)
  expect(readdirSync(cwd)).toEqual([])
})

it("stores a large input beside its report", async () => {
  const { path, reports } = await failing({}, tooLong, new Uint8Array(3_000_000).fill(7))
  const stored = reports[0]?.input.stored
  expect(stored?.base64).toBeUndefined()
  expect(statSync(join(path, stored?.file ?? "none")).size).toBe(stored?.bytes)
  expect(JSON.stringify(reports[0]).length).toBeLessThan(100_000)
})

it("names every part of a chain", async () => {
  const { reports } = await failing({}, chained, 8)
  expect(reports[0]?.tasks.map(({ name }) => name)).toEqual(["halves", "refuses"])
  expect(reports[0]?.error.cause?.message).toBe("refused 4")
})

it("keeps nothing of jobs that succeed, and makes no directory for them", async () => {
  const path = join(folder(), "none")
  const pool = await createPool({ workers: 1, logger: false, reports: path })
  expect(await pool.map(square, [1, 2, 3])).toEqual([1, 4, 9])
  await pool.close()
  expect(() => statSync(path)).toThrow("ENOENT")
})

// Of `/proc`, Node's own way of making a directory with those above it never comes to an end.
it.each(["a file", "/proc/holdfast-reports"])(
  "harms no job where the directory can't be written, being %s, and says so once",
  async (what) => {
    const path = what === "a file" ? join(folder(), "a-file") : what
    if (what === "a file") writeFileSync(path, "")
    const warnings: Array<string> = []
    const listen = (warning: Error): void => void warnings.push(warning.message)
    process.on("warning", listen)
    onTestFinished(() => void process.off("warning", listen))
    const pool = await createPool({ workers: 1, logger: false, reports: path })
    const outcomes = await pool.settle(refuses, [1, 2, 3])
    expect(outcomes.map((each) => each._tag)).toEqual(["Failed", "Failed", "Failed"])
    await pool.close()
    await expect.poll(() => warnings.filter((text) => text.includes("can't be written to")).length).toBe(1)
  }
)

it("refuses evidence that has nowhere to go, or that Node does not leave", async () => {
  const evidence = { diagnosticReport: true }
  await expect(createPool({ evidence })).rejects.toThrow(/evidence: expected a directory/)
  await expect(createPool({ evidence, reports: folder(), isolation: "thread" })).rejects.toThrow(
    /evidence: expected none/
  )
})

it("lets the oldest go where there are too many, or they are too large, and leaves what is not its own", async () => {
  const path = folder()
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, "notes.json"), "{}")
  const directory = new ReportDirectory(path, { reports: 3, bytes: 2000 })
  const stem = (second: number): string => `20260101-00000${second}-000-task-0-attempt1-a${second}`
  const write = (second: number, bytes: number): Promise<boolean> =>
    directory.write([
      { file: `${stem(second)}.input`, content: new Uint8Array(bytes) },
      { file: `${stem(second)}.json`, content: "{}" }
    ])
  for (const second of [1, 2, 3, 4]) expect(await write(second, 10)).toBe(true)
  const left = (): Array<string> => readdirSync(path).sort()
  const of = (...seconds: Array<number>): Array<string> =>
    [...seconds.flatMap((each) => [`${stem(each)}.input`, `${stem(each)}.json`]), "notes.json"].sort()
  expect(left()).toEqual(of(2, 3, 4))
  expect(await write(5, 1990)).toBe(true)
  expect(left()).toEqual(of(5))
})

it("has a schema that names every field of a report", async () => {
  const { reports } = await failing({}, refuses, 1)
  const fields = Object.keys(reports[0] ?? {})
  expect(fields.filter((field) => !fieldsOfSchema.includes(field))).toEqual([])
})
