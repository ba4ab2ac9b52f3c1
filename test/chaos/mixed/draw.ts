/** Draws mixed programs by fast-check, each from a seed. */
import fc from "fast-check"
import type { Act } from "./acts.ts"
import { withExtras } from "./extras.ts"
import type {
  CallKind,
  Isolation,
  PlainInputs,
  Plan,
  PlannedCall,
  PlannedChange,
  PlannedKill,
  TaskKind
} from "./plan.ts"

const rarely = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const moment = fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 60 }))

const WELL: ReadonlyArray<Act> = [
  "returnsMuch",
  "sleeps",
  "listens",
  "computes",
  "prints",
  "beats",
  "adds",
  "locks",
  "takes",
  "reads"
]
const ILL: ReadonlyArray<Act> = ["throws", "throwsOnce", "abortsRetries", "returnsAFunction", "checkpoints"]
const DEADLY: ReadonlyArray<Act> = [
  "takesForever",
  "exits",
  "exitsOnce",
  "loops",
  "waits",
  "neverSettles",
  "throwsLate",
  "fills"
]
/** Nothing isolates these from the program. */
const INLINE: ReadonlyArray<Act> = [...WELL.filter((does) => does !== "prints"), ...ILL, "returns"]

const acts = (isolation: Isolation, hasMaxMemory: boolean, isTimed: boolean): fc.Arbitrary<Act> => {
  const fits = (does: Act): boolean => {
    if (does === "fills") return hasMaxMemory && isolation === "process"
    if (does === "loops" || does === "waits" || does === "takesForever") return isTimed
    return true
  }
  return fc
    .oneof(
      { weight: 20, arbitrary: fc.constant<Act>("returns") },
      { weight: 12, arbitrary: fc.constantFrom(...WELL) },
      { weight: 3, arbitrary: fc.constantFrom(...ILL) },
      { weight: 1, arbitrary: fc.constantFrom(...DEADLY) }
    )
    .map((does) => (!fits(does) || (isolation === "inline" && !INLINE.includes(does)) ? "sleeps" : does))
}

const KINDS: ReadonlyArray<CallKind> = [
  "run",
  "submit",
  "submitAll",
  "map",
  "settle",
  "lift",
  "stream",
  "outcomes",
  "via",
  "pipeline",
  "partials",
  "broadcast",
  "push"
]
/** By how often each is drawn. */
export const INPUTS: ReadonlyArray<PlainInputs> = [
  "array",
  "array",
  "generator",
  "async",
  "slow",
  "breaks",
  "breaksAsync",
  "hangs"
]

const UNENDING: ReadonlySet<Act> = new Set(["loops", "waits", "takesForever"])

const BARE = {
  pauseMs: 1,
  retries: 0,
  maxCrashes: 3,
  priority: 0,
  timeoutMs: undefined,
  queueTimeoutMs: undefined,
  heartbeatTimeoutMs: undefined,
  cancelBy: "own"
} as const

const fitting = ({ more, ...drawn }: PlannedCall & { readonly more: number }): PlannedCall => {
  const isSlow = drawn.kind === "run" || drawn.inputs === "slow" || drawn.readMs > 0
  const tiny = Array.from({ length: isSlow ? 0 : more }, () => ({ does: "returns", ms: 0 }) as const)
  const call = { ...drawn, jobs: [...drawn.jobs, ...tiny] }
  const isSingle = call.kind === "run" || call.kind === "submit"
  if (isSingle && call.isBare && !call.jobs.some(({ does }) => UNENDING.has(does))) return { ...call, ...BARE }
  // What gives no more is waited for until the call is cancelled.
  const cancelAfterMs = call.inputs === "hangs" ? (call.cancelAfterMs ?? 500) : call.cancelAfterMs
  return { ...call, isBare: false, cancelAfterMs }
}

const call = (isolation: Isolation, hasMaxMemory: boolean): fc.Arbitrary<PlannedCall> =>
  rarely(fc.boolean()).chain((untimed) =>
    fc
      .record({
        kind: fc.constantFrom(...KINDS),
        task: fc.constantFrom<Array<TaskKind>>("plain", "plain", "once", "effect", "spread"),
        jobs: fc.array(
          fc.record({
            does: acts(isolation, hasMaxMemory, untimed === undefined),
            ms: fc.integer({ min: 0, max: 25 })
          }),
          { maxLength: 40, size: "max" }
        ),
        /** So many more, which take next to nothing. */
        more: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(1_500) }),
        isBare: fc.boolean(),
        inputs: fc.constantFrom(...INPUTS),
        breaksAt: fc.nat(30),
        afterMs: fc.integer({ min: 0, max: 250 }),
        ordered: fc.boolean(),
        onFailure: fc.constantFrom<Array<PlannedCall["onFailure"]>>("failFast", "collect", "collect"),
        chunkSize: fc.constantFrom<Array<number | "auto">>(1, 3, 16, "auto", "auto"),
        lookAhead: rarely(fc.integer({ min: 1, max: 4 })),
        concurrency: fc.constantFrom(1, 1, 1, 2, 5),
        retries: fc.constantFrom(0, 0, 1, 2, 4),
        pauseMs: fc.constantFrom(1, 1, 60),
        maxCrashes: fc.integer({ min: 1, max: 3 }),
        priority: fc.integer({ min: -1, max: 1 }),
        timeoutMs: untimed === undefined ? fc.constantFrom(400, 900) : fc.constant(undefined),
        queueTimeoutMs: rarely(fc.constantFrom(150, 600)),
        heartbeatTimeoutMs: rarely(fc.constantFrom(300)),
        cancelAfterMs: rarely(moment),
        cancelBy: fc.constantFrom("signal", "own"),
        leaveAfter: rarely(fc.nat(15)),
        readMs: fc.constantFrom(0, 0, 0, 1, 10)
      })
      .map(fitting)
  )

const change: fc.Arbitrary<PlannedChange> = fc.record({
  afterMs: moment,
  what: fc.constantFrom<PlannedChange["what"]>("resize", "recycle", "dump", "report"),
  workers: fc.integer({ min: 1, max: 5 })
})

const kill: fc.Arbitrary<PlannedKill> = fc.record({
  afterMs: moment,
  signal: fc.constantFrom<Array<PlannedKill["signal"]>>("SIGKILL", "SIGKILL", "SIGTERM", "SIGSTOP"),
  thawAfterMs: fc.integer({ min: 0, max: 300 }),
  worker: fc.nat(3),
  idle: fc.boolean()
})

const drawn = (isolation: Isolation): fc.Arbitrary<Plan> =>
  fc.boolean().chain((mayMaxMemory) => {
    const hasMaxMemory = mayMaxMemory && isolation === "process"
    return fc.record({
      isolation: fc.constant(isolation),
      door: fc.constantFrom<Plan["door"]>("promise", "effect"),
      workers: fc.integer({ min: 1, max: 4 }),
      concurrency: fc.constantFrom(1, 1, 1, 3),
      schedule: fc.constantFrom<Array<Plan["schedule"]>>("balanced", "balanced", "balanced", "static"),
      maxQueue: rarely(fc.integer({ min: 1, max: 30 })),
      maxJobsPerWorker: rarely(fc.integer({ min: 1, max: 15 })),
      hasMaxMemory: fc.constant(hasMaxMemory),
      hasContext: fc.boolean(),
      startFault: isolation === "inline" ? fc.constant(undefined) : rarely(fc.constantFrom("throws", "exits", "hangs")),
      hasSecond: rarely(fc.constant(true)).map((has) => has === true),
      hasReports: fc.constantFrom(false, false, true),
      restartMax: fc.constantFrom(0, 1, 1_000, 1_000, 1_000),
      spare: fc.constantFrom(0, 0, 1, 2),
      stallMs: fc.constantFrom(30, 250, 30_000, 30_000),
      killGraceMs: fc.constantFrom(0, 100, 400),
      drainTimeoutMs: fc.constantFrom(0, 50, 500, 60_000, 60_000),
      calls: fc.array(call(isolation, hasMaxMemory), { minLength: 1, maxLength: 6, size: "max" }),
      changes: fc.array(change, { maxLength: 3 }),
      kills: isolation === "process" ? fc.oneof(fc.constant([]), fc.array(kill, { maxLength: 5 })) : fc.constant([]),
      /** At which all that is done to the pool happens, if it is to be at once. */
      atOnceMs: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }),
      end: fc.record({
        how: fc.constantFrom<Array<Plan["end"]["how"]>>("close", "close", "terminate", "both"),
        afterMs: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: moment })
      })
    })
  })

/** Whatever is to happen at some moment, at the same one. */
const coinciding = (plan: Plan): Plan => {
  const { atOnceMs, calls, changes, end, kills } = plan
  if (atOnceMs === undefined) return plan
  const near = (ms: number): number => atOnceMs + (ms % 4)
  return {
    ...plan,
    calls: calls.map((call) => {
      const { afterMs, cancelAfterMs } = call
      return cancelAfterMs === undefined ? call : { ...call, cancelAfterMs: Math.max(0, near(cancelAfterMs) - afterMs) }
    }),
    changes: changes.map((change) => ({ ...change, afterMs: near(change.afterMs) })),
    kills: kills.map((kill) => ({ ...kill, afterMs: near(kill.afterMs) })),
    end: { ...end, afterMs: end.afterMs === undefined ? undefined : near(end.afterMs) }
  }
}

const PROMISED: ReadonlySet<CallKind> = new Set(["run", "map", "settle", "lift"])

/** The program of a seed: always the same one. */
export const planOf = (isolation: Isolation, seed: number): Plan => {
  const [plan] = fc.sample(drawn(isolation), { seed, numRuns: 1 })
  if (plan === undefined) throw new Error(`no program for the seed ${seed}`)
  // A promise can't be interrupted.
  const bySignal = (call: PlannedCall): PlannedCall =>
    PROMISED.has(call.kind) && !call.isBare ? { ...call, cancelBy: "signal" } : call
  return withExtras(coinciding(plan.door === "effect" ? plan : { ...plan, calls: plan.calls.map(bySignal) }), seed)
}
