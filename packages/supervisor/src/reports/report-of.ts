/**
 * Makes the report of one failed attempt, and what is stored beside it, from what the parent knows by then. Looks at
 * files for hashes alone; where it goes is the Reporter's.
 */
import { type AnyTask, type Attempt, explain, type JobSummary, type LastLogs } from "@holdfast/core"
import { evidenceOf } from "../failure/evidence.ts"
import type { ResolvedCall, ResolvedPoolOptions } from "../options/resolve.ts"
import { wordsOf } from "../protocol/thrown-words.ts"
import type { TaskCodec } from "../scheduler/TaskBook.ts"
import type { Passing } from "../slot/SlotOwner.ts"
import { inheritedExecArgv } from "../transport/inherited-options.ts"
import { errorRecord } from "./error-record.ts"
import {
  type FailureReport,
  REPORT_KIND,
  SCHEMA_VERSION,
  type StoredInput,
  type StoredValues,
  type TaskRecord,
  type UsageSample
} from "./FailureReport.ts"
import type { Part } from "./ReportDirectory.ts"
import { storeValues } from "./stored-values.ts"
import { hashOf, hostOf, versionsOf } from "./surroundings.ts"

/** An attempt that failed, as it was when that was known. */
export interface FailedAttempt {
  readonly at: number
  readonly error: unknown
  readonly job: JobSummary
  readonly attempt: Attempt
  readonly attempts: ReadonlyArray<Attempt>
  readonly input: unknown
  readonly task: AnyTask
  readonly call: ResolvedCall
  readonly codec: TaskCodec | undefined
  readonly resumed: Uint8Array | undefined
  readonly lastLogs: LastLogs
  readonly passing: Passing | undefined
  readonly usage: ReadonlyArray<UsageSample>
}

const storeInput = (failed: FailedAttempt, stem: string, parts: Array<Part>): StoredInput => {
  const { codec, input, job } = failed
  const { inputPreview: preview } = job
  const encode = codec?.encodeInput
  const bySchema = encode !== undefined
  try {
    const { beside, values } = storeValues([encode === undefined ? input : encode(input)], `${stem}.input`)
    if (values.file !== undefined && beside !== undefined) parts.push({ file: values.file, content: beside })
    return { preview, bySchema, stored: values }
  } catch (error) {
    return { preview, bySchema, notStored: wordsOf(error) }
  }
}

const taskRecords = async (task: AnyTask, stem: string, parts: Array<Part>): Promise<Array<TaskRecord>> => {
  const records: Array<TaskRecord> = []
  for (const [at, each] of (task.parts ?? [task]).entries()) {
    const { kind, module, name } = each
    // An input that a schema has written holds what was bound.
    const bound = at === 0 && each.schemas.input !== undefined ? [] : each.bound
    let stored: StoredValues | undefined
    if (bound.length > 0) {
      const { beside, values } = storeValues(bound, `${stem}.bound${at}`)
      if (values.file !== undefined && beside !== undefined) parts.push({ file: values.file, content: beside })
      stored = values
    }
    const hash = await hashOf(module)
    records.push({
      name,
      module,
      kind,
      ...(stored === undefined ? {} : { bound: stored }),
      ...(hash === undefined ? {} : { hash })
    })
  }
  return records
}

type Known<A> = { -readonly [K in keyof A]: Exclude<A[K], undefined> }

/** Without what is undefined: JSON has no word for it. */
const known = <A extends object>(fields: A): Known<A> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<A>

/** A report, and the files that belong to it. */
export interface MadeReport {
  readonly report: FailureReport
  readonly parts: ReadonlyArray<Part>
}

/** Makes a report; `stem` is what its files are called. */
export const reportOf = async (
  failed: FailedAttempt,
  pool: ResolvedPoolOptions,
  run: FailureReport["run"],
  stem: string,
  files: FailureReport["files"]
): Promise<MadeReport> => {
  const { attempt, attempts, call, error, job, lastLogs, passing, resumed, task, usage } = failed
  const parts: Array<Part> = []
  const input = storeInput(failed, stem, parts)
  const { index, key, module } = job
  const report: FailureReport = {
    kind: REPORT_KIND,
    schemaVersion: SCHEMA_VERSION,
    at: new Date(failed.at).toISOString(),
    text: explain(error, { colours: false }).split("\n"),
    error: errorRecord(error, pool.mask),
    calledFrom: typeof error === "object" && error !== null ? evidenceOf(error).calledFrom : [],
    job: { task: task.name, module, index, key },
    attempt: known(attempt) as Attempt,
    attempts: attempts.map((each) => known(each) as Attempt),
    input,
    tasks: await taskRecords(task, stem, parts),
    ...(resumed === undefined ? {} : { resumed: Buffer.from(resumed).toString("base64") }),
    lastLogs,
    lastWords: passing?.lastLines ?? [],
    usage,
    limits: known({
      timeoutMs: call.timeoutMs,
      heartbeatTimeoutMs: call.heartbeatTimeoutMs,
      queueTimeoutMs: call.queueTimeoutMs,
      maxMemoryBytes: pool.maxMemory,
      heapBytes: passing?.heapLimit,
      // JSON has no Infinity.
      retries: call.retry === undefined ? undefined : Math.min(call.retry.retries ?? 3, Number.MAX_SAFE_INTEGER),
      maxCrashes: call.maxCrashes
    }),
    worker: {
      isolation: pool.isolation,
      execArgv: pool.execArgv ?? inheritedExecArgv(),
      cwd: pool.cwd ?? process.cwd(),
      env: Object.keys(pool.env ?? {}),
      preload: pool.preload,
      contexts: pool.context.map(({ module: home, name }) => ({ module: home, name }))
    },
    versions: versionsOf(),
    host: hostOf(),
    run,
    files
  }
  return { report, parts }
}
