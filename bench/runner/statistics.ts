/** The few numbers that a list of rounds comes down to. Pure arithmetic; no tests of significance. */

/** The value below which this part of the values lies, interpolated. */
const quantile = (sorted: ReadonlyArray<number>, part: number): number => {
  const place = (sorted.length - 1) * part
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

export interface Summary {
  readonly median: number
  /** The quartiles: half of all rounds lie between them. */
  readonly lower: number
  readonly upper: number
  readonly min: number
  readonly max: number
}

/** Of at least one value. */
export const summaryOf = (values: ReadonlyArray<number>): Summary => {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    lower: quantile(sorted, 0.25),
    upper: quantile(sorted, 0.75),
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN
  }
}

/**
 * Median over the rounds of `ours` in parts of `theirs`. Taken round by round: what loads the machine for a while
 * loads neighbours in a round alike, so their ratio is steadier than either.
 */
export const ratioOf = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): number | undefined => {
  const ratios: Array<number> = []
  for (let round = 0; round < Math.min(ours.length, theirs.length); round++)
    ratios.push((ours[round] ?? Number.NaN) / (theirs[round] ?? Number.NaN))
  return ratios.length === 0 ? undefined : summaryOf(ratios).median
}
