/**
 * The census as JSON, for `--json`. Keys and files stand in a fixed order, and whatever the files alone decide
 * is the same every time; all that depends on the run (time, workers, deaths, versions) is under the key `run`.
 */
import type { Entry, Retried } from "./entry.ts"
import type { Summary } from "./summary.ts"

/** What depends on the run. */
export interface Run {
  readonly startedAt: string
  readonly durationMs: number
  readonly root: string
  readonly isolation: string
  readonly workers: number
  /** Workers that were replaced. */
  readonly restarts: number
  /** Why it ended early; null where it did not. */
  readonly stoppedBy: string | null
  /** Files that were not looked at, since it ended early. */
  readonly notExamined: number
  readonly retried: ReadonlyArray<Retried>
  readonly lost: ReadonlyArray<{ readonly path: string; readonly reason: string }>
  readonly versions: Readonly<Record<string, string>>
  readonly host: string
}

const factsOf = (entry: Entry): object => {
  const { path, _tag: found } = entry
  if (found === "Lost") return { path, found }
  if (found === "Unreadable") return { path, found, reason: entry.reason }
  const { bytes, gzip, sha256, lines, longestLine } = entry
  const measures = { path, found, bytes, gzip, sha256, lines, longestLine }
  if (found === "Counted") return { ...measures, functions: entry.functions, imports: entry.imports }
  return { ...measures, at: { line: entry.line, column: entry.column }, message: entry.message }
}

/** The document's text. `entries` come sorted by path. */
export const factsText = (entries: ReadonlyArray<Entry>, { totals, extensions }: Summary, run: Run): string =>
  `${JSON.stringify({ totals, extensions, files: entries.map(factsOf), run }, null, 2)}\n`
