/** Keeps what a run measured, the last run's alone: `bench/results/NAME.json`, and a chart of it in `NAME.svg`. */
import { mkdirSync, writeFileSync } from "node:fs"
import { chartOf } from "./chart.ts"
import { type Judged, judge } from "./judgement.ts"
import type { Compared, Measurement } from "./Measurement.ts"
import type { Machine } from "./machine.ts"
import { ratioOf, type Summary, summaryOf } from "./statistics.ts"

const folder = new URL("../results/", import.meta.url)

interface RowRecord {
  readonly name: string
  readonly note: string | undefined
  readonly failure: string | undefined
  readonly summary: Summary | undefined
  /** Ours in parts of this one, median of the rounds. */
  readonly oursInPartsOfIt: number | undefined
  readonly rounds: ReadonlyArray<number>
}

/** What is written for one measurement. */
export interface MeasurementRecord {
  readonly measurement: string
  readonly title: string
  readonly quick: boolean
  /** Whether nobody else used the machine, right before and right after. */
  readonly quiet: boolean
  readonly machine: Machine
  readonly comparisons: ReadonlyArray<{
    readonly title: string
    readonly unit: string
    readonly rows: ReadonlyArray<RowRecord>
    readonly aims: ReadonlyArray<Judged>
  }>
}

export const recordOf = (
  { name, title }: Measurement,
  compared: ReadonlyArray<Compared>,
  run: { readonly machine: Machine; readonly quick: boolean; readonly quiet: boolean }
): MeasurementRecord => ({
  measurement: name,
  title,
  quick: run.quick,
  quiet: run.quiet,
  machine: run.machine,
  comparisons: compared.map((each) => {
    const ours = each.rows[0]?.values ?? []
    return {
      title: each.comparison.title,
      unit: each.comparison.unit,
      rows: each.rows.map(({ name, note, values, failure }) => ({
        name,
        note,
        failure: failure?.message,
        summary: values.length === 0 ? undefined : summaryOf(values),
        oursInPartsOfIt: ratioOf(ours, values),
        rounds: values
      })),
      aims: judge(each)
    }
  })
})

/** Writes the record and its chart; the record's file. */
export const keep = (record: MeasurementRecord): URL => {
  mkdirSync(folder, { recursive: true })
  const file = new URL(`${record.measurement}.json`, folder)
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`)
  writeFileSync(new URL(`${record.measurement}.svg`, folder), chartOf(record))
  return file
}
