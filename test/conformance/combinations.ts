/**
 * Under which circumstances a row is played: executor, pool size, chunk size and door. All of them for
 * `npm run conformance`; for `npm test` one for each row and executor, chosen so that over all rows every pair of
 * values meets about equally often. Pure, and the same in every run.
 */
import { chunkSizes, type Door, doors, type Executor, executors, type Row, sizes } from "./Row.ts"

export interface Combination {
  readonly executor: Executor
  readonly size: number
  readonly chunkSize: number
  readonly door: Door
}

/** All combinations that the row is played in. */
export const combinationsOf = ({ on, doorsDiffer }: Row): ReadonlyArray<Combination> =>
  executors
    .filter((executor) => on[executor].play !== undefined)
    .flatMap((executor) =>
      sizes.flatMap((size) =>
        chunkSizes.flatMap((chunkSize) =>
          (doorsDiffer ? doors : doors.slice(0, 1)).map((door) => ({ executor, size, chunkSize, door }))
        )
      )
    )

/** Every two values of a combination, as text. */
export const pairsOf = (combination: Combination): ReadonlyArray<string> => {
  const values = Object.entries(combination).map(([name, value]) => `${name} ${value}`)
  return values.flatMap((value, at) => values.slice(at + 1).map((other) => `${value} & ${other}`))
}

/** One combination for each row and executor: the one whose pairs have met least so far. */
export const sampleOf = (rows: ReadonlyArray<Row>): ReadonlyMap<Row, ReadonlyArray<Combination>> => {
  const met = new Map<string, number>()
  const timesMet = (combination: Combination): number =>
    pairsOf(combination).reduce((sum, pair) => sum + (met.get(pair) ?? 0), 0)
  return new Map(
    rows.map((row) => [
      row,
      executors.flatMap((executor) => {
        const candidates = combinationsOf(row).filter((each) => each.executor === executor)
        const [chosen] = candidates.toSorted((a, b) => timesMet(a) - timesMet(b))
        if (chosen === undefined) return []
        for (const pair of pairsOf(chosen)) met.set(pair, (met.get(pair) ?? 0) + 1)
        return [chosen]
      })
    ])
  )
}

/** For a test's title. */
export const described = ({ executor, size, chunkSize, door }: Combination): string =>
  `${executor}, ${size === 1 ? "1 worker" : `${size} workers`}, chunks of ${chunkSize}, ${door} door`
