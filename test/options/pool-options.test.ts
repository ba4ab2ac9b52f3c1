import { availableParallelism } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { InvalidOptions, Task } from "@holdfast/core"
import { describe, expect, it } from "vitest"
import { resolvePoolOption, resolvePoolOptions } from "../../packages/supervisor/src/options/resolve.ts"
import { refusalOf } from "./refusal.ts"

const problemsOf = (options: unknown) => refusalOf(() => resolvePoolOptions(options)).problems

const model = Task.context(import.meta, "model", () => ({ value: 1 }))

describe("the options of a pool", () => {
  it("have the documented defaults", () => {
    expect(resolvePoolOptions(undefined)).toEqual({
      workers: availableParallelism(),
      isolation: "process",
      timeoutMs: undefined,
      heartbeatTimeoutMs: undefined,
      queueTimeoutMs: undefined,
      startTimeoutMs: 30_000,
      stallWarningMs: 30_000,
      killGraceMs: 2000,
      drainTimeoutMs: 30_000,
      retry: undefined,
      maxCrashes: 3,
      onFailure: "failFast",
      chunkSize: "auto",
      concurrency: 1,
      lookAhead: undefined,
      maxQueue: undefined,
      maxJobsPerWorker: undefined,
      maxMemory: undefined,
      restart: { max: 5, withinMs: 10_000, backoffMinMs: 50, backoffMaxMs: 2000 },
      spare: 0,
      preload: [],
      context: [],
      schedule: "balanced",
      signals: "off",
      env: undefined,
      execArgv: undefined,
      cwd: undefined,
      logger: undefined,
      reports: undefined,
      evidence: undefined,
      progress: undefined,
      mask: { rules: { usual: true, names: [], patterns: [] }, hides: expect.any(Function), asks: false },
      dumpSignal: "SIGUSR2",
      allowNested: false
    })
  })

  it("take undefined for not set", () => {
    expect(resolvePoolOptions({ workers: undefined, retry: undefined, cwd: undefined })).toEqual(resolvePoolOptions({}))
  })

  it("may be inherited from an object of shared ones", () => {
    expect(resolvePoolOptions(Object.create({ workers: 3 })).workers).toBe(3)
  })

  it("can't be changed once they are resolved", () => {
    expect(Object.isFrozen(resolvePoolOptions({}))).toBe(true)
  })

  it.each([0, -1, 1.5, "4", Number.NaN, Number.POSITIVE_INFINITY, null, 1e9, [2], 4n, true])(
    "refuse %o workers",
    (workers) => {
      expect(problemsOf({ workers })).toMatchObject([{ option: "workers", expected: "a whole number, from 1 to 1024" }])
    }
  )

  it.each([
    ["chunkSize", 0],
    ["chunkSize", "big"],
    ["isolation", "fork"],
    ["concurrency", 0],
    ["lookAhead", 0],
    ["maxCrashes", 0],
    ["maxQueue", 0],
    ["maxJobsPerWorker", 0],
    ["spare", -1],
    ["onFailure", "stop"],
    ["schedule", "random"],
    ["signals", true],
    ["mask", "password"],
    ["mask", ["iban", ""]],
    ["mask", [4]],
    ["mask", true],
    ["dumpSignal", "SIGTERM"],
    ["allowNested", "yes"],
    ["progress", 1],
    ["progress", ""],
    ["logger", true],
    ["logger", { info: () => undefined }],
    ["cwd", "/no/such/directory"],
    ["cwd", new URL("https://example.org")],
    ["reports", ""],
    ["evidence", true],
    ["execArgv", "--no-warnings"],
    ["env", "A=1"],
    ["preload", "./warm.ts"],
    ["context", {}]
  ])("refuse %s: %j", (option, value) => {
    expect(problemsOf({ [option]: value }).map((problem) => problem.option)).toEqual([option])
  })

  it.each([null, 4, "fast", [], () => ({})])("refuse %j in place of options", (options) => {
    expect(problemsOf(options)).toMatchObject([{ option: "options", expected: "an object" }])
  })

  it("are refused with all problems at once, each with what was expected and what came", () => {
    const error = refusalOf(() => resolvePoolOptions({ workers: "4", chunkSize: 0, timeout: "soon" }, "createPool"))
    expect(error).toBeInstanceOf(InvalidOptions)
    expect(error.message).toBe(
      [
        "createPool: 3 options are wrong",
        '  workers: expected a whole number, from 1 to 1024, received "4"',
        '  chunkSize: expected a whole number, 1 or more, or "auto", received 0',
        '  timeout: expected a duration over 0 and up to 24 days, such as "30 seconds", "50 millis" or 30_000 (milliseconds), or Infinity for none, received "soon"'
      ].join("\n")
    )
  })

  it("are refused when they are unknown, with the name that was probably meant", () => {
    expect(refusalOf(() => resolvePoolOptions({ wrokers: 4 })).message).toContain(
      "wrokers: expected not to be set (there is no such option; did you mean workers?), received 4"
    )
    expect(problemsOf({ xyzzy: 1 })[0]?.expected).toBe("not to be set (there is no such option)")
  })

  it("are refused when they are unknown even where they are undefined", () => {
    expect(problemsOf({ wrokers: undefined })).toMatchObject([{ option: "wrokers", received: "undefined" }])
  })

  it("are refused when they belong to a call, and say to which", () => {
    expect(problemsOf({ ordered: false, idempotent: true })).toMatchObject([
      { option: "ordered", expected: "not to be set here (it is an option of stream, outcomes and via)" },
      { option: "idempotent", expected: "not to be set here (it is an option of a task)" }
    ])
  })

  it("don't take names of Object.prototype for options", () => {
    expect(problemsOf({ constructor: 1, toString: 2 })).toHaveLength(2)
    expect(problemsOf({ retry: { constructor: 1 } })).toMatchObject([{ option: "retry.constructor" }])
  })

  it("survive a value that can't be shown", () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no")
        },
        ownKeys: () => {
          throw new Error("no")
        }
      }
    )
    expect(problemsOf({ workers: hostile })).toMatchObject([{ option: "workers" }])
  })
})

describe("what a worker is started with", () => {
  it("takes one context for a list of one", () => {
    expect(resolvePoolOptions({ context: model }).context).toEqual([model])
    expect(resolvePoolOptions({ context: [model, model] }).context).toHaveLength(2)
    expect(problemsOf({ context: [model, () => 1] })).toMatchObject([
      { option: "context[1]", expected: "what Task.context returns" }
    ])
  })

  it("makes URLs of the paths of preloaded modules, and leaves packages", () => {
    const url = new URL("./warm.ts", import.meta.url)
    expect(resolvePoolOptions({ preload: ["./warm.ts", url, "some-package/warm", "node:zlib"] }).preload).toEqual([
      pathToFileURL(join(process.cwd(), "warm.ts")).href,
      url.href,
      "some-package/warm",
      "node:zlib"
    ])
    expect(problemsOf({ preload: ["./warm.ts", 4] })).toMatchObject([{ option: "preload[1]", received: "4" }])
  })

  it("refuses the holes of a sparse list", () => {
    expect(problemsOf({ execArgv: new Array(1) })).toMatchObject([{ option: "execArgv[0]", received: "undefined" }])
  })

  it("takes directories as paths and as URLs, and makes them absolute", () => {
    const here = import.meta.dirname
    expect(resolvePoolOptions({ cwd: here }).cwd).toBe(here)
    expect(resolvePoolOptions({ cwd: pathToFileURL(here) }).cwd).toBe(here)
    expect(resolvePoolOptions({ cwd: "." }).cwd).toBe(process.cwd())
    expect(resolvePoolOptions({ reports: "not/there/yet" }).reports).toBe(join(process.cwd(), "not/there/yet"))
    expect(problemsOf({ cwd: import.meta.filename })).toHaveLength(1)
  })

  it("takes variables that are strings or undefined", () => {
    expect(resolvePoolOptions({ env: { PORT: "80", HOME: undefined } }).env).toEqual({ PORT: "80", HOME: undefined })
    expect(problemsOf({ env: { PORT: 80 } })).toMatchObject([{ option: "env.PORT", received: "80" }])
  })

  it("takes no logger, or any with pino's methods", () => {
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
    expect(resolvePoolOptions({ logger }).logger).toBe(logger)
    expect(resolvePoolOptions({ logger: false }).logger).toBe(false)
  })

  it("shows progress with a label, without, or not", () => {
    expect(resolvePoolOptions({ progress: "images" }).progress).toBe("images")
    expect(resolvePoolOptions({ progress: true }).progress).toBe(true)
    expect(resolvePoolOptions({ progress: false }).progress).toBeUndefined()
  })
})

describe("one option of a pool, given elsewhere", () => {
  it("is checked like the pool's own", () => {
    expect(resolvePoolOption("drainTimeout", "2 seconds", "pool.close")).toBe(2000)
    expect(refusalOf(() => resolvePoolOption("workers", 0, "pool.resize")).message).toBe(
      "pool.resize: one option is wrong\n  workers: expected a whole number, from 1 to 1024, received 0"
    )
  })
})
