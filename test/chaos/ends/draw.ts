/** Draws ends by fast-check, each from a seed: a program of pools that obey signals, and when it is sent which. */
import fc from "fast-check"

export type Isolation = "process" | "thread"

/** A pool of the program, and its one call. */
export interface EndingPool {
  readonly signals: "drain" | "terminate"
  readonly workers: number
  readonly drainTimeoutMs: number
  readonly call: "settle" | "submitAll" | "outcomes" | "pipeline"
  readonly chunkSize: number | "auto"
  /** How long each of its jobs takes. */
  readonly jobs: ReadonlyArray<number>
}

export interface Sent {
  readonly signal: "SIGINT" | "SIGTERM"
  readonly afterMs: number
}

export interface Ends {
  readonly isolation: Isolation
  readonly pools: ReadonlyArray<EndingPool>
  readonly first: Sent
  /** Whether that is counted from the start of the first job. */
  readonly isBusy: boolean
  /** So long behind the first. */
  readonly second: Sent | undefined
}

const LONG_MS = 300
const LONGER_MS = 14_000

const sent = fc.record({
  signal: fc.constantFrom("SIGINT", "SIGTERM"),
  afterMs: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 900 }))
})

const drawn = (isolation: Isolation): fc.Arbitrary<Ends> =>
  fc.record({
    isolation: fc.constant(isolation),
    pools: fc.array(
      fc.record({
        signals: fc.constantFrom("drain", "drain", "drain", "terminate"),
        workers: fc.integer({ min: 1, max: 2 }),
        drainTimeoutMs: fc.constantFrom(20_000, 20_000, 150),
        call: fc.constantFrom("settle", "submitAll", "outcomes", "pipeline"),
        chunkSize: fc.constantFrom<Array<number | "auto">>(1, 4, "auto"),
        jobs: fc.array(fc.constantFrom(0, 1, 10, 60, LONG_MS), { maxLength: 30, size: "max" })
      }),
      { minLength: 1, maxLength: 3 }
    ),
    first: sent,
    isBusy: fc.constantFrom(true, true, false),
    second: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: sent })
  })

/** The ends of a seed: always the same. */
export const endsOf = (isolation: Isolation, seed: number): Ends => {
  const [ends] = fc.sample(drawn(isolation), { seed, numRuns: 1 })
  if (ends === undefined) throw new Error(`no ends for the seed ${seed}`)
  if (ends.second === undefined) return ends
  // Longer than a second signal may take to be heard.
  const longer = (pool: EndingPool): EndingPool => ({
    ...pool,
    jobs: pool.jobs.map((ms) => (ms === LONG_MS ? LONGER_MS : ms))
  })
  return { ...ends, pools: ends.pools.map(longer) }
}
