/**
 * The file that explains one failed attempt in full, and from which it can be run again: its type and its version, as
 * `docs/report.schema.json` publishes them. Data alone; who makes one is `report-of.ts`.
 */
import type { Attempt, FailedSpan, Frame, LastLogs, SourceExcerpt } from "@holdfast/core"

/** Grows by one whenever a reader of the one before would misread it. Fields may be added without. */
export const SCHEMA_VERSION = 1

export const REPORT_KIND = "holdfast/failure-report"

/** One error of the chain. */
export interface ErrorRecord {
  readonly name: string
  readonly message: string
  /** The `_tag` of failures that have one. */
  readonly tag?: string
  /** Its own facts: a code, a limit, what it waited on, where it hung, with local variables. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The user's own frames, innermost first. */
  readonly frames: ReadonlyArray<Frame>
  readonly source?: SourceExcerpt
  readonly spans: ReadonlyArray<FailedSpan>
  readonly stack: ReadonlyArray<string>
  readonly cause?: ErrorRecord
  /** Of an `AggregateError`. */
  readonly errors?: ReadonlyArray<ErrorRecord>
}

/** Values as they cross to a worker: v8's serialisation, in base64 here or as they are in a file beside the report. */
export interface StoredValues {
  readonly encoding: "numbers" | "values" | "frames"
  readonly count: number
  readonly bytes: number
  readonly base64?: string
  /** Name of a file in the report's own directory. */
  readonly file?: string
}

/** The input of the job, readable and exact. */
export interface StoredInput {
  /** For a person; what the pool's `mask` names is hidden in it, and not in what is stored. */
  readonly preview: string
  readonly stored?: StoredValues
  /** Whether what is stored was written by the task's input schema. */
  readonly bySchema: boolean
  /** Why nothing is stored. */
  readonly notStored?: string
}

/** How a task is found again; a chain has several of them. */
export interface TaskRecord {
  readonly name: string
  readonly module: string
  readonly kind: "fn" | "spread" | "effect" | "module" | "chain"
  /** What `with` has bound. */
  readonly bound?: StoredValues
  /** Of the module's file, as it was: `sha256-…`. */
  readonly hash?: string
}

/** One look at a worker from outside. */
export interface UsageSample {
  /** Milliseconds before the failure was told. */
  readonly agoMs: number
  /** Resident memory: of the worker's process; of the whole program, where workers are threads or inline. */
  readonly memoryBytes: number
  /** Of one core, since the sample before; more than 100 where several threads compute. */
  readonly cpuPercent?: number
}

/** All that is known of one failed attempt. */
export interface FailureReport {
  readonly kind: typeof REPORT_KIND
  readonly schemaVersion: typeof SCHEMA_VERSION
  /** ISO 8601. */
  readonly at: string
  /** What `explain(error)` says, line by line. */
  readonly text: ReadonlyArray<string>
  readonly error: ErrorRecord
  /** Where the program asked for the job. */
  readonly calledFrom: ReadonlyArray<Frame>
  readonly job: { readonly task: string; readonly module: string; readonly index: number; readonly key: string }
  /** The attempt that failed. */
  readonly attempt: Attempt
  /** All of them so far, this one the last. */
  readonly attempts: ReadonlyArray<Attempt>
  readonly input: StoredInput
  /** What runs: one task, or the parts of a chain. */
  readonly tasks: ReadonlyArray<TaskRecord>
  /** What an attempt before had given to `checkpoint`: base64. */
  readonly resumed?: string
  /** What the job printed last. */
  readonly lastLogs: LastLogs
  /** What its worker said when it died, V8's last words included. */
  readonly lastWords: ReadonlyArray<string>
  /** Empty where the platform does not tell: outside of Linux. */
  readonly usage: ReadonlyArray<UsageSample>
  readonly limits: {
    readonly timeoutMs?: number
    readonly heartbeatTimeoutMs?: number
    readonly queueTimeoutMs?: number
    readonly maxMemoryBytes?: number
    /** What V8 lets the worker's heap have, where a dead worker had told. */
    readonly heapBytes?: number
    /** 2 ** 53 - 1 where nothing limits them. */
    readonly retries?: number
    readonly maxCrashes: number
  }
  /** How the worker was started. Of `env` the names alone. */
  readonly worker: {
    readonly isolation: "process" | "thread" | "inline"
    readonly execArgv: ReadonlyArray<string>
    readonly cwd: string
    readonly env: ReadonlyArray<string>
    readonly preload: ReadonlyArray<string>
    readonly contexts: ReadonlyArray<{ readonly module: string; readonly name: string }>
  }
  readonly versions: { readonly holdfast: string; readonly node: string; readonly v8: string; readonly effect?: string }
  readonly host: {
    readonly name: string
    readonly platform: string
    readonly arch: string
    readonly release: string
    readonly cpus: number
    readonly memoryBytes: number
    readonly freeBytes: number
    readonly load: ReadonlyArray<number>
  }
  /** The pool's life that it belongs to: reports of one run share its id. */
  readonly run: { readonly id: string; readonly startedAt: string; readonly pid: number; readonly program: string }
  /** Node's own evidence, asked for by `evidence`: names of files beside this one. */
  readonly files: { readonly diagnosticReport?: string; readonly heapSnapshot?: string }
}
