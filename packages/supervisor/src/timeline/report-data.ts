/**
 * What a run's report says, as plain data that survives JSON: types alone. How it is gathered is `Timeline.ts`, how it
 * is shown `html.ts` and `svg.ts`.
 */

import type { Frame } from "@holdfast/core"

/**
 * How an attempt ended, or `running` where it had not when the report was taken. `retried`: it failed, whatever way, and its job was tried again; `failure` says how. The others
 * were their job's last.
 */
export type AttemptEnd = "succeeded" | "running" | "retried" | "cancelled" | "failed" | "timedOut" | "crashed"

/** One attempt, or several short ones in a row that were put together. Times are milliseconds since the Unix epoch. */
export interface ReportBar {
  /** Undefined for what never reached a worker. */
  readonly worker: number | undefined
  readonly task: string
  /** Number of the call: each `map`, `settle` or `stream` is one; single jobs of a task share some. */
  readonly call: number
  /** The job's position in its call, or that of the first one. */
  readonly index: number
  /** How many jobs it stands for. */
  readonly count: number
  /** 1 for a job's first attempt. */
  readonly attempt: number
  readonly outcome: AttemptEnd
  readonly startedAt: number
  readonly endedAt: number
  /** Time that its jobs took: less than from start to end where there were pauses between them. */
  readonly busyMs: number
  /** Which of the lines of its worker's row it is on, where jobs ran side by side; 0 elsewhere. */
  readonly track: number
  /** These are kept of failed attempts, of slow ones, and of the first ones of a run. */
  readonly key?: string
  readonly inputPreview?: string
  /** `_tag` or name of the failure. */
  readonly failure?: string
  readonly message?: string
}

/** A worker's process or thread, from its start to its end. */
export interface ReportLife {
  readonly pid: number | undefined
  readonly startedAt: number
  /** Undefined where it never was. */
  readonly readyAt: number | undefined
  /** Undefined while it lives. */
  readonly endedAt: number | undefined
  /** In words; undefined while it lives, and where nothing is to be said of it. */
  readonly end: string | undefined
  /** `died`: nobody had wanted it. `killed`: to free it of a job. `left`: closed, recycled, resized. */
  readonly how: "alive" | "left" | "killed" | "died"
}

export interface ReportWorker {
  readonly id: number
  readonly jobs: number
  readonly busyMs: number
  /** Lines that its bars need: more than one where jobs ran side by side. */
  readonly tracks: number
  readonly lives: ReadonlyArray<ReportLife>
  /** By their start. */
  readonly bars: ReadonlyArray<ReportBar>
}

/** One call of many jobs, or all single jobs of a task. */
export interface ReportCall {
  /** Undefined for single jobs. */
  readonly call: number | undefined
  readonly task: string
  readonly succeeded: number
  readonly failed: number
  readonly retried: number
  readonly startedAt: number
  readonly endedAt: number
  /** Sum of the times of its attempts. */
  readonly jobMs: number
}

/**
 * Failures of one cause: of the same kind, of the same task, at the same place, with the same message but for numbers
 * and what is quoted.
 */
export interface ReportFailures {
  /** What happened, in a line, of the first one. */
  readonly cause: string
  /** Where it did, in the source as it was written; undefined where nothing tells. */
  readonly at: Pick<Frame, "file" | "line" | "column"> | undefined
  readonly failure: string
  /** Attempts that failed so. */
  readonly count: number
  /** Of those, attempts that were followed by another. */
  readonly retried: number
  /** The task. */
  readonly tasks: ReadonlyArray<string>
  /** All that the first one says. */
  readonly message: string
  /** The first few. */
  readonly examples: ReadonlyArray<ReportBar>
}

export interface ReportSummary {
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
  /** Attempts that were followed by another. */
  readonly retried: number
  /** Workers that ended with nobody wanting it, and those killed to free them. */
  readonly died: number
  readonly killed: number
  /** Workers the pool had for its jobs, at its largest. */
  readonly workers: number
  /** From the start of the first attempt to the end of the last. */
  readonly wallMs: number
  /** Sum of the times of all attempts, whatever became of them: what one worker alone would have taken. */
  readonly jobMs: number
  /** `jobMs / wallMs`. */
  readonly speedUp: number
  /** `speedUp / workers`. */
  readonly efficiency: number
}

export interface ReportData {
  readonly version: 1
  /** When the pool was made, and when this was taken. */
  readonly openedAt: number
  readonly takenAt: number
  readonly summary: ReportSummary
  readonly calls: ReadonlyArray<ReportCall>
  readonly workers: ReadonlyArray<ReportWorker>
  /** Slowest first. */
  readonly slowest: ReadonlyArray<ReportBar>
  /** Most frequent first. */
  readonly failures: ReadonlyArray<ReportFailures>
  /** What was put together or left out, since a report is bounded, in sentences. */
  readonly aggregated: ReadonlyArray<string>
}
