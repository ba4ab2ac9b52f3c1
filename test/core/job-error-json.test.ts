import {
  InvalidInput,
  isJobError,
  JobCancelled,
  type JobError,
  JobStuck,
  type JobSummary,
  JobTimedOut,
  jobOf,
  NotSerializable,
  PoolBroken,
  PoolClosed,
  TaskThrew,
  WorkerCrashed
} from "@holdfast/core"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"

const job: JobSummary = {
  task: "square",
  module: "file:///tasks.ts",
  index: 3,
  key: "three",
  inputPreview: "3",
  attempts: [{ number: 1, worker: 1, pid: 7, startedAt: 1, durationMs: 2, failure: "TaskThrew" }],
  worker: 1,
  pid: 7,
  lastLogs: { stdout: ["said"], stderr: [] },
  logs: []
}

const jsonOf = (failure: JobError): Record<string, unknown> => JSON.parse(JSON.stringify(failure))
const threw = (cause: unknown): Record<string, unknown> => jsonOf(new TaskThrew("it threw", job, { cause }))

describe("the JSON of a failure", () => {
  it("includes its tag, message, stack lines, cause and job", () => {
    const cause = Object.assign(new RangeError("the cause", { cause: "the root" }), { code: "E" })
    expect(threw(cause)).toMatchObject({
      _tag: "TaskThrew",
      name: "TaskThrew",
      message: "it threw",
      stack: ["TaskThrew: it threw"],
      cause: { name: "RangeError", message: "the cause", code: "E", cause: "the root" },
      job: { task: "square", key: "three", attempts: [{ number: 1 }], lastLogs: { stdout: ["said"] } }
    })
  })

  it("includes each kind's own facts", () => {
    const frame = { function: "spin", file: "/a.ts", line: 3, column: 5, locals: { n: "1" } }
    const waitingOn = [{ kind: "tcp", detail: "127.0.0.1:5432" }]
    const facts: ReadonlyArray<[JobError, object]> = [
      [
        new WorkerCrashed("died", job, { reason: "signal", signal: "SIGKILL" }),
        { reason: "signal", signal: "SIGKILL" }
      ],
      [
        new JobTimedOut("slow", job, { limit: 5, which: "timeout", hungAt: [frame], waitingOn }),
        { limit: 5, which: "timeout", hungAt: [frame], waitingOn }
      ],
      [new JobStuck("stuck", job, waitingOn), { waitingOn }],
      [new NotSerializable("no", job, { side: "input", path: "input.a" }), { side: "input", path: "input.a" }],
      [
        new PoolBroken("broke", job, [{ worker: 1, pid: 7, at: 5, description: "exit 1", lastLogs: ["bye"] }]),
        { deaths: [{ worker: 1, description: "exit 1", lastLogs: ["bye"] }] }
      ]
    ]
    for (const [failure, expected] of facts) expect(jsonOf(failure)).toMatchObject({ _tag: failure._tag, ...expected })
    expect(jsonOf(facts[0]?.[0] as JobError)).not.toHaveProperty("exitCode")
  })

  it("includes the errors of an AggregateError", () => {
    expect(threw(new AggregateError([new Error("one"), "two"], "both"))).toMatchObject({
      cause: { message: "both", errors: [{ message: "one" }, "two"] }
    })
  })

  it.each([
    [
      "a circle of causes",
      () => {
        const [one, other] = [new Error("one"), new Error("other")]
        one.cause = other
        other.cause = one
        return one
      },
      /\[seen above\]/
    ],
    [
      "errors that hold themselves many times",
      () => {
        const many = new AggregateError([], "many")
        many.errors = Array<Error>(50).fill(many)
        return many
      },
      /\[seen above\]/
    ],
    [
      "a hundred causes deep",
      () => {
        let error = new Error("0")
        for (let n = 1; n < 100; n++) error = new Error(String(n), { cause: error })
        return error
      },
      /deeper causes left out/
    ],
    [
      "a getter that throws",
      () =>
        Object.defineProperty(new Error("mine"), "code", {
          enumerable: true,
          get: () => {
            throw new Error("getter")
          }
        }),
      /"message":"mine".*|could not be shown/
    ],
    [
      "a message, a stack, a name and a cause whose getters throw",
      () => {
        const error = new Error("hidden")
        for (const key of ["message", "stack", "name", "cause"])
          Object.defineProperty(error, key, {
            get: () => {
              throw new Error("getter")
            }
          })
        return error
      },
      /could not be shown/
    ],
    [
      "a name that is no string",
      () =>
        Object.assign(new Error("mine"), {
          name: {
            toString: () => {
              throw new Error("x")
            }
          }
        }),
      /could not be shown/
    ],
    ["a BigInt", () => Object.assign(new Error("mine"), { size: 5n }), /5n/],
    [
      "a circular object",
      () => {
        const circular: Record<string, unknown> = {}
        circular.self = circular
        return Object.assign(new Error("mine"), { circular })
      },
      /seen above/
    ],
    [
      "a toJSON that throws",
      () => ({
        toJSON: () => {
          throw new Error("toJSON")
        }
      }),
      /could not be shown/
    ],
    [
      "a Proxy that throws at everything",
      () =>
        new Proxy(new Error("mine"), {
          get: () => {
            throw new Error("get")
          },
          has: () => {
            throw new Error("has")
          },
          ownKeys: () => {
            throw new Error("ownKeys")
          },
          getPrototypeOf: () => {
            throw new Error("getPrototypeOf")
          }
        }),
      /could not be shown/
    ],
    [
      "a revoked Proxy",
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return proxy
      },
      /could not be shown/
    ],
    ["an object without a prototype", () => Object.create(null), /"cause":\{\}/],
    ["a symbol", () => Symbol("mine"), /Symbol\(mine\)/],
    ["a function", () => () => 1, /=> 1/],
    ["null", () => null, /"cause":null/]
  ] as ReadonlyArray<[string, () => unknown, RegExp]>)(
    "never throws, with a cause that is or has %s",
    (_, make, expected) => {
      const startedAt = performance.now()
      const text = JSON.stringify(new TaskThrew("it threw", job, { cause: make() }))
      expect(text).toMatch(expected)
      expect(JSON.parse(text)).toMatchObject({ _tag: "TaskThrew", message: "it threw", job: { key: "three" } })
      expect(performance.now() - startedAt).toBeLessThan(2_000)
    }
  )
})

describe("a failure", () => {
  it("is an Error with its tag for a name, caught by it in Effect", () => {
    const failure = new JobCancelled("cancelled", job, { cause: "why" })
    expect(failure).toBeInstanceOf(Error)
    expect([failure.name, failure._tag, failure.cause, String(failure)]).toEqual([
      "JobCancelled",
      "JobCancelled",
      "why",
      "JobCancelled: cancelled"
    ])
    const caught = Effect.fail<JobError>(failure).pipe(
      Effect.catchTag("JobCancelled", ({ job }) => Effect.succeed(job.key))
    )
    expect(Effect.runSync(Effect.orDie(caught))).toBe("three")
  })

  it("knows its job, without showing it wherever it is printed", () => {
    const failure = new PoolClosed("closed", job)
    expect(failure.job).toBe(job)
    expect(jobOf(failure)).toBe(job)
    expect(Object.keys(failure)).toEqual(["_tag"])
  })

  it("is told from other errors", () => {
    expect(isJobError(new InvalidInput("no", job))).toBe(true)
    for (const other of [new Error("mine"), { _tag: "TaskThrew" }, "TaskThrew", null, undefined]) {
      expect(isJobError(other)).toBe(false)
      expect(jobOf(other)).toBeUndefined()
    }
  })
})
