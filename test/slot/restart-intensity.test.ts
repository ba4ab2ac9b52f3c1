import type { Death } from "@holdfast/core"
import { expect, it } from "vitest"
import { RestartIntensity } from "../../packages/supervisor/src/slot/RestartIntensity.ts"

const limits = { max: 2, withinMs: 1000, backoffMinMs: 50, backoffMaxMs: 200 }
const death = (at: number): Death => ({ worker: 1, pid: 1, at, description: "died", lastLogs: [] })

it("allows so many deaths within the time, and not one more", () => {
  const intensity = new RestartIntensity(limits)
  expect([0, 500, 900].map((at) => intensity.died(death(at)))).toEqual([false, false, true])
})

it("forgets deaths that are older", () => {
  const intensity = new RestartIntensity(limits)
  expect([0, 500, 1001, 1500].map((at) => intensity.died(death(at)))).toEqual([false, false, false, false])
  expect(intensity.deaths.map(({ at }) => at)).toEqual([1001, 1500])
})

it("waits twice as long each time, up to the most, until a job has finished", () => {
  const intensity = new RestartIntensity(limits)
  expect([1, 2, 3, 4].map(() => intensity.nextBackoffMs())).toEqual([50, 100, 200, 200])
  intensity.jobFinished()
  expect(intensity.nextBackoffMs()).toBe(50)
})
