/**
 * What a pipeline says of itself: plain data on each stage, which of them holds up the others, and all of it as a
 * table. Pure. Not the counting.
 */
import { wordsOf } from "../protocol/thrown-words.ts"
import type { StageKind, StageTally } from "./StageTally.ts"

/** One stage's part in a {@link PipelineReport}. Counts are of inputs; in = through + failed + filtered + cancelled + waiting. */
export interface StageReport {
  readonly name: string
  readonly kind: StageKind
  readonly in: number
  /** Inputs whose results have been handed on. */
  readonly through: number
  /** Results handed on: as many, but where values are grouped (`batch`) or taken apart (`unbatch`). */
  readonly out: number
  readonly failed: number
  /** Of those that have failed, the ones that the dead-letter sink has taken. */
  readonly deadLettered: number
  readonly filtered: number
  /** Given up since the pipeline was stopped. */
  readonly cancelled: number
  /** Queued, running, or done and not yet handed on. */
  readonly waiting: number
  /** Inputs settled in a second: of late, or over all once it has ended. */
  readonly perSecond: number
  /** Which part of its workers' time it takes, from 0 to 1. */
  readonly utilisation: number
}

/** Where a run of a pipeline stands. */
export type PipelineState = "notStarted" | "running" | "stopping" | "ended" | "failed"

/** How a pipeline stands, or has ended. Plain data that prints itself as a table. */
export interface PipelineReport {
  readonly pipeline: string
  readonly state: PipelineState
  /** Inputs read. */
  readonly read: number
  /** Values that have come out of the last stage. */
  readonly out: number
  readonly elapsedMs: number
  /** The stage that holds up the others; `"inputs"` or `"reader"` where it is what comes before or after them. */
  readonly bottleneck: string | undefined
  readonly stages: ReadonlyArray<StageReport>
  /** What it failed with, and in which stage. */
  readonly failure: { readonly stage: string; readonly error: unknown } | undefined
}

/** What a report is made of. */
export interface PipelineFacts extends Omit<PipelineReport, "stages" | "bottleneck"> {
  readonly tallies: ReadonlyArray<StageTally>
  /** How long was waited for an input, and for the reader to ask for the next value. */
  readonly inputsMs: number
  readonly readerMs: number
}

export const stageReportOf = (tally: StageTally): StageReport => {
  const { name, kind, through, out, failed, deadLettered, filtered, cancelled, waiting } = tally
  const { perSecond, utilisation } = tally.pace()
  const counts = { in: tally.in, through, out, failed, deadLettered, filtered, cancelled, waiting }
  return { name, kind, ...counts, perSecond, utilisation }
}

/** So close together, what waits decides. */
const CLOSE = 0.05
/** Who is less busy holds up nobody. */
const LEAST = 0.1

/** The busiest: the share of its time that each stage worked, that inputs were waited for, that the reader was. */
export const bottleneckOf = (
  stages: ReadonlyArray<Pick<StageReport, "name" | "utilisation" | "waiting">>,
  shares: { readonly inputs: number; readonly reader: number }
): string | undefined => {
  let worst: { readonly name: string; readonly utilisation: number; readonly waiting: number } | undefined
  const edges = [
    { name: "inputs", utilisation: shares.inputs, waiting: 0 },
    { name: "reader", utilisation: shares.reader, waiting: 0 }
  ]
  for (const each of [...stages, ...edges]) {
    if (each.utilisation < LEAST) continue
    const above = each.utilisation - (worst?.utilisation ?? 0)
    const decides = worst === undefined || each.waiting === worst.waiting ? above > 0 : each.waiting > worst.waiting
    if (Math.abs(above) > CLOSE ? above > 0 : decides) worst = each
  }
  return worst?.name
}

// By its name, as core does: whatever copy of Node's util prints it.
const INSPECT = Symbol.for("nodejs.util.inspect.custom")

const count = (number: number): string => number.toLocaleString("en-US")
const rate = (number: number): string => `${number < 100 ? number.toFixed(1) : count(Math.round(number))}/s`

const COLUMNS = ["stage", "in", "out", "failed", "dead", "filtered", "cancelled", "waiting", "rate", "busy"] as const

/** A report as a table. */
export const printedReport = (report: PipelineReport): string => {
  const { pipeline, state, read, out, elapsedMs, bottleneck, stages, failure } = report
  const rows = stages.map((stage) => [
    stage.name,
    count(stage.in),
    count(stage.out),
    count(stage.failed),
    count(stage.deadLettered),
    count(stage.filtered),
    count(stage.cancelled),
    count(stage.waiting),
    rate(stage.perSecond),
    `${Math.round(stage.utilisation * 100)}%${stage.name === bottleneck ? "  < bottleneck" : ""}`
  ])
  const widths = COLUMNS.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const lineOf = (cells: ReadonlyArray<string>): string =>
    cells
      .map((cell, at) =>
        at === 0 || at === cells.length - 1 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)
      )
      .join("  ")
      .trimEnd()
  const edge = bottleneck === "inputs" || bottleneck === "reader" ? `, held up by its ${bottleneck}` : ""
  const head = `pipeline ${pipeline}: ${state === "notStarted" ? "not started" : state}, ${count(read)} read, ${count(out)} out in ${(elapsedMs / 1000).toFixed(1)} s${edge}`
  const said = wordsOf(failure?.error).split("\n", 1)[0]
  const foot = failure === undefined ? [] : [`failed in ${failure.stage}: ${said}`]
  return [head, lineOf(COLUMNS), ...rows.map(lineOf), ...foot].join("\n")
}

/** A report from what was counted. */
export const reportOf = ({ tallies, inputsMs, readerMs, ...facts }: PipelineFacts): PipelineReport => {
  const stages = tallies.map(stageReportOf)
  const share = (ms: number): number => (facts.elapsedMs <= 0 ? 0 : Math.min(1, ms / facts.elapsedMs))
  const bottleneck = bottleneckOf(stages, { inputs: share(inputsMs), reader: share(readerMs) })
  const report: PipelineReport = { ...facts, bottleneck, stages }
  // Not enumerable: it stays plain data for whoever compares or writes it.
  const print = { value: () => printedReport(report), enumerable: false }
  return Object.defineProperties(report, { toString: print, [INSPECT]: print })
}
