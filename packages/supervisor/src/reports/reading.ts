/**
 * Reads reports back: one file, or a directory of them. What is no report, or one of a version that is not known here,
 * is refused with the reason. Not the printing of it.
 */
import { readdir, readFile, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { type FailureReport, REPORT_KIND, SCHEMA_VERSION } from "./FailureReport.ts"
import { stemOf } from "./ReportDirectory.ts"
import { lacking, REPORT } from "./report-shape.ts"

/** A report, and where it is. */
export interface ReadReport {
  readonly path: string
  /** Where files that belong to it are. */
  readonly directory: string
  readonly report: FailureReport
}

/** What was named is no report that can be read; the message says why. */
export class NoReport extends Error {
  override get name(): string {
    return "NoReport"
  }
}

/** Throws `NoReport`. The published schema says all; this, what readers rely on. */
const checked = (value: unknown, path: string): FailureReport => {
  const has = (key: string): unknown =>
    typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined
  if (has("kind") !== REPORT_KIND)
    throw new NoReport(`${path} is no report of a failure: it does not say "kind": ${JSON.stringify(REPORT_KIND)}`)
  if (has("schemaVersion") !== SCHEMA_VERSION) {
    const version = JSON.stringify(has("schemaVersion"))
    throw new NoReport(`${path} is a report of version ${version}; this holdfast reads version ${SCHEMA_VERSION}`)
  }
  const broken = lacking(value, REPORT)
  if (broken !== undefined) throw new NoReport(`${path} is a report, but a broken one: ${broken}`)
  return value as FailureReport
}

/**
 * Reads one report. Rejects with {@link NoReport}.
 *
 * @example
 * const { report } = await readReport("holdfast-reports/20261121-095915-513-parse-7-attempt1-edg006.json")
 */
export const readReport = async (path: string): Promise<ReadReport> => {
  const full = resolve(path)
  let text: string
  try {
    text = await readFile(full, "utf8")
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), "code")
    const why = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a directory" : String(error)
    throw new NoReport(`${path} can't be read: ${why}`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new NoReport(
      `${path} is no report of a failure: it is not JSON (${error instanceof Error ? error.message : error})`
    )
  }
  return { path: full, directory: dirname(full), report: checked(value, path) }
}

/** Whether a file of a directory is a report, by its name: not one that belongs to a report, or to somebody else. */
export const isReportName = (file: string): boolean =>
  /(?<!\.diagnostic)\.json$/.test(file) && stemOf(file) !== undefined

/** Every report in a directory, newest first; others of its files are passed over, and broken ones told of. */
export const readReports = async (
  directory: string
): Promise<{ readonly reports: ReadonlyArray<ReadReport>; readonly problems: ReadonlyArray<string> }> => {
  const files = (await readdir(directory)).filter(isReportName)
  const reports: Array<ReadReport> = []
  const problems: Array<string> = []
  for (const file of files.sort().reverse()) {
    try {
      reports.push(await readReport(join(directory, file)))
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  return { reports, problems }
}

/** Whether a path is that of a directory. Rejects with `NoReport` where there is nothing. */
export const isDirectory = async (path: string): Promise<boolean> => {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) throw new NoReport(`there is no file or directory ${path}`)
  return stats.isDirectory()
}
