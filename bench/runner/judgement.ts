/** Holds a comparison against its aims. A missed aim is told, never a failure of the run: times are not asserted. */
import type { Aim, Compared } from "./Measurement.ts"
import { ratioOf, summaryOf } from "./statistics.ts"

export interface Judged {
  /** The aim in words. */
  readonly aim: string
  /** What came out, in the aim's own terms; undefined where one side has no result. */
  readonly measured: number | undefined
  readonly reached: boolean | undefined
}

const judgeOne = ({ comparison: { unit, better }, rows }: Compared, aim: Aim): Judged => {
  const sign = better === "more" ? "≥" : "≤"
  const ours = rows[0]?.values ?? []
  const relative = aim.against !== undefined
  const theirs = rows.find(({ name }) => name === aim.against)?.values ?? []
  const measured = relative ? ratioOf(ours, theirs) : ours.length === 0 ? undefined : summaryOf(ours).median
  const wanted = relative ? aim.factor : aim.limit
  return {
    aim: relative ? `${sign} ${wanted} × ${aim.against}` : `${sign} ${wanted} ${unit}`,
    measured,
    reached: measured === undefined ? undefined : better === "more" ? measured >= wanted : measured <= wanted
  }
}

export const judge = (compared: Compared): Array<Judged> =>
  compared.comparison.aims.map((aim) => judgeOne(compared, aim))
