/** What a pipeline shows of itself while it runs, and how it tells which stage holds it up. Pure. */

import { PassThrough } from "node:stream"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { expectedOf, showPipeline, stageLine } from "../../packages/supervisor/src/pipeline/progress.ts"
import { bottleneckOf } from "../../packages/supervisor/src/pipeline/report.ts"
import { StageTally } from "../../packages/supervisor/src/pipeline/StageTally.ts"
import { eventually } from "../pool/places.ts"

const clock = { ms: 0 }
const now = () => clock.ms
const bar = (fraction: number, size: number) => `[${Math.round(fraction * 100)}% of ${size}]`

const tallied = (name: string, counts: Partial<StageTally>) => Object.assign(new StageTally(name, "task", now), counts)

describe("a pipeline's bars", () => {
  it("show how far each stage is, by what the one before makes of its inputs", () => {
    clock.ms = 0
    const tallies = [
      tallied("read", { in: 60, through: 50, out: 50 }),
      tallied("check", { in: 50, through: 15, out: 15, failed: 2, filtered: 8 }),
      tallied("write", { in: 15, through: 12, out: 12 })
    ]
    clock.ms = 1000
    const setup = { label: "words", tallies, expected: () => 200, now }
    expect(stageLine(setup, 0, 100, bar)).toBe("words read   [25% of 30]  50/200  50.0/s  10 waiting")
    expect(stageLine(setup, 1, 100, bar)).toBe(
      "words check  [13% of 30]  25/200  25.0/s  25 waiting  8 left out  2 failed"
    )
    expect(stageLine(setup, 2, 100, bar)).toBe("words write  [10% of 30]  12/120  12.0/s  3 waiting")
    expect(stageLine({ ...setup, expected: () => undefined }, 0, 100, bar)).toBe(
      "words read   50 done  50.0/s  10 waiting"
    )
    expect(stageLine(setup, 0, 24, bar)).toBe("words read   50/200  ")
    expect(expectedOf(tallies, 200, 2)).toBe(120)
    expect(expectedOf([tallied("none", {}), tallied("yet", {})], 200, 1)).toBeUndefined()
  })

  it("leave a line for each stage where there is no terminal", async () => {
    const stream = new PassThrough()
    let written = ""
    stream.on("data", (chunk) => {
      written += chunk
    })
    clock.ms = 0
    const tallies = [
      tallied("read", { in: 4, through: 3, out: 3 }),
      tallied("write", { in: 3, through: 2, out: 2, failed: 1 })
    ]
    const end = showPipeline({ label: "words", tallies, expected: () => 4, now, stream: stream as never })
    clock.ms = 2000
    for (const tally of tallies) tally.end()
    end()
    await eventually(() =>
      expect(written).toBe("words read: 3 done  1.5/s  1 given up\nwords write: 3 done  1.5/s  1 failed\n")
    )
  })
})

describe("a pipeline's lines, where there is no terminal", () => {
  it("come every five seconds, one for each stage", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] })
    onTestFinished(() => void vi.useRealTimers())
    const stream = new PassThrough({ encoding: "utf8" })
    clock.ms = 0
    const tallies = [tallied("read", { in: 4, through: 3, out: 3 }), tallied("write", { in: 3, through: 1, out: 1 })]
    const end = showPipeline({ label: "words", tallies, expected: () => 8, now, stream: stream as never })
    vi.advanceTimersByTime(4_999)
    expect(stream.read()).toBeNull()
    clock.ms = 2_000
    vi.advanceTimersByTime(1)
    const lines = "words read: 3/8  1.5/s  1 waiting\nwords write: 1/8  0.5/s  2 waiting\n"
    expect(stream.read()).toBe(lines)
    vi.advanceTimersByTime(10_000)
    expect(stream.read()).toBe(lines + lines)
    end()
    expect(stream.read()).toContain("words read: 3 done")
    vi.advanceTimersByTime(10_000)
    expect(stream.read()).toBeNull()
  })
})

describe("a stage's pace", () => {
  it("is of the last ten seconds while it runs, and of all of it at its end", () => {
    clock.ms = 0
    let busyMs = 0
    const tally = tallied("s", {})
    tally.busyMs = () => busyMs
    tally.capacity = () => 2
    for (let second = 1; second <= 40; second++) {
      clock.ms = second * 1000
      tally.in = tally.through = second <= 20 ? second * 10 : 200
      busyMs = second <= 20 ? second * 2000 : 40_000
      tally.moved()
      if (second === 20) expect(tally.pace()).toEqual({ perSecond: 10, utilisation: 1 })
    }
    expect(tally.pace()).toEqual({ perSecond: 0, utilisation: 0 })
    tally.end()
    expect(tally.pace()).toEqual({ perSecond: 5, utilisation: 0.5 })
  })
})

describe("the bottleneck", () => {
  const stage = (name: string, utilisation: number, waiting = 0) => ({ name, utilisation, waiting })
  it.each([
    ["the busiest stage", [stage("a", 0.3, 50), stage("b", 0.9)], { inputs: 0, reader: 0 }, "b"],
    [
      "of two that are as busy the one with more waiting",
      [stage("a", 0.93), stage("b", 0.9, 20)],
      { inputs: 0, reader: 0 },
      "b"
    ],
    ["the inputs, where they are what is waited for", [stage("a", 0.3)], { inputs: 0.7, reader: 0 }, "inputs"],
    ["the reader, where it is what takes the time", [stage("a", 0.3, 9)], { inputs: 0, reader: 0.7 }, "reader"],
    ["nobody, where nothing has been done", [stage("a", 0.02)], { inputs: 0.01, reader: 0 }, undefined]
  ] as const)("is %s", (_, stages, shares, expected) => {
    expect(bottleneckOf(stages, shares)).toBe(expected)
  })
})
