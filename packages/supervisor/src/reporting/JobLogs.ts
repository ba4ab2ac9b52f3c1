/**
 * What jobs have printed, kept with the chunk they travelled in, so that it is there as long as somebody can ask for
 * it. Bounded for each attempt, and over the whole pool. Nothing is made for a job that prints nothing. Not the log,
 * and not the few lines that a failure shows, which are `LastLines`.
 */
import type { LastLogs, LogLine } from "@holdfast/core"
import { readRecord } from "../protocol/log-record.ts"
import { JOB_LINES, type StreamName, shortened } from "./LastLines.ts"

/** Of each attempt, and of what is read of a job. */
export const MOST_LINES = 1000
/** Characters of each attempt. */
const MOST_OF_ATTEMPT = 256 * 1024
/** Characters over all jobs of a pool: those that printed longest ago go first. */
const MOST_OF_POOL = 16 * 1024 * 1024
/** What a line takes beside its characters, roughly. */
const LINE_COST = 100

interface Kept {
  readonly at: number
  readonly stream: StreamName
  readonly text: string
}

/** What one attempt has printed. */
export class JobLogs {
  readonly #attempt: number
  readonly #worker: number
  readonly #pid: number | undefined
  #lines: Array<Kept> = []
  /** Characters, with what each line takes beside. */
  size = 0

  constructor(attempt: number, worker: number, pid: number | undefined) {
    this.#attempt = attempt
    this.#worker = worker
    this.#pid = pid
  }

  add(stream: StreamName, text: string): void {
    this.#lines.push({ at: Date.now(), stream, text })
    this.size += text.length + LINE_COST
    while (this.#lines.length > MOST_LINES || (this.size > MOST_OF_ATTEMPT && this.#lines.length > 1))
      this.size -= (this.#lines.shift()?.text.length ?? 0) + LINE_COST
  }

  clear(): void {
    this.#lines = []
    this.size = 0
  }

  get lines(): Array<LogLine> {
    return this.#lines.map(({ at, stream, text }) => ({
      at,
      stream,
      ...readRecord(text, stream),
      attempt: this.#attempt,
      worker: this.#worker,
      pid: this.#pid
    }))
  }

  get last(): LastLogs {
    const of = (wanted: StreamName): ReadonlyArray<string> =>
      this.#lines
        .filter(({ stream }) => stream === wanted)
        .slice(-JOB_LINES)
        .flatMap(({ text }) => text.split("\n"))
        .slice(-JOB_LINES)
        .map(shortened)
    return { stdout: of("stdout"), stderr: of("stderr") }
  }
}

/** Where a job's lines hang: the chunk that it was sent in. */
export interface LogHolder {
  readonly attempt: number
  /** By offset. */
  logs: Map<number, JobLogs> | undefined
}

/** A pool's count of all that is kept. */
export class LogShelf {
  /** The one that printed longest ago comes first. */
  readonly #all = new Set<JobLogs>()
  #latest: JobLogs | undefined
  #size = 0

  /** What the job at this place prints, made where nothing is there yet. */
  of(
    holder: LogHolder,
    offset: number,
    { id, pid }: { readonly id: number; readonly pid: number | undefined }
  ): JobLogs {
    holder.logs ??= new Map()
    let logs = holder.logs.get(offset)
    if (logs === undefined) {
      logs = new JobLogs(holder.attempt, id, pid)
      holder.logs.set(offset, logs)
    }
    return logs
  }

  add(logs: JobLogs, stream: StreamName, text: string): void {
    const before = logs.size
    logs.add(stream, text)
    this.#size += logs.size - before
    if (logs !== this.#latest) {
      this.#all.delete(logs)
      this.#all.add(logs)
      this.#latest = logs
    }
    if (this.#size > MOST_OF_POOL) this.#makeRoom(logs)
  }

  #makeRoom(spared: JobLogs): void {
    for (const logs of this.#all) {
      if (logs === spared || this.#size <= MOST_OF_POOL) return
      this.#all.delete(logs)
      this.#size -= logs.size
      logs.clear()
    }
  }
}

/** The lines of a job over all its attempts. */
export const linesOf = (attempts: ReadonlyArray<JobLogs | undefined>): ReadonlyArray<LogLine> =>
  attempts.flatMap((logs) => logs?.lines ?? []).slice(-MOST_LINES)
