import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import { describe, expect, it } from "vitest"
import { resolvePoolOptions } from "../../packages/supervisor/src/options/resolve.ts"
import { refusalOf } from "./refusal.ts"

const expectedOf = (options: unknown) =>
  refusalOf(() => resolvePoolOptions(options)).problems.map(({ expected }) => expected)

describe("a duration", () => {
  it.each([
    [1500, 1500],
    [0.5, 0.5],
    ["1.5 seconds", 1500],
    ["2 minutes", 120_000],
    [{ seconds: 2, milliseconds: 5 }, 2005],
    [[1, 500_000_000], 1500],
    [3_000_000n, 3],
    [Duration.hours(1), 3_600_000],
    ["24 days", 24 * 86_400_000]
  ])("written as %o comes to %d ms", (timeout, ms) => {
    expect(resolvePoolOptions({ timeout }).timeoutMs).toBe(ms)
  })

  it.each([
    0,
    -1,
    Number.NaN,
    "30s",
    "",
    "soon",
    null,
    true,
    {},
    { second: 5 },
    { seconds: "5" },
    { seconds: Number.NaN },
    [1],
    [1, 2, 3],
    [Number.NaN, 1],
    "-1 seconds",
    "25 days",
    2 ** 31,
    new Date(),
    Symbol("x")
  ])("can't be written as %o", (timeout) => {
    expect(expectedOf({ timeout })).toEqual([expect.stringMatching(/^a duration over 0/)])
  })

  it("may be Infinity where it limits, which lifts the limit", () => {
    const none = {
      timeout: Number.POSITIVE_INFINITY,
      heartbeatTimeout: "Infinity",
      queueTimeout: Duration.infinity,
      stallWarning: Number.POSITIVE_INFINITY
    }
    expect(resolvePoolOptions(none)).toMatchObject({
      timeoutMs: undefined,
      heartbeatTimeoutMs: undefined,
      queueTimeoutMs: undefined,
      stallWarningMs: undefined
    })
  })

  it("must end where something waits for it, since nothing may wait for ever", () => {
    const never = Number.POSITIVE_INFINITY
    expect(expectedOf({ startTimeout: never, killGrace: never, drainTimeout: never })).toHaveLength(3)
  })

  it("may be 0 where that means at once", () => {
    expect(resolvePoolOptions({ killGrace: 0, drainTimeout: 0 })).toMatchObject({ killGraceMs: 0, drainTimeoutMs: 0 })
  })
})

describe("a size", () => {
  it.each([
    [1_048_576, 1_048_576],
    ["512 MiB", 512 * 2 ** 20],
    ["1.5GB", 1_500_000_000],
    [2n ** 30n, 2 ** 30],
    [ByteSize.megabytes(200), 200_000_000]
  ])("written as %o comes to %d bytes", (maxMemory, bytes) => {
    expect(resolvePoolOptions({ maxMemory }).maxMemory).toBe(bytes)
  })

  it.each([
    0,
    -1,
    512,
    2_000_000.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "512",
    "512 mb",
    "",
    null,
    {},
    -5n,
    2n ** 60n
  ])("can't be written as %o", (maxMemory) => {
    expect(expectedOf({ maxMemory })).toEqual([expect.stringMatching(/^a size of 1 MiB or more/)])
  })
})
