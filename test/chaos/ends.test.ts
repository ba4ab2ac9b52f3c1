/** Two programs that signals end, and proof that it would notice: `npm run chaos -- --kind ends` runs them for long. */
import { describe, expect, it } from "vitest"
import { type Ends, endsOf } from "./ends/draw.ts"
import { type Ended, objectionsToEnd, runEnds } from "./ends/run.ts"

it.each(["process", "thread"] as const)(
  "a program ends of its signal, on %s",
  { timeout: 120_000 },
  async (isolation) => {
    expect((await runEnds(isolation, 2)).objections).toEqual([])
  }
)

describe("an end", () => {
  const [pool] = endsOf("thread", 1).pools
  if (pool === undefined) throw new Error("a program without pools")
  const drains = { ...pool, signals: "drain", drainTimeoutMs: 20_000, call: "settle", jobs: [0, 0] } as const
  const ends: Ends = {
    ...{ isolation: "thread", pools: [drains], second: undefined, isBusy: true },
    first: { signal: "SIGINT", afterMs: 0 }
  }
  const well: Ended = {
    ...{ ends, code: null, signal: "SIGINT", out: "ready", err: "", sentAt: [1_000], endedAt: 1_500 },
    told: [
      ["p0j0.", "well"],
      ["p0j1.", "PoolClosed"],
      ["p0", "behind"]
    ],
    executed: [{ id: "p0j0.", at: 900, pid: 1 }]
  }
  const objections = (odd: Partial<Ended>): string => objectionsToEnd({ ...well, ...odd }).join()

  it("is right where what ran is finished, and what did not is told of", () => {
    expect(objections({})).toBe("")
  })

  it("is wrong where a job is cut short, forgotten, begun too late, or the signal is not told", () => {
    const cut = [["p0j0.", "PoolClosed"], ...well.told.slice(1)] as Ended["told"]
    expect(objections({ told: cut })).toContain("ran when it was to be finished")
    expect(objections({ told: well.told.slice(1) })).toContain("was not told of")
    expect(objections({ told: well.told.slice(0, 2) })).toContain("was not reached")
    expect(objections({ executed: [{ id: "p0j0.", at: 2_000, pid: 1 }] })).toContain("began after the signal")
    expect(objections({ signal: null, code: 130 })).toContain("it ended with 130")
    expect(objections({ sentAt: [1_000, 1_100], endedAt: 11_000 })).toContain("to end at once")
  })
})
