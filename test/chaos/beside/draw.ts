/** Draws programs of jobs side by side by fast-check, each from a seed. */
import fc from "fast-check"
import type { Does, Isolation, Loading, Plan, PlannedCall, PlannedChange, PoolPlan } from "./plan.ts"

const rarely = <A>(arbitrary: fc.Arbitrary<A>, weight = 4): fc.Arbitrary<A | undefined> =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const moment = fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 120 }))

const INLINE: ReadonlyArray<Does> = [
  "returns",
  "sleeps",
  "computes",
  "listens",
  "reads",
  "throws",
  "throwsOnce",
  "waits"
]

const fitting = (isolation: Isolation, does: Does): Does => {
  if (isolation === "inline" && !INLINE.includes(does)) return "sleeps"
  // It takes the program along.
  return isolation === "thread" && does === "killsItself" ? "exits" : does
}

const does = (isolation: Isolation): fc.Arbitrary<Does> =>
  fc
    .oneof(
      {
        weight: 24,
        arbitrary: fc.constantFrom<Array<Does>>("sleeps", "sleeps", "returns", "listens", "reads", "ignores")
      },
      { weight: 3, arbitrary: fc.constant<Does>("computes") },
      { weight: 3, arbitrary: fc.constantFrom<Array<Does>>("throws", "throwsOnce") },
      {
        weight: 3,
        arbitrary: fc.constantFrom<Array<Does>>(
          "exits",
          "exitsLater",
          "exitsOnce",
          "killsItself",
          "loops",
          "waits",
          "escapes"
        )
      }
    )
    .map((drawn) => fitting(isolation, drawn))

const UNENDING: ReadonlySet<Does> = new Set(["loops", "waits"])

/** Each job of such a module takes its worker some seconds, or its life. */
const COSTLY: ReadonlySet<Loading> = new Set(["never", "spins", "exits"])
const MOST_COSTLY = 3

const bounded = (call: PlannedCall): PlannedCall => {
  const jobs = COSTLY.has(call.loading) ? call.jobs.slice(0, MOST_COSTLY) : call.jobs
  const mustEnd = jobs.some((job) => UNENDING.has(job.does)) && call.timeoutMs === undefined
  // What nothing else ends is cancelled, or has a limit.
  if (!mustEnd) return { ...call, jobs }
  const isCancelled = call.cancelAfterMs !== undefined && call.cancelEvery === 1
  return { ...call, jobs, timeoutMs: isCancelled ? undefined : 500 }
}

const call = (isolation: Isolation, pools: number): fc.Arbitrary<PlannedCall> =>
  fc
    .record({
      pool: fc.nat(pools - 1),
      kind: fc.constantFrom<Array<PlannedCall["kind"]>>(
        "submit",
        "submit",
        "submitAll",
        "map",
        "settle",
        "stream",
        "outcomes"
      ),
      loading:
        isolation === "inline"
          ? fc.constant<Loading>("plain")
          : fc.oneof(
              { weight: 4, arbitrary: fc.constantFrom<Array<Loading>>("plain", "plain", "slow", "blocks") },
              { weight: 1, arbitrary: fc.constantFrom<Array<Loading>>("throws", "exits", "never", "spins") }
            ),
      jobs: fc.array(fc.record({ does: does(isolation), ms: fc.integer({ min: 0, max: 40 }) }), {
        minLength: 1,
        maxLength: 20,
        size: "max"
      }),
      afterMs: fc.integer({ min: 0, max: 400 }),
      gapMs: fc.constantFrom(0, 0, 1, 15),
      concurrency: fc.constantFrom(1, 2, 2, 3, 5),
      priority: fc.integer({ min: -1, max: 1 }),
      timeoutMs: rarely(fc.constantFrom(500, 1_000), 2),
      queueTimeoutMs: rarely(fc.constantFrom(60, 250, 600)),
      retries: fc.constantFrom(0, 0, 1, 2),
      chunkSize: fc.constantFrom<Array<number | "auto">>(1, 4, "auto"),
      lookAhead: rarely(fc.integer({ min: 1, max: 4 })),
      ordered: fc.boolean(),
      onFailure: fc.constantFrom<Array<PlannedCall["onFailure"]>>("failFast", "collect", "collect"),
      cancelAfterMs: rarely(moment, 2),
      cancelEvery: fc.integer({ min: 1, max: 3 }),
      leaveAfter: rarely(fc.nat(10))
    })
    .map(bounded)

const change = (pools: number): fc.Arbitrary<PlannedChange> =>
  fc.record({
    pool: fc.nat(pools - 1),
    afterMs: moment,
    what: fc.constantFrom<Array<PlannedChange["what"]>>(
      "resize",
      "recycle",
      "dump",
      "push",
      "push",
      "pull",
      "broadcast",
      "scatter"
    ),
    workers: fc.integer({ min: 1, max: 3 })
  })

const pool: fc.Arbitrary<PoolPlan> = fc.record({
  workers: fc.constantFrom(1, 1, 2, 3),
  concurrency: fc.constantFrom(1, 2, 2, 4),
  spare: fc.constantFrom(0, 0, 1),
  schedule: fc.constantFrom<Array<PoolPlan["schedule"]>>("balanced", "balanced", "static"),
  maxQueue: rarely(fc.integer({ min: 1, max: 12 })),
  maxJobsPerWorker: rarely(fc.integer({ min: 1, max: 12 })),
  killGraceMs: fc.constantFrom(0, 100, 400),
  drainTimeoutMs: fc.constantFrom(0, 300, 60_000, 60_000)
})

const drawn = (isolation: Isolation): fc.Arbitrary<Plan & { readonly atOnceMs: number | undefined }> =>
  fc.constantFrom(1, 1, 2).chain((pools) =>
    fc.record({
      isolation: fc.constant(isolation),
      pools: fc.array(pool, { minLength: pools, maxLength: pools }),
      calls: fc.array(call(isolation, pools), { minLength: 2, maxLength: 6, size: "max" }),
      changes: fc.array(change(pools), { maxLength: 5 }),
      atOnceMs: fc.option(fc.integer({ min: 0, max: 700 }), { nil: undefined }),
      end: fc.record({
        how: fc.constantFrom<Array<Plan["end"]["how"]>>("close", "close", "terminate"),
        afterMs: rarely(moment)
      })
    })
  )

/** Whatever is to happen at some moment, at the same one. */
const coinciding = (plan: Plan & { readonly atOnceMs: number | undefined }): Plan => {
  const { atOnceMs, calls, changes, end, ...rest } = plan
  if (atOnceMs === undefined) return { ...rest, calls, changes, end }
  const near = (ms: number): number => atOnceMs + (ms % 4)
  return {
    ...rest,
    calls: calls.map((call) => {
      const { afterMs, cancelAfterMs } = call
      return cancelAfterMs === undefined ? call : { ...call, cancelAfterMs: Math.max(0, near(cancelAfterMs) - afterMs) }
    }),
    changes: changes.map((each) => ({ ...each, afterMs: near(each.afterMs) })),
    end: { ...end, afterMs: end.afterMs === undefined ? undefined : near(end.afterMs) }
  }
}

/** The program of a seed: always the same one. */
export const besideOf = (isolation: Isolation, seed: number): Plan => {
  const [plan] = fc.sample(drawn(isolation), { seed, numRuns: 1 })
  if (plan === undefined) throw new Error(`no program for the seed ${seed}`)
  return coinciding(plan)
}
