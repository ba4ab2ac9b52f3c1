import { describe, expect, it } from "vitest"
import { type Bar, Track } from "../../packages/supervisor/src/timeline/Track.ts"

const MOST = 100

const bar = (nth: number, about: Partial<Bar> = {}): Bar => ({
  worker: 1,
  task: "task",
  call: 1,
  index: nth,
  count: 1,
  attempt: 1,
  outcome: "succeeded",
  startedAt: nth * 10,
  endedAt: nth * 10 + 5,
  busyMs: 5,
  track: 0,
  beside: false,
  pinned: false,
  ...about
})

const trackOf = (count: number, about: (nth: number) => Partial<Bar>): Track => {
  const track = new Track()
  for (let nth = 0; nth < count; nth++) track.add(bar(nth, about(nth)), MOST)
  return track
}

const jobsIn = ({ bars }: Track): number => bars.reduce((sum, { count }) => sum + count, 0)

describe("the bars of a worker", () => {
  it("of one kind are put together, and all are drawn", () => {
    const track = trackOf(10_000, () => ({}))
    expect(track.bars.length).toBeLessThanOrEqual(MOST)
    expect([jobsIn(track), track.forgotten]).toEqual([10_000, 0])
  })

  it.each<[string, (nth: number) => Partial<Bar>]>([
    ["tasks", (nth) => ({ task: nth % 2 === 0 ? "one" : "two" })],
    ["calls", (nth) => ({ call: nth })],
    ["outcomes", (nth) => ({ outcome: nth % 2 === 0 ? "failed" : "succeeded" })]
  ])("of %s that alternate are bounded too: the oldest go, and are counted", (_, about) => {
    const track = trackOf(10_000, about)
    expect(track.bars.length).toBeLessThanOrEqual(MOST)
    expect(track.bars.at(-1)?.index).toBe(9999)
    expect(track.forgotten).toBeGreaterThan(9000)
    expect(jobsIn(track) + track.forgotten).toBe(10_000)
  })

  it("that are pinned stay, and those between them are bounded", () => {
    const track = trackOf(1000, (nth) => ({ pinned: nth % 2 === 0 }))
    expect(track.bars.filter(({ pinned }) => pinned)).toHaveLength(500)
    expect(track.bars.length).toBeLessThanOrEqual(500 + MOST)
    expect(jobsIn(track) + track.forgotten).toBe(1000)
  })

  it("of one kind are as fine as before, after others that could not be put together", () => {
    const track = trackOf(5050, (nth) => (nth < 5000 ? { call: nth } : {}))
    expect(track.bars.slice(-50).map(({ count }) => count)).toEqual(new Array(50).fill(1))
  })
})
