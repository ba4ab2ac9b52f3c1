/** Row 23: a worker whose channel says nonsense, or nothing any more, or whose output never ends. */
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { serialize } from "node:v8"
import { expect, vi } from "vitest"
import {
  closesAndDies,
  closesChannel,
  floods,
  floodsOneLine,
  sendsNonsense,
  writesGarbage
} from "../fixtures/channel.ts"
import { square } from "../fixtures/plain.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { bystanders, failureOf, within, withPool } from "./scene.ts"

const MB = 1024 * 1024

const GARBAGE: ReadonlyArray<readonly [what: string, bytes: Uint8Array]> = [
  ["random bytes", randomBytes(1000)],
  ["a line of text", Buffer.from("console.log of a library to descriptor 3\n")],
  ["a huge length", Buffer.from([0xff, 0xff, 0xff, 0x3f, 2, 0, 0, 0, 0])],
  ["zeroes", Buffer.alloc(64)],
  ["a few bytes that are no whole head", Buffer.from([1, 2, 3])]
]

for (const [what, bytes] of GARBAGE) {
  scenario(`garbage on the job channel (${what}) costs the worker and its job, never the parent`, () =>
    withPool({}, async ({ pool, eventsOf }) => {
      const others = bystanders(pool)
      // Bytes that could still become a head prove nothing: the next message behind them does.
      const failing = pool.run(writesGarbage, bytes, bytes.length < 8 ? { timeout: 500 } : {})
      if (bytes.length < 8) await expect(failing).rejects.toMatchObject({ _tag: /WorkerCrashed|JobTimedOut/ })
      else expect(await failureOf("WorkerCrashed", failing)).toMatchObject({ reason: "protocol" })
      await others.unharmed()
      await expect.poll(() => eventsOf("WorkerExited").length).toBeGreaterThan(0)
    })
  )
}

const record = (value: unknown): Buffer => serialize(value)
const words = (...numbers: ReadonlyArray<number>): Buffer => Buffer.from(new Uint32Array(numbers).buffer)

const NONSENSE: ReadonlyArray<readonly [what: string, type: number, body: Buffer]> = [
  [
    "a run, which only the parent sends, with details that can't be read",
    1,
    Buffer.concat([words(1, 1, 0, 0, 1, 1, 0, 8), randomBytes(8)])
  ],
  ["values of a kind that does not exist", 2, Buffer.concat([words(1, 0, 1, 77, 0, 0), randomBytes(8)])],
  ["values that end too early", 2, words(1, 0, 1, 2, 0, 0)],
  ["values of a chunk that nobody sent", 2, Buffer.concat([words(4_000_000_000, 0, 1, 1, 0, 0), Buffer.alloc(8)])],
  ["values of jobs behind the last one", 2, Buffer.concat([words(1, 1, 4_000_000_000, 1, 0, 0), Buffer.alloc(8)])],
  ["a record that can't be read", 3, randomBytes(40)],
  ["a record of no kind", 3, record({ hello: "there" })],
  ["a failure without a fault", 3, record({ _tag: "Failed", chunkId: 1, offset: 0 })],
  [
    "a failure with a fault of no kind",
    3,
    record({ _tag: "Failed", chunkId: 1, offset: 0, busyMs: 0, sync: 0, fault: { _tag: "?" } })
  ],
  [
    "a failure with an error that is none",
    3,
    record({ _tag: "Failed", chunkId: 1, offset: 0, busyMs: 0, sync: 0, fault: { _tag: "Threw", error: 7 } })
  ],
  ["a signal that says nothing", 3, record({ _tag: "Signal", chunkId: 1, offset: 0 })],
  ["an escape of nothing", 3, record({ _tag: "Escaped" })],
  ["an answer that nobody asked for", 3, record({ _tag: "Waiting", id: 7 })],
  ["a second Ready", 3, record({ _tag: "Ready", heapLimit: 1 })],
  ["a failure to start, when it has long started", 3, record({ _tag: "StartFailed", message: {}, error: null })],
  ["a message of its parent's", 3, record({ _tag: "Shutdown" })],
  ["a frame of an unknown type", 9, Buffer.alloc(4)]
]

scenario("well-framed messages that are nonsense never harm the parent or a bystander", () =>
  withPool({}, async ({ pool }) => {
    for (const [what, type, body] of NONSENSE) {
      const others = bystanders(pool, 4, 10)
      const [outcome] = await within(10_000, pool.settle(sendsNonsense, [{ type, body }]))
      if (outcome?._tag === "Succeeded") expect(outcome.value, what).toBe("went on")
      else
        expect(outcome?.error, what).toMatchObject({
          _tag: expect.stringMatching(/^(WorkerCrashed|InvalidOutput|TaskThrew)$/),
          job: { task: "sendsNonsense" }
        })
      await others.unharmed()
    }
  })
)

scenario("a worker that closes its job channel is ended, with its job", () =>
  withPool({}, async ({ pool }) => {
    const others = bystanders(pool)
    const error = await failureOf("WorkerCrashed", pool.run(closesChannel, 3))
    expect(error.reason).toMatch(/^(protocol|signal)$/)
    await others.unharmed()
  })
)

for (const signal of ["SIGABRT", "SIGKILL"] as const) {
  scenario(`a worker whose end by ${signal} is heard long after its channel has closed died of that`, () =>
    withPool({}, async ({ pool }) => {
      using notes = takeNotes()
      const { setTimeout } = globalThis
      const isOver = (pid: number): boolean => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))
      // The program is busy from when it hears of the one until the other would have been due.
      const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(((act: () => void, ms?: number) => {
        const timer = setTimeout(act, ms)
        const [pid] = notes.lines().map(Number)
        if (ms !== 200 || pid === undefined) return timer
        for (const until = performance.now() + 250; performance.now() < until || !isOver(pid); );
        return timer
      }) as typeof setTimeout)
      try {
        const error = await failureOf("WorkerCrashed", pool.run(closesAndDies, { file: notes.file, signal }))
        expect(error).toMatchObject({ reason: "signal", signal })
      } finally {
        spy.mockRestore()
      }
    })
  )
}

for (const [descriptor, what] of [
  [4, "its page"],
  [5, "its watchdog's channel"],
  [1, "its stdout"],
  [2, "its stderr"]
] as const) {
  scenario(`a worker that closes ${what} costs no more than itself`, () =>
    withPool({}, async ({ pool }) => {
      const others = bystanders(pool)
      await expect(pool.run(closesChannel, descriptor, { timeout: 500 })).rejects.toMatchObject({
        _tag: expect.stringMatching(/^(WorkerCrashed|JobTimedOut|TaskThrew)$/)
      })
      await others.unharmed()
      expect(await pool.run(square, 3)).toBe(9)
    })
  )
}

for (const stream of ["stdout", "stderr"] as const) {
  scenario(`200 MB on ${stream} pass with backpressure, and the parent's memory stays bounded`, () =>
    withPool({}, async ({ pool, eventsOf }) => {
      const others = bystanders(pool)
      const before = process.memoryUsage.rss()
      let peak = before
      const watching = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage.rss())
      }, 5)
      try {
        expect(await pool.run(floods, { bytes: 200 * MB, stream })).toBe(200 * MB)
      } finally {
        clearInterval(watching)
      }
      expect((peak - before) / MB).toBeLessThan(150)
      await others.unharmed()
      expect(eventsOf("WorkerExited")).toEqual([])
    })
  )
}

scenario("a single line of 200 MB is cut, not gathered", () =>
  withPool({}, async ({ pool, eventsOf }) => {
    const before = process.memoryUsage.rss()
    expect(await pool.run(floodsOneLine, 200 * MB)).toBe(200 * MB)
    expect((process.memoryUsage.rss() - before) / MB).toBeLessThan(150)
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)
