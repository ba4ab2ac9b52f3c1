/**
 * Random programs: a pool's options, calls with jobs of mixed behaviour, signals from outside, cancellations and an
 * end, drawn by fast-check from a seed. What a program is; running it is `run.ts`.
 */
import fc from "fast-check"
import type { Behaviour } from "./behaviours.ts"

/** How jobs are sent. */
export type CallKind = "map" | "settle" | "stream" | "unordered" | "submitAll"

export interface ChaosCall {
  readonly kind: CallKind
  readonly jobs: ReadonlyArray<{ readonly does: Behaviour; readonly ms: number }>
  readonly afterMs: number
  readonly onFailure: "failFast" | "collect"
  readonly chunkSize: number | "auto"
  readonly retries: number
  readonly priority: number
  /** When the call is cancelled by its signal; undefined for never. */
  readonly cancelAfterMs: number | undefined
  /** After how many values its reader stops, where it is a stream. */
  readonly breakAfter: number | undefined
}

/** How tiny jobs are sent: together, or one by one with two tasks in turn. */
export type CrowdKind = "map" | "settle" | "unordered" | "submitAll" | "alternating"

/** Tiny jobs beside the calls: so many that chunks grow, that work is taken back, and of numbers, which go packed. */
export interface ChaosCrowd {
  readonly kind: CrowdKind
  /** Whether inputs are mere numbers, which go packed; else executions are counted. */
  readonly packed: boolean
  readonly count: number
  readonly afterMs: number
  readonly priority: number
  readonly cancelAfterMs: number | undefined
}

/** What the program asks of its pool meanwhile. */
export interface ChaosChange {
  readonly afterMs: number
  readonly what: "resize" | "recycle" | "dump" | "report"
  /** To how many, where it is `resize`. */
  readonly workers: number
}

export interface ChaosSignal {
  readonly afterMs: number
  readonly signal: "SIGKILL" | "SIGTERM" | "SIGSTOP"
  /** After which time one that was stopped goes on; undefined for never. */
  readonly thawAfterMs: number | undefined
  /** Which of the workers, by place. */
  readonly worker: number
}

export interface ChaosProgram {
  readonly isolation: "process" | "thread"
  readonly workers: number
  readonly concurrency: number
  readonly maxJobsPerWorker: number | undefined
  /** Undefined for none: then all that is sent is cancelled at some moment, and that must end what runs. */
  readonly timeoutMs: number | undefined
  readonly calls: ReadonlyArray<ChaosCall>
  readonly crowds: ReadonlyArray<ChaosCrowd>
  readonly changes: ReadonlyArray<ChaosChange>
  readonly signals: ReadonlyArray<ChaosSignal>
  /** Closed once all calls have their answers; or at some moment, gently or not. */
  readonly end: { readonly how: "close" | "terminate"; readonly afterMs: number | undefined }
}

const behaviours: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 30, arbitrary: fc.constant<Behaviour>("returns") },
  { weight: 10, arbitrary: fc.constantFrom<Behaviour>("computes", "sleeps", "returnsMuch", "floods") },
  { weight: 6, arbitrary: fc.constantFrom<Behaviour>("throws", "throwsOddly", "throwsOnce", "returnsAFunction") },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Behaviour>(
      "exits",
      "exitsWithZero",
      "aborts",
      "killsItself",
      "loops",
      "allocates",
      "rejectsLate",
      "neverSettles",
      "waitsForItsSignal"
    )
  }
)

/** What ends the whole process takes the parent along on threads. */
const NATIVE: ReadonlySet<Behaviour> = new Set(["aborts", "killsItself", "allocates"])

const jobs = (isolation: ChaosProgram["isolation"]): fc.Arbitrary<ChaosCall["jobs"]> =>
  fc.array(
    fc.record({
      does: isolation === "process" ? behaviours : behaviours.map((does) => (NATIVE.has(does) ? "exits" : does)),
      ms: fc.integer({ min: 0, max: 30 })
    }),
    { maxLength: 60, size: "max" }
  )

const rarely = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 1 })

const moment = fc.integer({ min: 0, max: 1_500 })

const sometimes = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const call = (isolation: ChaosProgram["isolation"]): fc.Arbitrary<ChaosCall> =>
  fc.record({
    kind: fc.constantFrom<CallKind>("map", "settle", "stream", "unordered", "submitAll"),
    jobs: jobs(isolation),
    afterMs: fc.integer({ min: 0, max: 300 }),
    onFailure: fc.constantFrom("failFast", "collect"),
    chunkSize: fc.constantFrom<Array<number | "auto">>(1, 4, 16, "auto"),
    retries: fc.integer({ min: 0, max: 2 }),
    priority: fc.integer({ min: -1, max: 1 }),
    cancelAfterMs: sometimes(moment),
    breakAfter: sometimes(fc.nat(20))
  })

const crowd: fc.Arbitrary<ChaosCrowd> = fc.record({
  kind: fc.constantFrom<CrowdKind>("map", "settle", "unordered", "submitAll", "alternating"),
  packed: fc.boolean(),
  count: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 400, max: 40_000 })),
  afterMs: fc.integer({ min: 0, max: 300 }),
  priority: fc.integer({ min: -1, max: 1 }),
  cancelAfterMs: sometimes(fc.integer({ min: 0, max: 100 }))
})

const change: fc.Arbitrary<ChaosChange> = fc.record({
  afterMs: moment,
  what: fc.constantFrom<ChaosChange["what"]>("resize", "recycle", "dump", "report"),
  workers: fc.integer({ min: 1, max: 5 })
})

const signals = (isolation: ChaosProgram["isolation"]): fc.Arbitrary<ChaosProgram["signals"]> =>
  isolation === "thread"
    ? fc.constant([])
    : fc.array(
        fc.record({
          afterMs: moment,
          signal: fc.constantFrom<ChaosSignal["signal"]>("SIGKILL", "SIGTERM", "SIGSTOP"),
          thawAfterMs: fc.option(moment, { nil: undefined }),
          worker: fc.nat(3)
        }),
        { maxLength: 6 }
      )

const cancelled = <A extends { readonly cancelAfterMs: number | undefined }>(sent: A): A => ({
  ...sent,
  cancelAfterMs: sent.cancelAfterMs ?? 700
})

const drawn = (isolation: ChaosProgram["isolation"]): fc.Arbitrary<ChaosProgram> =>
  fc.record({
    isolation: fc.constant(isolation),
    workers: fc.integer({ min: 1, max: 4 }),
    concurrency: fc.constantFrom(1, 1, 1, 2, 4),
    maxJobsPerWorker: rarely(fc.integer({ min: 1, max: 20 })),
    timeoutMs: fc.constantFrom(400, 1_000, 400, 1_000, undefined),
    calls: fc.array(call(isolation), { minLength: 1, maxLength: 3 }),
    crowds: fc.array(crowd, { maxLength: 2 }),
    changes: fc.array(change, { maxLength: 2 }),
    signals: signals(isolation),
    end: fc.record({
      how: fc.constantFrom("close", "close", "terminate"),
      afterMs: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: moment })
    })
  })

/** Programs on this isolation. */
export const programs = (isolation: ChaosProgram["isolation"]): fc.Arbitrary<ChaosProgram> =>
  drawn(isolation).map((program) => {
    if (program.timeoutMs !== undefined) return program
    return { ...program, calls: program.calls.map(cancelled), crowds: program.crowds.map(cancelled) }
  })

/** The program of a seed: always the same one. */
export const programOf = (isolation: ChaosProgram["isolation"], seed: number): ChaosProgram => {
  const [program] = fc.sample(programs(isolation), { seed, numRuns: 1 })
  if (program === undefined) throw new Error(`no program for the seed ${seed}`)
  return program
}
