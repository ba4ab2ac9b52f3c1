/**
 * One run while it goes: takes each outcome, sees to its line or its failure, and decides when to end. The pool, the
 * files and the signals are given to it; `execute.ts` wires them.
 */
import { isJobError, type Outcome } from "@holdfast/core"
import type { DoneLines } from "./done-lines.ts"
import { BrokenInput, type FailedInput, failureJson, failureText, ToldPlaces } from "./failure-record.ts"
import { mustHalt } from "./halt.ts"
import { type BrokenLine, Intake, type Origin } from "./Intake.ts"
import { NotJson } from "./json-text.ts"
import type { LineReader } from "./LineReader.ts"
import type { LineWriter } from "./LineWriter.ts"
import { type LineFormat, NotOneLine } from "./line-format.ts"
import type { Notes } from "./Notes.ts"
import { Results } from "./Results.ts"
import type { RunOptions } from "./RunOptions.ts"
import { Tally } from "./Tally.ts"

interface Setup {
  readonly options: RunOptions
  readonly format: LineFormat
  readonly lines: LineReader
  /** What an earlier run has done. */
  readonly done: DoneLines | undefined
  readonly output: LineWriter
  /** Undefined to tell failures on stderr. */
  readonly failures: LineWriter | undefined
  readonly notes: Notes
  readonly width: number
}

/** How a run ends before its input does. */
export type Ending = "soon" | "now"

export class Run {
  readonly #setup: Setup
  readonly #cancel = new AbortController()
  readonly intake: Intake
  readonly results: Results
  readonly tally = new Tally()
  /** Set once the run is to end early: how, and why. */
  ending: { readonly how: Ending; readonly by: string } | undefined
  readonly #leftOut: Array<number> = []
  /** Lines that have failed, of which there is no record yet. */
  readonly #unrecorded = new Set<number>()
  /** Set where the pool itself has come to an end. */
  broken: Error | undefined
  /** Reports that were made of what has failed. */
  reports = 0
  #room: Promise<void> | undefined
  readonly #told = new ToldPlaces()

  constructor(setup: Setup) {
    this.#setup = setup
    const { done, format, lines, options, output, width } = setup
    this.results = new Results(!options.unordered, (text, line) => {
      this.#room = output.add(text, line) ?? this.#room
    })
    this.intake = new Intake({
      lines,
      parse: format.parse,
      skipBlank: format.skipBlank,
      done,
      width,
      onBroken: (broken) => this.#broken(broken),
      isFull: () => this.results.isFull
    })
  }

  get output(): LineWriter {
    return this.#setup.output
  }

  /** Lines whose failure has left the output without their place. */
  get leftOut(): ReadonlyArray<number> {
    return [...this.#leftOut, ...this.#unrecorded]
  }

  /** Aborted when what runs is to be cancelled. */
  get signal(): AbortSignal {
    return this.#cancel.signal
  }

  /** Takes in no more; with "now", cancels what runs as well. */
  end(how: Ending, by: string): void {
    if (this.ending === undefined || (how === "now" && this.ending.how === "soon")) {
      this.ending = { how, by: this.ending?.by ?? by }
    }
    this.intake.stop()
    if (how === "now") this.#cancel.abort(new Error(`the run was ended by ${by}`))
  }

  /** Sees to one outcome; resolves when the next one may come. */
  take(outcome: Outcome<unknown, unknown>): Promise<void> | undefined {
    const { index } = outcome.job
    const origin = this.intake.originOf(index)
    if (origin === undefined) throw new Error(`job ${index} has no line: a bug of holdfast's command`)
    // Also of a job that came to its value in the end.
    for (const { report } of outcome.job.attempts) if (report !== undefined) this.reports++
    if (outcome._tag === "Succeeded") this.#succeeded(origin, outcome.value)
    else this.#failed(origin, outcome.error)
    this.intake.settled(index)
    return this.#roomMade()
  }

  /** Resolves when what was added to be written leaves room for more. */
  #roomMade(): Promise<void> | undefined {
    const room = this.#room
    this.#room = undefined
    return room
  }

  #succeeded(origin: Origin, value: unknown): void {
    const { format, options } = this.#setup
    const { line, place } = origin
    let text: string
    try {
      text = format.write(value)
      if (options.tag) text = format.tagged(line, text)
    } catch (error) {
      if (!(error instanceof NotJson || error instanceof NotOneLine || error instanceof RangeError)) throw error
      this.#fail({ ...origin, readable: true, error })
      return
    }
    this.tally.succeeded++
    this.results.result(place, { line, text })
    this.#look()
  }

  /** Ends the run where this says that the pool has ended, not the job: no worker lives. Whether it does. */
  endIfPoolBroke(error: unknown): boolean {
    if (!isJobError(error) || !(error._tag === "PoolBroken" || error._tag === "WorkerFailedToStart")) return false
    this.broken ??= error
    this.end("now", "the end of the pool")
    return true
  }

  #failed(origin: Origin, error: unknown): void {
    const tag = isJobError(error) ? error._tag : undefined
    // Cancelled by this run itself, or never run: it has not failed, nor come to an end.
    if (this.endIfPoolBroke(error) || (this.signal.aborted && (tag === "JobCancelled" || tag === "PoolClosed"))) {
      this.tally.unfinished(origin.line)
      this.results.unfinished(origin.place)
    } else this.#fail({ ...origin, readable: true, error })
  }

  #broken({ line, place, problem, text, unfit = false }: BrokenLine): Promise<void> | undefined {
    const words = unfit
      ? `the line does not fit the task's input schema: ${problem}`
      : text === undefined
        ? problem
        : `the line is not JSON: ${problem} (plain text is read with --lines)`
    this.#fail({ line, place, text, readable: unfit, error: new BrokenInput(words) })
    return this.#roomMade()
  }

  #fail(failed: FailedInput & { readonly place: number }): void {
    const { failures, format, notes, options } = this.#setup
    const { line, place } = failed
    this.tally.failed++
    const fill = (): void => this.results.result(place, { line, text: format.filler })
    const recorded = (): void => {
      if (this.#unrecorded.delete(line)) fill()
      this.intake.look()
    }
    if (failures === undefined) notes.say(failureText(failed, this.#told))
    else this.#room = failures.add(failureJson(failed, format.inputJson), line, recorded) ?? this.#room
    this.#look()
    if (this.ending?.how === "now") {
      // It may be tried again with the others, from where the output ends.
      this.results.unfinished(place)
      this.#leftOut.push(line)
    } else if (options.tag || options.unordered) this.results.nothing(place)
    else if (failures === undefined) fill()
    // A place that is filled counts as done: were the record lost, nobody would know of its failure.
    else this.#unrecorded.add(line)
  }

  /** Whether enough has happened to end the run. */
  #look(): void {
    if (this.ending !== undefined) return
    const { halt } = this.#setup.options
    const how = mustHalt(halt, this.tally)
    if (how === undefined || halt._tag === "Never") return
    const number = halt.unit === "percent" ? `${halt.count} %` : halt.count
    const what = { fail: "failed", success: "succeeded", done: "done" }[halt.why]
    this.end(how, halt.count === 1 && halt.why === "fail" ? "the first failure" : `--halt, with ${number} ${what}`)
  }
}
