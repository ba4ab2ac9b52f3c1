/**
 * Has every failed attempt of a pool written to its directory of reports: names each at once, so that the failure can
 * say where it is, and makes and writes it when there is time. Never holds up a job, and never fails one.
 */
import { join } from "node:path"
import type { Attempt, JobSummary, LastLogs } from "@holdfast/core"
import type { Engine } from "../pool/Engine.ts"
import type { Lane } from "../scheduler/Lane.ts"
import type { Passing } from "../slot/SlotOwner.ts"
import type { FailureReport } from "./FailureReport.ts"
import { jsonText } from "./json-text.ts"
import { BOUNDS, type Part, ReportDirectory } from "./ReportDirectory.ts"
import { type FailedAttempt, reportOf } from "./report-of.ts"
import { newRun } from "./surroundings.ts"
import { UsageSampler } from "./UsageSampler.ts"

/** What the Settlement knows of an attempt that failed. */
export interface Failing {
  readonly lane: Lane
  readonly input: unknown
  readonly error: unknown
  readonly job: JobSummary
  readonly attempt: Attempt
  readonly lastLogs: LastLogs
  /** Set where its worker died with it. */
  readonly passing: Passing | undefined
  readonly resumed: Uint8Array | undefined
}

/** As many as are kept: of more that wait, the oldest would be the first to go. */
const MOST_WAITING = BOUNDS.reports

const stamp = (at: number): string =>
  new Date(at).toISOString().replaceAll(/[-:Z]/g, "").replace("T", "-").replace(".", "-")

/** What a file's name can hold of a name. */
const fileName = (text: string): string =>
  text
    .replaceAll(/[^\p{L}\p{N}_-]+/gu, "-")
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, "")

let lastNumber = 0

const stemFor = (at: number, { attempt, job }: Failing): string => {
  const unique = `${process.pid.toString(36)}${(++lastNumber).toString(36).padStart(3, "0")}`
  return [stamp(at), fileName(job.task), fileName(job.key), `attempt${attempt.number}`, unique]
    .filter((word) => word !== "")
    .join("-")
}

export class Reporter {
  readonly #engine: Engine
  readonly #directory: ReportDirectory
  readonly #usage: UsageSampler
  readonly #run: FailureReport["run"] = newRun()
  #waiting: Array<{ readonly stem: string; readonly failed: FailedAttempt }> = []
  #writing: Promise<void> | undefined

  constructor(engine: Engine, directory: string) {
    this.#engine = engine
    this.#directory = new ReportDirectory(directory)
    this.#usage = new UsageSampler(() => engine.crew.all)
  }

  /** Takes in a failed attempt; gives the path that its report will have. Never throws. */
  failed(failing: Failing): string {
    const at = Date.now()
    const stem = stemFor(at, failing)
    const { attempt, error, input, job, lane, lastLogs, passing, resumed } = failing
    this.#waiting.push({
      stem,
      failed: {
        at,
        error,
        job,
        attempt,
        attempts: job.attempts,
        input,
        task: lane.task,
        call: lane.call,
        codec: this.#engine.tasks.get(lane.task).codec,
        resumed,
        lastLogs,
        passing,
        usage: this.#usage.of(attempt.worker)
      }
    })
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
    this.#writing ??= this.#writeAll()
    return join(this.#directory.path, `${stem}.json`)
  }

  /** Resolves when all reports so far are written. Never rejects. */
  async flush(): Promise<void> {
    await this.#writing
  }

  stop(): void {
    this.#usage.stop()
  }

  /** One after another, each on a turn of its own: jobs go first. */
  async #writeAll(): Promise<void> {
    // Not on the turn of the failure, which somebody waits for.
    await new Promise((resolve) => setImmediate(resolve))
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#write(next.stem, next.failed)
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#writing = undefined
  }

  async #write(stem: string, failed: FailedAttempt): Promise<void> {
    try {
      const files = failed.passing === undefined ? {} : await this.#nodesOwn(stem, failed.passing.pid)
      const { parts, report } = await reportOf(failed, this.#engine.options, this.#run, stem, files)
      const text = jsonText(report, { indent: 2 })
      if (text === undefined) throw new Error("the report has no JSON")
      const last: Part = { file: `${stem}.json`, content: `${text}\n` }
      await this.#directory.write([...parts, last])
    } catch (error) {
      // A report is never worth a job: what can't be explained is left out.
      process.emitWarning(`The report ${stem} could not be made. ${String(error)}`, "HoldfastWarning")
    }
  }

  /** What Node itself has left in the directory of a process that died. */
  async #nodesOwn(stem: string, pid: number | undefined): Promise<FailureReport["files"]> {
    const { evidence } = this.#engine.options
    if (pid === undefined || evidence === undefined) return {}
    const of = (start: string, end: string) => (file: string) =>
      file.startsWith(start) && file.endsWith(end) && file.split(".").includes(String(pid))
    const diagnosticReport = evidence.diagnosticReport
      ? await this.#directory.adopt(of("report.", ".json"), `${stem}.diagnostic.json`)
      : undefined
    const heapSnapshot = evidence.heapSnapshot
      ? await this.#directory.adopt(of("Heap.", ".heapsnapshot"), `${stem}.heapsnapshot`)
      : undefined
    return {
      ...(diagnosticReport === undefined ? {} : { diagnosticReport }),
      ...(heapSnapshot === undefined ? {} : { heapSnapshot })
    }
  }
}

/** Keeps reports of a pool's failures from now on, in the directory that its options name. */
export const keepReports = (engine: Engine): Reporter | undefined => {
  const { reports } = engine.options
  if (reports === undefined) return undefined
  const reporter = new Reporter(engine, reports)
  engine.reporter = reporter
  return reporter
}
