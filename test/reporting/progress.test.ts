import { spawn } from "node:child_process"
import { once } from "node:events"
import { PassThrough, Writable } from "node:stream"
import { text } from "node:stream/consumers"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { barStackOf } from "../../packages/supervisor/src/reporting/BarStack.ts"
import { EventBus } from "../../packages/supervisor/src/reporting/EventBus.ts"
import { showProgress } from "../../packages/supervisor/src/reporting/progress.ts"
import { begin, did, end, workers } from "./batch-events.ts"
import { Screen } from "./screen.ts"

describe("without a terminal", () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it("a line comes every few seconds, and a last one", async () => {
    const bus = new EventBus()
    let lines = ""
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        lines += chunk
        done()
      }
    })
    const said = (): string => {
      const all = lines
      lines = ""
      return all
    }
    const listeners = stream.listenerCount("error")
    showProgress(bus, { batch: 1, label: "squares", stream: stream as unknown as NodeJS.WriteStream, workers })
    bus.publish(begin(1, 2000))
    bus.publish(did(1, 500))
    expect(said()).toBe("")
    await vi.advanceTimersByTimeAsync(5_000)
    expect(said()).toBe("squares: 500 of 2,000 (25%), 100/s, 15s left, 2/3 busy\n")
    await vi.advanceTimersByTimeAsync(10_000)
    expect(said().split("\n").length).toBe(3)
    bus.publish(end(1, 1999, 1, 0))
    expect(said()).toBe("squares: 2,000 done in 15s (133/s), 1 failed\n")
    await vi.runAllTimersAsync()
    expect(vi.getTimerCount()).toBe(0)
    expect(bus.active).toBe(false)
    expect(stream.listenerCount("error")).toBe(listeners)
  })

  it("nothing is drawn any more when the pool is closed, or the caller says so", () => {
    const bus = new EventBus()
    const stream = new PassThrough() as unknown as NodeJS.WriteStream
    showProgress(bus, { batch: 1, label: "squares", stream, workers })
    const stop = showProgress(bus, { batch: 2, label: "squares", stream, workers })
    bus.publish({ _tag: "PoolClosed", at: 0 })
    stop()
    vi.runAllTimers()
    expect(vi.getTimerCount()).toBe(0)
    expect(bus.active).toBe(false)
  })
})

describe("on a terminal", () => {
  const shows = (screen: Screen, ...lines: ReadonlyArray<unknown>): Promise<void> =>
    vi.waitFor(() => expect(screen.lines).toEqual(lines), { timeout: 20_000 })

  it("a bar is drawn, and a last line stays", async () => {
    const bus = new EventBus()
    const screen = new Screen()
    showProgress(bus, { batch: 1, label: "squares", stream: screen.stream, workers })
    bus.publish(begin(1, 100))
    bus.publish(did(1, 25))
    await shows(screen, expect.stringMatching(/^squares {2}█+░+ {2}25% {2}25\/100 .* 2\/3 busy$/))
    bus.publish(did(1, 50))
    await shows(screen, expect.stringMatching(/^squares {2}█+░+ {2}75% {2}75\/100 /))
    bus.publish(end(1, 99, 1, 0))
    await shows(screen, expect.stringMatching(/^squares: 100 done in .*, 1 failed$/))
    await vi.waitFor(() => expect(screen.listenerCount("error")).toBe(0), { timeout: 20_000 })
    expect(bus.active).toBe(false)
  })

  it("bars stay on their lines when the terminal becomes narrower", async () => {
    const bus = new EventBus()
    const screen = new Screen(120)
    for (const batch of [1, 2]) {
      showProgress(bus, { batch, label: `batch ${batch}`, stream: screen.stream, workers })
      bus.publish(begin(batch, 10))
    }
    barStackOf(screen.stream).print("before")
    const bars = [expect.stringMatching(/^batch 1 .*busy$/), expect.stringMatching(/^batch 2 .*busy$/)]
    await shows(screen, "before", ...bars)
    for (const columns of [72, 60]) {
      screen.narrow(columns)
      expect(screen.lines.length).toBe(5)
      await shows(screen, "before", ...bars)
    }
    bus.publish(end(1, 10, 0, 0))
    bus.publish(end(2, 10, 0, 0))
    await shows(screen, "before", expect.stringContaining("batch 1:"), expect.stringContaining("batch 2:"))
  })

  it("each of several batches has its bar, and one that ends leaves the others in order", async () => {
    const bus = new EventBus()
    const screen = new Screen()
    for (const batch of [1, 2, 3]) {
      showProgress(bus, { batch, label: `batch ${batch}`, stream: screen.stream, workers })
      bus.publish(begin(batch, batch === 2 ? undefined : 10))
    }
    await shows(
      screen,
      expect.stringMatching(/^batch 1 .*░/),
      expect.stringMatching(/^batch 2 {2}0 done/),
      expect.stringMatching(/^batch 3 .*░/)
    )
    bus.publish(end(2, 4, 0, 0))
    await shows(
      screen,
      expect.stringMatching(/^batch 2: 4 done/),
      expect.stringMatching(/^batch 1 .*░/),
      expect.stringMatching(/^batch 3 .*░/)
    )
    bus.publish(end(1, 10, 0, 0))
    bus.publish(end(3, 10, 0, 0))
    await shows(screen, ...[2, 1, 3].map((batch) => expect.stringContaining(`batch ${batch}: `)))
  })

  it("many batches may end at once, without a warning of too many listeners", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined)
    const bus = new EventBus()
    const screen = new Screen()
    const batches = Array.from({ length: 30 }, (_, batch) => batch)
    for (const batch of batches) showProgress(bus, { batch, label: `batch ${batch}`, stream: screen.stream, workers })
    await vi.waitFor(() => expect(screen.lines.length).toBe(30), { timeout: 20_000 })
    for (const batch of batches) bus.publish(end(batch, 1, 0, 0))
    await shows(screen, ...batches.map((batch) => expect.stringContaining(`batch ${batch}: 1 done`)))
    await vi.waitFor(() => expect(screen.listenerCount("error")).toBe(0), { timeout: 20_000 })
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
  })

  it("what is printed meanwhile stands above the bars, which stay whole", async () => {
    const bus = new EventBus()
    const screen = new Screen()
    const log = Array.from({ length: 30 }, (_, line) => `record ${line}`)
    for (const batch of [1, 2]) {
      showProgress(bus, { batch, label: `batch ${batch}`, stream: screen.stream, workers })
      bus.publish(begin(batch, 10))
    }
    await vi.waitFor(() => expect(screen.lines.length).toBe(2), { timeout: 20_000 })
    for (const [line, record] of log.entries()) {
      barStackOf(screen.stream).print(record)
      if (line % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await shows(screen, ...log, expect.stringMatching(/^batch 1 .*busy$/), expect.stringMatching(/^batch 2 .*busy$/))
    bus.publish(end(1, 10, 0, 0))
    bus.publish(end(2, 10, 0, 0))
    await shows(
      screen,
      ...log,
      expect.stringContaining("batch 1: 10 done"),
      expect.stringContaining("batch 2: 10 done")
    )
  })

  it("a batch that ends before its bar was there leaves its last line alone", async () => {
    const bus = new EventBus()
    const screen = new Screen()
    showProgress(bus, { batch: 1, label: "squares", stream: screen.stream, workers })
    bus.publish(begin(1, 3))
    bus.publish(end(1, 3, 0, 0))
    await vi.dynamicImportSettled()
    expect(screen.lines).toEqual([expect.stringContaining("squares: 3 done")])
  })

  it("a terminal that is gone ends the drawing, and nothing else", async () => {
    const bus = new EventBus()
    let writes = 0
    const gone = new Writable({
      autoDestroy: false,
      write: (_chunk, _encoding, done) => {
        writes++
        done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))
      }
    })
    Object.assign(gone, { isTTY: true, columns: 80 })
    const stream = gone as unknown as NodeJS.WriteStream
    showProgress(bus, { batch: 1, label: "squares", stream, workers })
    bus.publish(begin(1, 3))
    await vi.waitFor(() => expect(writes).toBeGreaterThan(0), { timeout: 20_000 })
    await vi.waitFor(() => expect(gone.errored).not.toBeNull(), { timeout: 20_000 })
    const drawn = writes
    bus.publish(did(1, 3))
    bus.publish(end(1, 3, 0, 0))
    showProgress(bus, { batch: 2, label: "squares", stream, workers })
    bus.publish(end(2, 3, 0, 0))
    await vi.dynamicImportSettled()
    expect(writes).toBe(drawn)
  })
})

it("does not crash a program whose stderr nobody reads, nor keep it alive", async () => {
  const file = new URL("fixtures/shows-progress.ts", import.meta.url).pathname
  const child = spawn(process.execPath, [...process.execArgv, file], { stdio: ["ignore", "pipe", "pipe"] })
  const closed = once(child, "close")
  child.stderr.destroy()
  expect(await text(child.stdout)).toBe("still there\n")
  expect(await closed).toEqual([0, null])
})
