import { type JobSummary, type PoolEvent, TaskThrew } from "@holdfast/core"
import { pino } from "pino"
import { describe, expect, it, vi } from "vitest"
import { EventBus } from "../../packages/supervisor/src/reporting/EventBus.ts"
import { logEvents } from "../../packages/supervisor/src/reporting/pino-sink.ts"
import { Wordless } from "../fixtures/typed.ts"

const job: JobSummary = {
  task: "login",
  module: "file:///login.ts",
  index: 7,
  key: "7",
  inputPreview: "7",
  attempts: [],
  worker: 2,
  pid: 22,
  lastLogs: { stdout: [], stderr: [] },
  logs: []
}
const attempt = { number: 1, worker: 2, pid: 22, startedAt: 0, durationMs: 1, failure: "Refused" }

/** What is logged of a job that is tried again, and then has failed. */
const logged = (error: unknown): ReadonlyArray<Record<string, unknown>> => {
  const lines: Array<string> = []
  const bus = new EventBus()
  const sink = logEvents(bus, pino({ level: "debug" }, { write: (line: string) => lines.push(line) }), "pool 1")
  const common = { at: 0, batch: 1, task: "login", error, job }
  const events: ReadonlyArray<PoolEvent> = [
    { _tag: "JobRetrying", ...common, index: 7, attempt },
    { _tag: "JobFailed", ...common }
  ]
  for (const event of events) bus.publish(event)
  sink.stop()
  return lines.map((line) => (JSON.parse(line) as { readonly err: Record<string, unknown> }).err)
}

class Refused extends Error {
  readonly _tag = "Refused"
  readonly user = "Ada"
  readonly password = "open sesame"
}

describe("a task's own error, in the log,", () => {
  it("has its class, stack, cause and fields, but for secrets", () => {
    const error = new Refused("wrong password", { cause: new RangeError("too long") })
    for (const err of logged(error)) {
      expect(err).toMatchObject({ type: "Refused", message: "wrong password: too long", _tag: "Refused", user: "Ada" })
      expect(err).toMatchObject({ stack: expect.stringContaining("caused by: RangeError: too long") })
      expect(err.password).toBe("[masked]")
    }
    expect(logged(error)).toHaveLength(2)
    expect(logged({ _tag: "Plain", password: "open sesame" })).not.toMatchObject([{ password: "open sesame" }, {}])
  })

  it("may be frozen, or throw where it is read", () => {
    expect(logged(Object.freeze(new Refused("frozen")))).toMatchObject([{ message: "frozen" }, { user: "Ada" }])
    expect(logged(new Wordless({ n: 3 }))).toMatchObject([{ type: "Wordless", n: 3 }, { type: "Wordless" }])
  })

  it("is as it is, where it is no object", () => {
    expect(logged("too late")).toEqual(["too late", "too late"])
  })

  it("is not looked at where nobody logs it", () => {
    const read = vi.fn(() => 3)
    const error = Object.defineProperty(new Error("of no interest"), "code", { get: read, enumerable: true })
    const bus = new EventBus()
    const sink = logEvents(bus, pino({ level: "info" }, { write: () => true }), "pool 1")
    bus.publish({ _tag: "JobFailed", at: 0, batch: 1, task: "login", error, job })
    expect(read).not.toHaveBeenCalled()
    bus.publish({ _tag: "JobRetrying", at: 0, batch: 1, task: "login", error, job, index: 7, attempt })
    expect(read).toHaveBeenCalled()
    sink.stop()
  })

  it("is the failure itself, where that is Holdfast's", () => {
    const seen: Array<unknown> = []
    const bus = new EventBus()
    const threw = new TaskThrew("it threw", job, { cause: new Error("why") })
    const sink = logEvents(bus, pino({ serializers: { err: (error) => seen.push(error) } }, { write: () => true }), "p")
    bus.publish({ _tag: "JobRetrying", at: 0, batch: 1, task: "login", error: threw, job, index: 7, attempt })
    sink.stop()
    expect(seen).toEqual([threw])
  })
})
