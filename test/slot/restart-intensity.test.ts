import { describe, expect, it } from "vitest"
import { RestartIntensity } from "../../packages/supervisor/src/slot/RestartIntensity.ts"

const limits = { max: 3, withinMs: 1_000, backoffMinMs: 50, backoffMaxMs: 400 }
const died = (intensity: RestartIntensity, now: number, at = now): boolean =>
  intensity.died({ worker: 1, pid: 7, at, description: `died at ${at}`, lastLogs: [] }, now)

describe("the restart intensity", () => {
  it("allows as many deaths as max, and not one more", () => {
    const intensity = new RestartIntensity(limits)
    expect([0, 1, 2, 3].map((at) => died(intensity, at))).toEqual([false, false, false, true])
  })

  it("forgets deaths that lie further back than it looks", () => {
    const intensity = new RestartIntensity(limits)
    expect([0, 400, 800, 1_200, 1_600, 2_000].map((at) => died(intensity, at))).toEqual([
      false,
      false,
      false,
      false,
      false,
      false
    ])
    expect(intensity.deaths.map(({ at }) => at)).toEqual([1_200, 1_600, 2_000])
    expect(died(intensity, 2_001)).toBe(true)
  })

  it("counts a death that lies exactly that far back no more", () => {
    const intensity = new RestartIntensity({ ...limits, max: 1 })
    died(intensity, 0)
    expect(died(intensity, 1_000)).toBe(false)
    expect(died(intensity, 1_999)).toBe(true)
  })

  it("forgets them in time where the system's clock is set back meanwhile, or on", () => {
    const intensity = new RestartIntensity({ ...limits, max: 1 })
    const hour = 3_600_000
    expect(died(intensity, 0, hour)).toBe(false)
    expect(died(intensity, 5_000, 5_000)).toBe(false)
    expect(died(intensity, 5_001, hour)).toBe(true)
  })

  it("allows none where max is 0", () => {
    expect(died(new RestartIntensity({ ...limits, max: 0 }), 5)).toBe(true)
  })

  it("waits twice as long from one start to the next, up to its longest wait", () => {
    const intensity = new RestartIntensity(limits)
    expect([1, 2, 3, 4, 5, 6].map(() => intensity.nextBackoffMs())).toEqual([50, 100, 200, 400, 400, 400])
  })

  it("waits briefly again once a job has finished", () => {
    const intensity = new RestartIntensity(limits)
    intensity.nextBackoffMs()
    intensity.nextBackoffMs()
    intensity.jobFinished()
    expect(intensity.nextBackoffMs()).toBe(50)
  })
})
