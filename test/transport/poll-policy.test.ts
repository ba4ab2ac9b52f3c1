/** Parent and worker wait for each other awake only where that was seen to be faster. */
import { beforeEach, expect, it } from "vitest"
import { PollPolicy } from "../../packages/supervisor/src/transport/PollPolicy.ts"

/** As many round trips as are averaged. */
const WINDOW = 256

let now = 0
let isPolling = false
let policy: PollPolicy

beforeEach(() => {
  now = 0
  isPolling = false
  const poll = {
    begin: () => {
      isPolling = true
    },
    end: () => {
      isPolling = false
    }
  }
  policy = new PollPolicy(poll, () => now)
})

/** So many windows of round trips, each of which takes as long as it does in the way that is taken; how many were awake. */
const windows = (count: number, microseconds: { readonly asleep: number; readonly awake: number }): number => {
  let awake = 0
  let wrong = 0
  for (let trip = 0; trip < count * WINDOW; trip++) {
    policy.asked()
    if (isPolling !== policy.awake) wrong++
    if (policy.awake) awake++
    now += (policy.awake ? microseconds.awake : microseconds.asleep) / 1000
    policy.answered()
    if (isPolling) wrong++
  }
  expect(wrong).toBe(0)
  return awake / WINDOW
}

it("begins asleep, tries to be awake, and stays so where that is faster", () => {
  expect(windows(1, { asleep: 60, awake: 20 })).toBe(0)
  expect(windows(2, { asleep: 60, awake: 20 })).toBe(1)
  expect(windows(4, { asleep: 60, awake: 20 })).toBe(4)
  expect(windows(1000, { asleep: 60, awake: 20 })).toBeGreaterThan(750)
})

it("goes back to sleep where it brings nothing, and tries ever more rarely", () => {
  const machine = { asleep: 60, awake: 55 }
  const first = windows(100, machine)
  expect(first).toBeGreaterThan(1)
  expect(windows(1000, machine)).toBeLessThan(first * 5)
})

it("sleeps again as soon as other programs want the processors", () => {
  windows(10, { asleep: 60, awake: 20 })
  const busy = { asleep: 60, awake: 90 }
  expect(windows(3, busy)).toBeLessThanOrEqual(2)
  expect(windows(100, busy)).toBeLessThan(20)
})

it("stays awake where that is faster, though the machine is slow for a while now and then", () => {
  const quiet = { asleep: 90, awake: 30 }
  const slow = { asleep: 270, awake: 90 }
  windows(10, quiet)
  let awake = 0
  for (let burst = 0; burst < 200; burst++) awake += windows(1, slow) + windows(3, quiet)
  expect(awake).toBeGreaterThan(0.7 * 4 * 200)
})

it("tries it, too, on a machine where to be woken takes long", () => {
  expect(windows(100, { asleep: 400, awake: 100 })).toBeGreaterThan(75)
})

it("is never awake for jobs that are not tiny", () => {
  expect(windows(100, { asleep: 600, awake: 550 })).toBe(0)
})

it("does not stay awake when jobs that were tiny are so no more", () => {
  windows(10, { asleep: 60, awake: 20 })
  expect(windows(3, { asleep: 5000, awake: 4950 })).toBeLessThanOrEqual(1)
  expect(windows(100, { asleep: 5000, awake: 4950 })).toBe(0)
})

it("counts one of many messages, and an answer that nobody has asked for not at all", () => {
  for (let trip = 0; trip < 10 * WINDOW; trip++) policy.answered()
  expect(policy.awake).toBe(false)
  for (let trip = 0; trip < WINDOW; trip++) {
    for (let each = 0; each < 3; each++) policy.asked()
    now += 0.05
    for (let each = 0; each < 3; each++) policy.answered()
  }
  expect(policy.awake).toBe(true)
})
