/**
 * The pool's logger for a person who reads stderr: what workers print, each line with the input that it belongs to,
 * and the pool's own warnings. It is called where a progress bar has made room. Not for machines: those use the library.
 */
import type { PoolOptions } from "@holdfast/supervisor"
import type { Notes } from "./Notes.ts"

type PoolLogger = Exclude<NonNullable<PoolOptions["logger"]>, false>

interface Fields {
  readonly worker?: number
  readonly job?: number
  readonly task?: string
  readonly attempt?: number
  readonly stream?: string
}

/** What a record brings along that its own text does not say. */
const TAGS = new Set(["worker", "pid", "task", "job", "attempt", "stream", "batch", "key", "pool", "level", "err"])

/** A logger that says things as `holdfast` does. `lineOf` knows the line that a job came from. */
export const workerLog = (
  notes: Notes,
  lineOf: (index: number) => number | undefined,
  verbose: boolean
): PoolLogger => {
  const origin = ({ attempt, job, worker }: Fields): string => {
    const line = job === undefined ? undefined : lineOf(job)
    const again = attempt !== undefined && attempt > 1 ? ` attempt ${attempt}` : ""
    const words = [worker === undefined ? "" : `w${worker}`, line === undefined ? "" : `line ${line}${again}`]
    return words.filter((word) => word !== "").join(" ")
  }
  const own = (fields: object): string => {
    const entries = Object.entries(fields).filter(([name]) => !TAGS.has(name))
    return entries.length === 0 ? "" : ` ${JSON.stringify(Object.fromEntries(entries))}`
  }
  const say = (fields: Fields, message = ""): void => {
    const from = origin(fields)
    const who = fields.stream === undefined ? "holdfast: " : ""
    const detail = fields.stream === undefined && !verbose ? "" : own(fields)
    notes.line(`${who}${from === "" ? "" : `[${from}] `}${message}${detail}`)
  }
  const silent = (): void => undefined
  const logger = {
    levels: { labels: {} },
    child: () => logger,
    flush: (done: () => void) => done(),
    trace: verbose ? say : silent,
    debug: verbose ? say : silent,
    info: say,
    warn: say,
    error: say,
    fatal: say
  }
  return logger
}
