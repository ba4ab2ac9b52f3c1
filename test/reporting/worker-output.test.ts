import { PassThrough } from "node:stream"
import type { EventOf } from "@holdfast/core"
import { describe, expect, it, vi } from "vitest"
import { ownerMarker, releaseMarker, syncMarker } from "../../packages/supervisor/src/protocol/output-marker.ts"
import { EventBus } from "../../packages/supervisor/src/reporting/EventBus.ts"
import { WorkerOutput, type WorkerOutputSetup } from "../../packages/supervisor/src/reporting/WorkerOutput.ts"

const NONCE = "k3y"
const job = (chunkId: number, offset = 0): string => ownerMarker(NONCE, { chunkId, offset })
const sync = (seq: number): string => syncMarker(NONCE, seq)

/** A worker's output, whose streams the test writes. */
const worker = (setup: Partial<WorkerOutputSetup> = {}) => {
  const bus = new EventBus()
  const logs: Array<EventOf<"Log">> = []
  bus.subscribe((event) => {
    if (event._tag === "Log") logs.push(event)
  })
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const output = new WorkerOutput({
    worker: 3,
    pid: 77,
    nonce: NONCE,
    stdout,
    stderr,
    bus,
    describe: (chunkId, offset) => ({ task: `task${chunkId}`, index: offset, attempt: 1, batch: 1 }),
    runningNow: () => undefined,
    ...setup
  })
  const said = async (many: number) => {
    await vi.waitFor(() => expect(logs.length).toBe(many), { timeout: 20_000 })
    return logs.map(({ index, level, message, stream, task }) => `${stream} ${level} ${task}#${index} ${message}`)
  }
  return { stdout, stderr, output, bus, logs, said }
}

describe("a worker's lines", () => {
  it("become events with worker, pid, task, job and attempt, at info from stdout and warn from stderr", async () => {
    const { stdout, stderr, logs } = worker()
    stdout.write(`${job(1, 4)}hello\n`)
    stderr.write(`${job(2, 5)}careful\n`)
    await vi.waitFor(() => expect(logs.length).toBe(2), { timeout: 20_000 })
    expect(logs).toEqual([
      expect.objectContaining({ worker: 3, pid: 77, stream: "stdout", level: 30, message: "hello", fields: undefined }),
      expect.objectContaining({ task: "task2", index: 5, attempt: 1, stream: "stderr", level: 40, message: "careful" })
    ])
  })

  it("keep level, message and fields where they are pino's", async () => {
    const { stdout, logs } = worker()
    const record = { level: 50, time: 1, pid: 5, hostname: "h", msg: "broken", order: 12, err: { type: "Error" } }
    stdout.write(`${JSON.stringify(record)}\n`)
    stdout.write(`{"level":20,"time":1,"msg":"bare"}\n`)
    await vi.waitFor(() => expect(logs.length).toBe(2), { timeout: 20_000 })
    expect(logs[0]).toMatchObject({ level: 50, message: "broken", fields: { order: 12, err: { type: "Error" } } })
    expect(logs[1]).toMatchObject({ level: 20, message: "bare", fields: undefined })
  })

  it("are plain text where they only look like pino's", async () => {
    const { stdout, said } = worker()
    stdout.write(`{"level":"high"}\n{"level":30\n{"level":1e999}\n`)
    expect((await said(3)).map((line) => line.slice(0, 9))).toEqual(["stdout 30", "stdout 30", "stdout 30"])
  })

  it("belong to the job that runs where nobody announced them, and to none where no job did", async () => {
    const { stdout, said } = worker({ runningNow: () => ({ chunkId: 8, offset: 2 }) })
    stdout.write(`printf\n${job(1)}mine\n${ownerMarker(NONCE, undefined)}module\n${releaseMarker(NONCE)}printf again\n`)
    expect(await said(4)).toEqual([
      "stdout 30 task8#2 printf",
      "stdout 30 task1#0 mine",
      "stdout 30 undefined#undefined module",
      "stdout 30 task8#2 printf again"
    ])
  })

  it("belong to the job that ran when an unannounced line began", async () => {
    let offset = 1
    const { stdout, output, said } = worker({ runningNow: () => ({ chunkId: 8, offset }) })
    stdout.write("begun ")
    await vi.waitFor(() => expect(output.lastLines()).toEqual(["begun "]), { timeout: 20_000 })
    offset = 2
    expect(output.lastLogs({ chunkId: 8, offset: 1 }).stdout).toEqual(["begun "])
    expect(output.lastLogs({ chunkId: 8, offset: 2 }).stdout).toEqual([])
    stdout.write("and ended\nnext\n")
    expect(await said(2)).toEqual(["stdout 30 task8#1 begun and ended", "stdout 30 task8#2 next"])
  })

  it("of an abort belong to the job whose it was, though results of those before were not read yet", async () => {
    const [head, mark] = [
      { chunkId: 8, offset: 1 },
      { chunkId: 8, offset: 2 }
    ]
    const { stderr, said, output } = worker({ runningNow: () => head, marked: () => mark })
    const abort = [
      "----- Native stack trace -----",
      " 1: 0x840e50  [node]",
      "----- JavaScript stack trace -----",
      "1: abort"
    ]
    stderr.write(`printf\n${abort.join("\n")}\n`)
    stderr.write(`printf\n${job(1)}${abort[0]}\n`)
    expect(await said(7)).toEqual([
      "stderr 40 task8#1 printf",
      ...abort.map((line) => `stderr 40 task8#2 ${line}`),
      "stderr 40 task8#1 printf",
      `stderr 40 task1#0 ${abort[0]}`
    ])
    expect(output.lastLogs(mark).stderr).toEqual(abort)
  })

  it("come untagged from a job of which nothing is known any more, not tagged with a bystander", async () => {
    const { stdout, said } = worker({ describe: () => undefined, runningNow: () => ({ chunkId: 8, offset: 2 }) })
    stdout.write(`${job(1)}late\n`)
    expect(await said(1)).toEqual(["stdout 30 undefined#undefined late"])
  })

  it("are read on when a stream fails, and the others' too", async () => {
    const { stdout, stderr, output, said } = worker()
    stdout.write("before\nunfinished")
    await said(1)
    stdout.destroy(new Error("ECONNRESET"))
    stderr.end("after\n")
    await output.closed
    expect((await said(3)).sort()).toEqual([
      "stderr 40 undefined#undefined after",
      "stdout 30 undefined#undefined before",
      "stdout 30 undefined#undefined unfinished"
    ])
  })
})

describe("a job's last lines", () => {
  it("are the last twenty of each stream, the unfinished one included", async () => {
    const { stdout, stderr, output, said } = worker()
    stdout.write(job(1) + Array.from({ length: 50 }, (_, i) => `out ${i}\n`).join(""))
    stderr.write(`${job(1)}err 0\nerr 1`)
    stderr.write(sync(1))
    stdout.write(`not finished${sync(1)}`)
    await output.synced(1)
    await said(51)
    const { stdout: out, stderr: err } = output.lastLogs({ chunkId: 1, offset: 0 })
    expect(out).toEqual([...Array.from({ length: 19 }, (_, i) => `out ${31 + i}`), "not finished"])
    expect(err).toEqual(["err 0", "err 1"])
    expect(output.lastLogs({ chunkId: 1, offset: 1 })).toEqual({ stdout: [], stderr: [] })
  })

  it("are kept apart by job, and go when the job or its chunk is forgotten", async () => {
    const { stdout, output, said } = worker()
    stdout.write([job(1, 0), "a\n", job(1, 1), "b\n", job(2, 0), "c\n", job(1, 0), "d\n"].join(""))
    await said(4)
    const out = (chunkId: number, offset: number) => output.lastLogs({ chunkId, offset }).stdout
    expect([out(1, 0), out(1, 1), out(2, 0)]).toEqual([["a", "d"], ["b"], ["c"]])
    output.forget(1, 0)
    expect([out(1, 0), out(1, 1), out(2, 0)]).toEqual([[], ["b"], ["c"]])
    stdout.write("e\n")
    await said(5)
    expect(out(1, 0)).toEqual(["e"])
    output.forgetChunk(1)
    expect([out(1, 0), out(1, 1), out(2, 0)]).toEqual([[], [], ["c"]])
  })

  it("are kept within a bound, and the latest of them", async () => {
    const { stdout, output, bus } = worker()
    for (let offset = 0; offset < 3000; offset++) stdout.write(`${job(1, offset)}${"x".repeat(6000)} ${offset}\n`)
    stdout.write(sync(1))
    stdout.end()
    bus.end()
    await vi.waitFor(() => expect(output.lastLogs({ chunkId: 1, offset: 2999 }).stdout.length).toBe(1), {
      timeout: 20_000
    })
    const kept = Array.from({ length: 3000 }, (_, offset) => output.lastLogs({ chunkId: 1, offset }).stdout)
    const chars = kept.flat().reduce((sum, line) => sum + line.length, 0)
    expect(chars).toBeLessThanOrEqual(2 * 1024 * 1024)
    expect(chars).toBeGreaterThan(1024 * 1024)
    expect(kept[2999]?.[0]).toMatch(/^x+… \(\d+ more\)$/)
    const first = kept.findIndex((lines) => lines.length > 0)
    expect(kept.slice(first).every((lines) => lines.length === 1)).toBe(true)
  })

  it("are kept without anybody listening, and no event is made", async () => {
    const bus = new EventBus()
    const publish = vi.spyOn(bus, "publish")
    const { stdout, output } = worker({ bus })
    stdout.write(job(1) + Array.from({ length: 5000 }, (_, i) => `line ${i} ${"x".repeat(20)}\n`).join(""))
    const out = () => output.lastLogs({ chunkId: 1, offset: 0 }).stdout.map((line) => line.split(" ")[1])
    await vi.waitFor(() => expect(out().at(-1)).toBe("4999"), { timeout: 20_000 })
    expect(out()).toEqual(Array.from({ length: 20 }, (_, i) => String(4980 + i)))
    expect(publish).not.toHaveBeenCalled()
  })

  it("of the worker are stdout's, then as many of stderr's as a dying V8 prints", async () => {
    const { stdout, stderr, output, said } = worker()
    stdout.write("out\nhalf")
    stderr.write(`FATAL ERROR: JavaScript heap out of memory\n${"frame\n".repeat(30)}`)
    await said(32)
    expect(output.lastLines().slice(0, 3)).toEqual(["out", "half", "FATAL ERROR: JavaScript heap out of memory"])
    expect(output.lastLines().length).toBe(33)
  })
})

describe("a sync", () => {
  it("is waited for until both streams have passed it", async () => {
    // So that nothing but the streams can end the wait.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    try {
      const { stdout, stderr, output } = worker()
      let passed = false
      const wait = output.synced(5).then(() => {
        passed = true
      })
      stdout.write(`a\n${sync(5)}`)
      stderr.write(`b\n${sync(4)}`)
      while (output.lastLines().length < 2) await new Promise((resolve) => setImmediate(resolve))
      expect(output.lastLines()).toEqual(["a", "b"])
      expect(passed).toBe(false)
      stderr.write(sync(6))
      await wait
      await output.synced(5)
    } finally {
      vi.useRealTimers()
    }
  })

  it("counts as passed when a stream has ended", async () => {
    // So that nothing but the streams can end the wait.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    try {
      const { stdout, stderr, output } = worker()
      const wait = output.synced(5)
      stdout.write(sync(5))
      stderr.end()
      await wait
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it("is waited for no longer than 250 ms while nothing comes", async () => {
    const { output } = worker()
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    try {
      let passed = false
      const wait = output.synced(5).then(() => {
        passed = true
      })
      await vi.advanceTimersByTimeAsync(249)
      expect(passed).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      await wait
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it("is passed at once by a worker without streams", async () => {
    const { output } = worker({ stdout: undefined, stderr: undefined })
    await output.synced(1)
    await output.closed
    expect(output.lastLines()).toEqual([])
  })
})
