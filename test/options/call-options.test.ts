import { Task } from "@holdfast/core"
import { describe, expect, it } from "vitest"
import { resolveCallOptions, resolvePoolOptions } from "../../packages/supervisor/src/options/resolve.ts"
import { refusalOf } from "./refusal.ts"

const pool = resolvePoolOptions({})
const square = Task.fn(import.meta, "square", (n: number) => n * n)
const signal = new AbortController().signal

describe("the options of a call", () => {
  it("have the documented defaults", () => {
    expect(resolveCallOptions(pool, square, undefined, "stream")).toEqual({
      timeoutMs: undefined,
      heartbeatTimeoutMs: undefined,
      queueTimeoutMs: undefined,
      retry: undefined,
      maxCrashes: 3,
      idempotent: true,
      onFailure: "failFast",
      chunkSize: "auto",
      lookAhead: undefined,
      concurrency: 1,
      priority: 0,
      key: undefined,
      signal: undefined,
      progress: undefined,
      onProgress: undefined,
      ordered: true
    })
  })

  it("override the task's, which override the pool's", () => {
    const made = resolvePoolOptions({ timeout: 1, heartbeatTimeout: 1, retry: 1, maxCrashes: 7 })
    const task = Task.fn(import.meta, "task", () => 1, { timeout: 2, heartbeatTimeout: 2, idempotent: false })
    expect(resolveCallOptions(made, task, { timeout: "3 seconds" }, "map")).toMatchObject({
      timeoutMs: 3000,
      heartbeatTimeoutMs: 2,
      retry: { retries: 1 },
      maxCrashes: 7,
      idempotent: false
    })
  })

  it("replace retry as a whole", () => {
    const task = Task.fn(import.meta, "task", () => 1, { retry: { retries: 5, minTimeout: 10 } })
    expect(resolveCallOptions(pool, task, { retry: {} }, "run").retry).toEqual({ retries: 3 })
  })

  it("can lift what the pool or the task limits", () => {
    const made = resolvePoolOptions({ timeout: 1, retry: 2, progress: true })
    const call = { timeout: Number.POSITIVE_INFINITY, retry: 0, progress: false }
    expect(resolveCallOptions(made, square, call, "map")).toMatchObject({
      timeoutMs: undefined,
      retry: undefined,
      progress: undefined
    })
  })

  it("take undefined for not set", () => {
    const made = resolvePoolOptions({ timeout: 5 })
    expect(resolveCallOptions(made, square, { timeout: undefined, signal: undefined }, "run").timeoutMs).toBe(5)
  })

  it("are kept where they are given", () => {
    const key = (n: number) => `square of ${n}`
    const onProgress = () => undefined
    const call = {
      signal,
      key,
      priority: -1.5,
      queueTimeout: 4,
      onFailure: "collect",
      chunkSize: 5,
      lookAhead: 6,
      concurrency: 7,
      progress: "squares",
      onProgress,
      ordered: false
    }
    expect(resolveCallOptions(pool, square, call, "via")).toMatchObject({
      signal,
      key,
      priority: -1.5,
      queueTimeoutMs: 4,
      onFailure: "collect",
      chunkSize: 5,
      lookAhead: 6,
      concurrency: 7,
      progress: "squares",
      onProgress,
      ordered: false
    })
  })

  it("take the pool's bar for many jobs, not for one", () => {
    const made = resolvePoolOptions({ progress: "all" })
    expect(resolveCallOptions(made, square, undefined, "map").progress).toBe("all")
    expect(resolveCallOptions(made, square, undefined, "run").progress).toBeUndefined()
  })

  it("always collect in settle", () => {
    expect(resolveCallOptions(pool, square, undefined, "settle").onFailure).toBe("collect")
    expect(resolveCallOptions(pool, square, { onFailure: "failFast" }, "settle").onFailure).toBe("collect")
    expect(resolveCallOptions(pool, square, undefined, "map").onFailure).toBe("failFast")
  })

  it("name one job with a string and many with a function", () => {
    expect(resolveCallOptions(pool, square, { key: "first" }, "submit").key).toBe("first")
    expect(refusalOf(() => resolveCallOptions(pool, square, { key: "first" }, "map")).problems).toMatchObject([
      { option: "key", received: '"first"' }
    ])
    expect(refusalOf(() => resolveCallOptions(pool, square, { key: () => "" }, "run")).problems).toMatchObject([
      { option: "key", received: "the function key" }
    ])
  })

  it("are refused under the name of the call and the task, all at once", () => {
    const error = refusalOf(() =>
      resolveCallOptions(pool, square, { ordered: true, timout: 4, signal: {}, priority: "high" }, "map")
    )
    expect(error.message).toBe(
      [
        "pool.map(square): 4 options are wrong",
        "  ordered: expected not to be set here (it is an option of stream, outcomes and via), received true",
        "  timout: expected not to be set (there is no such option; did you mean timeout?), received 4",
        "  signal: expected an AbortSignal, received {}",
        '  priority: expected a finite number, received "high"'
      ].join("\n")
    )
  })

  it("are refused when they are the pool's alone", () => {
    expect(refusalOf(() => resolveCallOptions(pool, square, { workers: 2 }, "run")).problems).toMatchObject([
      { option: "workers", expected: "not to be set here (it is an option of a pool)" }
    ])
  })

  it("of a call to the workers' stores are the few that it heeds", () => {
    expect(resolveCallOptions(pool, square, { timeout: 50, queueTimeout: 70 }, "push")).toMatchObject({
      timeoutMs: 50,
      queueTimeoutMs: 70
    })
    expect(refusalOf(() => resolveCallOptions(pool, square, { retry: 2 }, "push")).message).toMatch(
      /^pool\.push\(square\): one option is wrong\n {2}retry: expected not to be set here \(it is an option of .*\), received 2$/
    )
    expect(refusalOf(() => resolveCallOptions(pool, square, { timout: 2 }, "pull")).problems).toMatchObject([
      { option: "timout", expected: "not to be set (there is no such option; did you mean timeout?)" }
    ])
  })

  it("are listed when nothing like an unknown one exists", () => {
    const [problem] = refusalOf(() => resolveCallOptions(pool, square, { xyzzy: 2 }, "run")).problems
    expect(problem?.expected).toBe(
      "not to be set (there is no such option; there are signal, key, priority, timeout, heartbeatTimeout, queueTimeout, retry, maxCrashes)"
    )
  })

  it.each([null, 4, [], "x"])("are refused when they are %j", (call) => {
    expect(refusalOf(() => resolveCallOptions(pool, square, call, "stream")).problems).toMatchObject([
      { option: "options" }
    ])
  })
})

describe("a task's own options", () => {
  it("are refused under the task's name, in whichever call comes first and in every one after", () => {
    const bad = { ...square, name: "late", options: JSON.parse('{"timeout":"x","retires":2}') }
    for (const kind of ["run", "map", "map"] as const) {
      const { message } = refusalOf(() => resolveCallOptions(pool, bad, undefined, kind))
      expect(message).toContain(`task "late" of ${square.module}: 2 options are wrong\n  timeout: expected a duration`)
      expect(message).toContain("did you mean retry?")
    }
  })

  it("are kept by what `with` makes of the task", () => {
    const scale = Task.fn(import.meta, "scale", (input: { by: number; n: number }) => input.by * input.n, {
      timeout: 9
    })
    expect(resolveCallOptions(pool, scale.with({ by: 2 }), undefined, "map").timeoutMs).toBe(9)
  })
})

describe("calls without options", () => {
  it("share one frozen object for each pool, task and kind of call", () => {
    const first = resolveCallOptions(pool, square, undefined, "run")
    expect(resolveCallOptions(pool, square, undefined, "run")).toBe(first)
    expect(resolveCallOptions(pool, square, undefined, "submit")).toBe(first)
    expect(Object.isFrozen(first)).toBe(true)
    expect(resolveCallOptions(pool, { ...square }, undefined, "run")).not.toBe(first)
    expect(resolveCallOptions(resolvePoolOptions({}), square, undefined, "run")).not.toBe(first)
    const map = resolveCallOptions(pool, square, undefined, "map")
    expect(resolveCallOptions(pool, square, undefined, "map")).toBe(map)
    expect(resolveCallOptions(pool, square, undefined, "settle")).not.toBe(map)
  })

  it("have the same fields in the same order as calls with options", () => {
    const fields = Object.keys(resolveCallOptions(pool, square, undefined, "run"))
    for (const kind of ["run", "map", "settle", "stream"] as const) {
      expect(Object.keys(resolveCallOptions(pool, square, { signal, timeout: 5 }, kind))).toEqual(fields)
    }
  })
})
