import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { RestClock } from "../../packages/supervisor/src/transport/RestClock.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const { soonestMs } = RestClock

it("asks once nothing has gone by for so long, and not while something does", () => {
  const ask = vi.fn()
  const clock = new RestClock(ask)
  vi.advanceTimersByTime(soonestMs * 10)
  expect(ask).not.toHaveBeenCalled()
  for (let time = 0; time < 20; time++) {
    clock.used()
    vi.advanceTimersByTime(soonestMs / 2)
  }
  expect(ask).not.toHaveBeenCalled()
  vi.advanceTimersByTime(soonestMs)
  expect(ask).toHaveBeenCalledTimes(1)
})

it("asks a worker that does not rest again, less and less often, and then no more", () => {
  const ask = vi.fn()
  new RestClock(ask).used()
  vi.advanceTimersByTime(soonestMs * 2)
  expect(ask).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(soonestMs * 1.5)
  expect(ask).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(soonestMs * 1000)
  expect(ask).toHaveBeenCalledTimes(6)
  expect(vi.getTimerCount()).toBe(0)
})

it("lets a worker that is woken each time rest later, up to a limit", () => {
  const ask = vi.fn()
  const clock = new RestClock(ask)
  const waits: Array<number> = []
  for (let time = 1; time < 8; time++) {
    clock.used()
    let waited = 0
    for (; ask.mock.calls.length < time; waited += soonestMs) vi.advanceTimersByTime(soonestMs)
    waits.push(waited / soonestMs)
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 16, 16])
})

it("asks nobody any more once it is closed", () => {
  const ask = vi.fn()
  const clock = new RestClock(ask)
  clock.used()
  clock.close()
  clock.used()
  vi.advanceTimersByTime(soonestMs * 10)
  expect(ask).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})
