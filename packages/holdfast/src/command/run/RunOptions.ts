/** What `holdfast run` was asked for: the values of its flags, read and checked one by one. */
import type { Halt } from "./halt.ts"

export interface RunOptions {
  /** The words of the command line behind `run`. */
  readonly words: ReadonlyArray<string>
  /** `module.ts#name`, as it was written. */
  readonly task: string
  /** Paths; undefined for stdin, stdout and stderr. */
  readonly input: string | undefined
  readonly output: string | undefined
  readonly failures: string | undefined
  readonly lines: boolean
  /** The number of the input's first line. */
  readonly firstLine: number
  readonly tag: boolean
  /** Whether to go on where the output ends. */
  readonly resume: boolean
  readonly unordered: boolean
  readonly halt: Halt
  readonly workers: number | undefined
  readonly concurrency: number | undefined
  readonly isolation: "process" | "thread" | "inline" | undefined
  /** Milliseconds. */
  readonly timeout: number | undefined
  readonly heartbeatTimeout: number | undefined
  readonly retries: number | undefined
  readonly chunkSize: number | "auto" | undefined
  /** Bytes. */
  readonly maxMemory: number | undefined
  readonly maxJobsPerWorker: number | undefined
  readonly cwd: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly nodeArgs: ReadonlyArray<string>
  readonly imports: ReadonlyArray<string>
  readonly preload: ReadonlyArray<string>
  readonly contexts: ReadonlyArray<string>
  readonly bar: boolean
  /** Where the run's timeline goes: an HTML page, an SVG or JSON, by the path's end. */
  readonly report: string | undefined
  /** Where reports of failures go; undefined for nowhere. */
  readonly reports: string | undefined
  readonly log: "quiet" | "normal" | "verbose"
}
