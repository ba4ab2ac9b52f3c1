import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { type JobSummary, type PoolEvent, TaskThrew, WorkerCrashed } from "@holdfast/core"
import { pino } from "pino"
import { afterEach, describe, expect, it, vi } from "vitest"
import { EventBus } from "../../packages/supervisor/src/reporting/EventBus.ts"
import { logEvents } from "../../packages/supervisor/src/reporting/pino-sink.ts"

const job: JobSummary = {
  task: "square",
  module: "file:///square.ts",
  index: 7,
  key: "seven",
  inputPreview: "7",
  attempts: [],
  worker: 2,
  pid: 22,
  lastLogs: { stdout: [], stderr: [] },
  logs: []
}
const attempt = { number: 1, worker: 2, pid: 22, startedAt: 0, durationMs: 1, failure: "TaskThrew" }
const cause = new Error("no square")
const threw = new TaskThrew("job 7 threw Error: no square", job, { cause })
const crashed = new WorkerCrashed("the worker died", job, { reason: "signal", signal: "SIGSEGV" })

const log = (facts: Partial<Extract<PoolEvent, { _tag: "Log" }>> = {}): PoolEvent => ({
  _tag: "Log",
  at: 0,
  worker: 2,
  pid: 22,
  stream: "stdout",
  level: 30,
  message: "hello",
  fields: undefined,
  task: "square",
  index: 7,
  attempt: 1,
  ...facts
})

/** What a logger of the user's gets of these events. */
const recorded = async (events: ReadonlyArray<PoolEvent>, options: pino.LoggerOptions = {}) => {
  const lines: Array<string> = []
  const logger = pino({ base: null, timestamp: false, ...options }, { write: (line: string) => lines.push(line) })
  const bus = new EventBus()
  const sink = logEvents(bus, logger, "pool 1")
  for (const event of events) bus.publish(event)
  await sink.flush()
  sink.stop()
  expect(bus.active).toBe(false)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

afterEach(() => vi.restoreAllMocks())

describe("a logger of the user's", () => {
  it("gets each line of a worker at its level, with who wrote it", async () => {
    expect(
      await recorded([log(), log({ level: 50, message: "100 %d", stream: "stderr", fields: { order: 1 } })])
    ).toEqual([
      {
        level: 30,
        pool: "pool 1",
        worker: 2,
        pid: 22,
        task: "square",
        job: 7,
        attempt: 1,
        stream: "stdout",
        msg: "hello"
      },
      expect.objectContaining({ level: 50, msg: "100 %d", order: 1, stream: "stderr" })
    ])
  })

  it("gets no empty tags, and a line's own fields beside the tags", async () => {
    const facts = {
      task: undefined,
      index: undefined,
      attempt: undefined,
      pid: undefined,
      fields: { worker: "mine", x: 1 }
    }
    expect(await recorded([log(facts)])).toEqual([
      { level: 30, pool: "pool 1", worker: 2, stream: "stdout", worker_: "mine", x: 1, msg: "hello" }
    ])
  })

  it("decides by its own level, and gets levels between pino's as the one below", async () => {
    const levels = [10, 20, 35, 40, 60, 90].map((level) => log({ level }))
    expect((await recorded(levels, { level: "trace" })).map(({ level }) => level)).toEqual([10, 20, 30, 40, 60, 60])
    expect((await recorded(levels)).map(({ level }) => level)).toEqual([30, 40, 60, 60])
    const custom = { customLevels: { notice: 35 }, level: "trace" }
    expect((await recorded(levels, custom)).map(({ level }) => level)).toEqual([10, 20, 35, 40, 60, 60])
  })

  it("names a failure that has no message, or is no error", async () => {
    const about = { at: 0, batch: 1, task: "square", index: 7 }
    const failed = (error: unknown): PoolEvent => ({ _tag: "JobRetrying", ...about, attempt, error, job })
    const failures = [
      Object.assign(new Error(), { name: "Gone" }),
      { _tag: "Refused", code: 1 },
      { code: 1 },
      "gone\nfor good"
    ]
    const records = await recorded(failures.map(failed))
    expect(records.map(({ msg }) => String(msg).split("tried again: ")[1])).toEqual([
      "Gone",
      "Refused",
      "an object (Object)",
      "gone"
    ])
  })

  it("gets what happens to workers, jobs and the pool, as far as somebody must know", async () => {
    const gone = { at: 0, worker: 2, pid: 22 }
    const exit = { exitCode: undefined, signal: "SIGSEGV", reason: undefined }
    const died = (more: object, restartInMs: number): PoolEvent => ({
      _tag: "WorkerExited",
      ...gone,
      exit: { ...exit, ...more },
      expected: false,
      restartInMs
    })
    const about = { at: 0, batch: 1, task: "square" }
    const stalled = { ...about, index: 7, attempt: 2, worker: 2, pid: 22 }
    const frame = { function: "spin", file: "/a/square.ts", line: 3, column: 9 }
    const records = await recorded([
      { _tag: "WorkerStarting", ...gone },
      { _tag: "WorkerExited", ...gone, exit, expected: true, restartInMs: undefined },
      died({}, 50),
      died({ reason: "died of SIGSEGV" }, 0),
      died({ neverReady: true }, 50),
      died({ reason: "spawn EAGAIN", neverReady: true }, 50),
      { _tag: "BatchStarted", ...about, total: 3 },
      { _tag: "JobRetrying", ...about, index: 7, attempt, error: threw, job },
      { _tag: "JobQuarantined", ...about, error: crashed, job },
      { _tag: "JobFailed", ...about, error: threw, job },
      { _tag: "LateError", ...gone, task: "square", index: 7, error: threw },
      { _tag: "LateError", ...gone, task: undefined, index: undefined, error: undefined },
      { _tag: "JobStalled", ...stalled, runningMs: 30_000, stack: [frame], waitingOn: [] },
      {
        _tag: "JobStalled",
        ...stalled,
        runningMs: 1500,
        stack: [],
        waitingOn: [{ kind: "tcp", detail: "127.0.0.1:5432", openedAt: frame }]
      },
      {
        _tag: "JobStalled",
        ...stalled,
        runningMs: 2000,
        stack: [],
        waitingOn: [],
        native: { busy: false, cpuMs: 0, overMs: 90, syscall: "read", path: "/a/fifo" }
      },
      {
        _tag: "JobStalled",
        ...stalled,
        runningMs: 9000,
        stack: [frame],
        waitingOn: [],
        amongOthers: true
      },
      { _tag: "PoolBroke", at: 0, message: "5 workers died within 10 s" }
    ])
    expect(records.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      "40 worker 2 ended unexpectedly of SIGSEGV; its successor starts in 50 ms",
      "40 worker 2 ended unexpectedly: died of SIGSEGV; its successor starts at once",
      "40 worker 2 could not be started: it ended of SIGSEGV; its successor starts in 50 ms",
      "40 worker 2 could not be started: spawn EAGAIN; its successor starts in 50 ms",
      `40 job 7 of "square" failed in attempt 1 and is tried again: job 7 threw Error: no square`,
      `50 job 7 of "square" is not run again, for its workers died: the worker died`,
      `50 an error escaped from job 7 of "square" after it had settled: job 7 threw Error: no square`,
      "50 an error escaped that is of no job that is known: undefined",
      `40 job 7 of "square" has been running for 30 s on worker 2, now at spin (/a/square.ts:3)`,
      `40 job 7 of "square" has been running for 1.5 s on worker 2, waiting on tcp 127.0.0.1:5432 (spin at /a/square.ts:3:9)`,
      `40 job 7 of "square" has been running for 2.0 s on worker 2, blocked in the system call read on /a/fifo`,
      `40 job 7 of "square" has been running for 9.0 s on worker 2, this job, or one that runs beside it, is now at spin (/a/square.ts:3)`,
      "50 5 workers died within 10 s"
    ])
    expect(records[0]).toMatchObject({ worker: 2, pid: 22, signal: "SIGSEGV", restartInMs: 50 })
    expect(records[4]).toMatchObject({
      task: "square",
      job: 7,
      attempt: 1,
      err: { type: "TaskThrew", stack: expect.stringContaining("no square") }
    })
    expect(records[5]).toMatchObject({
      key: "seven",
      err: { type: "WorkerCrashed", reason: "signal", signal: "SIGSEGV" }
    })
    const stack = "    at spin (/a/square.ts:3:9)"
    expect(records[8]).toMatchObject({ pid: 22, attempt: 2, runningMs: 30_000, stack })
  })

  it("gets every job's failure at debug level", async () => {
    const failed: PoolEvent = { _tag: "JobFailed", at: 0, batch: 1, task: "square", error: threw, job }
    expect(await recorded([failed])).toEqual([])
    expect(await recorded([failed], { level: "debug" })).toEqual([
      expect.objectContaining({ level: 20, task: "square", job: 7, key: "seven" })
    ])
  })

  it("does not stop the pool when it throws", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined)
    const logger = pino(
      {},
      {
        write: () => {
          throw new Error("disk full")
        }
      }
    )
    const bus = new EventBus()
    logEvents(bus, logger, "pool 1")
    bus.publish(log())
    bus.publish(log())
    expect(warn).toHaveBeenCalledTimes(1)
  })

  it("that never flushes holds nothing up for long", async () => {
    vi.useFakeTimers()
    try {
      const logger = pino({}, { write: () => undefined })
      Object.assign(logger, { flush: () => undefined })
      const flushed = logEvents(new EventBus(), logger, "pool 1").flush()
      await vi.advanceTimersByTimeAsync(1000)
      await flushed
    } finally {
      vi.useRealTimers()
    }
  })
})

it("logs nothing, and listens to nothing, where no log is wanted", async () => {
  const bus = new EventBus()
  const sink = logEvents(bus, false, "pool 1")
  expect(bus.active).toBe(false)
  await sink.flush()
  sink.stop()
})

describe("the default logger", () => {
  const start = (...parameters: ReadonlyArray<string>) => {
    const file = new URL("fixtures/logs-by-default.ts", import.meta.url).pathname
    const child = spawn(process.execPath, [...process.execArgv, file, ...parameters], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    return { child, closed: once(child, "close") }
  }
  const messages = (lines: string) =>
    lines
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)

  it("writes JSON to stderr alone where that is no terminal, in order, and leaves no exit listener", async () => {
    const { child, closed } = start("flush")
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect((await closed)[0]).toBe(0)
    expect(stdout).toBe("0 exit listeners\n")
    const records = messages(stderr)
    expect(records.map(({ msg }) => msg)).toEqual(["line 0", "line 1", "line 2", "after the flush", "five deaths"])
    expect(records[0]).toMatchObject({
      level: 30,
      pool: "pool 1",
      worker: 1,
      pid: 2,
      task: "square",
      job: 3,
      stream: "stdout"
    })
    expect(records[0]?.time).toBeTypeOf("number")
  })

  it("loses nothing when the program exits before pino is loaded", async () => {
    const { child, closed } = start("exit", "2000")
    const stderr = await text(child.stderr)
    expect((await closed)[0]).toBe(0)
    expect(messages(stderr).map(({ msg }) => msg)).toEqual(Array.from({ length: 2000 }, (_, line) => `line ${line}`))
  })

  it("says so when it could not keep all that came before pino was loaded", async () => {
    const { child, closed } = start("exit", "10005")
    const stderr = await text(child.stderr)
    expect((await closed)[0]).toBe(0)
    expect(messages(stderr).at(-1)?.msg).toBe("5 records came before the log was ready and were dropped")
  })

  it("survives that nobody reads stderr", async () => {
    const { child, closed } = start("listen")
    child.stderr.destroy()
    expect(await text(child.stdout)).toBe("0 exit listeners\n")
    expect(await closed).toEqual([0, null])
  })
})
