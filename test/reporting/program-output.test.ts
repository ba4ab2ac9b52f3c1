import { PassThrough, Writable } from "node:stream"
import { expect, it, vi } from "vitest"
import { EventBus } from "../../packages/supervisor/src/reporting/EventBus.ts"
import { lineAfter } from "../../packages/supervisor/src/reporting/line-end.ts"
import { showProgress } from "../../packages/supervisor/src/reporting/progress.ts"
import { openGate } from "../fixtures/gated.ts"
import { hasTmux, onlyWithTmux, onTerminal } from "../fixtures/on-terminal.ts"
import { eventually, scratchFile } from "../pool/places.ts"
import { begin, end, workers } from "./batch-events.ts"
import { Screen } from "./screen.ts"

const shows = (screen: Screen, ...lines: ReadonlyArray<unknown>): Promise<void> =>
  eventually(() => expect(screen.lines).toEqual(lines))

const bar = (batch: number): unknown => expect.stringMatching(new RegExp(`^batch ${batch} .*busy$`))
const last = (batch: number): unknown => expect.stringContaining(`batch ${batch}: 10 done`)

/** Has a bar, which stands on the screen when this resolves; ends it when called. */
const showBar = async (screen: Screen, batch = 1): Promise<() => void> => {
  const bus = new EventBus()
  showProgress(bus, { batch, label: `batch ${batch}`, stream: screen.stream, workers })
  bus.publish(begin(batch, 10))
  await eventually(() => expect(screen.lines.at(-1)).toEqual(bar(batch)))
  return () => bus.publish(end(batch, 10, 0, 0))
}

it("what the program writes stands above all bars, whole and in order", async () => {
  const screen = new Screen()
  const ends = [await showBar(screen, 1), await showBar(screen, 2)]
  const written = Array.from({ length: 20 }, (_, line) => `line ${line}`)
  for (const [at, line] of written.entries()) {
    screen.write(`${line}\n`)
    if (at % 7 === 0) await shows(screen, ...written.slice(0, at + 1), bar(1), bar(2))
  }
  await shows(screen, ...written, bar(1), bar(2))
  ends[0]?.()
  screen.write("between\n")
  await shows(screen, ...written, last(1), "between", bar(2))
  ends[1]?.()
  screen.write("behind\n")
  await shows(screen, ...written, last(1), "between", last(2), "behind")
})

/** Resolves when a bar would have been drawn again several times: one on another terminal has been. */
const redraws = async (): Promise<void> => {
  const clock = new Screen()
  const finish = await showBar(clock)
  const write = vi.spyOn(clock, "_write")
  // Five writes draw a bar.
  await eventually(() => expect(write.mock.calls.length).toBeGreaterThan(15))
  finish()
}

it("a line without its end stays as it is, without a bar, until it has one", async () => {
  const screen = new Screen()
  const finish = await showBar(screen)
  screen.write("Really?")
  const other = new EventBus()
  showProgress(other, { batch: 2, label: "batch 2", stream: screen.stream, workers })
  await redraws()
  expect(screen.lines).toEqual(["Really?"])
  screen.write(" yes\n")
  await shows(screen, "Really? yes", bar(1), bar(2))
  screen.write("half")
  // What ends meanwhile begins a line of its own, and the other goes on below.
  finish()
  await shows(screen, "Really? yes", "half", last(1), bar(2))
  other.publish(end(2, 10, 0, 0))
  await shows(screen, "Really? yes", "half", last(1), last(2))
})

it("a line that was begun before anybody looked is not drawn over", async () => {
  const screen = new Screen()
  screen.write("results:")
  const finish = await showBar(screen)
  await shows(screen, "results:", bar(1))
  finish()
  await shows(screen, "results:", last(1))
})

it("one that is begun before its bar is loaded is continued", async () => {
  const screen = new Screen()
  const bus = new EventBus()
  showProgress(bus, { batch: 1, label: "batch 1", stream: screen.stream, workers })
  screen.write("results:")
  await redraws()
  screen.write(" 1\n")
  await shows(screen, "results: 1", bar(1))
  bus.publish(end(1, 10, 0, 0))
})

it("write does what it has always done", async () => {
  const screen = new Screen()
  const finish = await showBar(screen)
  const done = vi.fn()
  expect(screen.write("plain\n", done)).toBe(true)
  expect(screen.write("c3a90a", "hex", done)).toBe(true)
  expect(screen.write(new TextEncoder().encode("bytes\n"), done)).toBe(true)
  expect(screen.write("text\n", "utf8", done)).toBe(true)
  await eventually(() => expect(done).toHaveBeenCalledTimes(4))
  await shows(screen, "plain", "é", "bytes", "text", bar(1))
  expect(() => screen.write("x", "no such encoding" as BufferEncoding)).toThrow(
    expect.objectContaining({ code: "ERR_UNKNOWN_ENCODING" })
  )
  expect(() => screen.write(null)).toThrow(expect.objectContaining({ code: "ERR_STREAM_NULL_VALUES" }))
  await shows(screen, "plain", "é", "bytes", "text", bar(1))
  finish()
})

it("a terminal that is slow says so to the program, and calls back in order", async () => {
  const waiting: Array<() => void> = []
  class Slow extends Screen {
    override _write(chunk: string | Uint8Array, encoding: BufferEncoding, done: () => void): void {
      waiting.push(() => super._write(chunk, encoding, done))
    }
  }
  const screen = new Slow()
  const pump = setInterval(() => waiting.shift()?.(), 0)
  const finish = await showBar(screen)
  clearInterval(pump)
  const told: Array<number> = []
  expect(screen.write("x".repeat(79), () => told.push(1))).toBe(true)
  expect(screen.write(`\n${" ".repeat(screen.writableHighWaterMark)}\n`, () => told.push(2))).toBe(false)
  const goOn = setInterval(() => waiting.shift()?.(), 0)
  await eventually(() => expect(told).toEqual([1, 2]))
  finish()
  await eventually(() => expect(screen.lines.at(-1)).toEqual(last(1)))
  clearInterval(goOn)
})

it("once no bar is left, write is what it was: the stream's own, or the program's", async () => {
  const screen = new Screen()
  const ends = [await showBar(screen, 1), await showBar(screen, 2)]
  expect(Object.hasOwn(screen, "write")).toBe(true)
  ends[0]?.()
  expect(Object.hasOwn(screen, "write")).toBe(true)
  ends[1]?.()
  expect(Object.hasOwn(screen, "write")).toBe(false)

  const seen: Array<unknown> = []
  const programs = (chunk: unknown): boolean => {
    seen.push(chunk)
    return Writable.prototype.write.call(screen, chunk, "utf8", undefined)
  }
  screen.write = programs
  const finish = await showBar(screen)
  screen.write("through it\n")
  finish()
  expect(seen).toContain("through it\n")
  expect(screen.write).toBe(programs)
})

it("who replaces write while there is a bar keeps it, whichever ends first", async () => {
  const screen = new Screen()
  const finish = await showBar(screen)
  const tapped = screen.write
  const seen: Array<unknown> = []
  const programs = (chunk: unknown): boolean => {
    seen.push(chunk)
    return tapped.call(screen, chunk, "utf8", () => undefined)
  }
  screen.write = programs
  screen.write("one\n")
  await shows(screen, "one", bar(1))
  finish()
  expect(screen.write).toBe(programs)
  screen.write("two\n")
  // What it puts back then passes all on, and the next bar works all the same.
  screen.write = tapped
  screen.write("three\n")
  await shows(screen, "one", last(1), "two", "three")
  expect(seen.filter((chunk) => String(chunk).endsWith("o\n"))).toEqual(["two\n"])
  const again = await showBar(screen)
  screen.write("four\n")
  await shows(screen, "one", last(1), "two", "three", "four", bar(1))
  again()
  expect(screen.write).toBe(tapped)
})

it("a stream whose write can't be replaced has its bar all the same", async () => {
  const screen = new Screen()
  const write = screen.write.bind(screen)
  Object.defineProperty(screen, "write", { value: write, configurable: false, writable: false })
  const finish = await showBar(screen)
  finish()
  await shows(screen, last(1))
  expect(screen.write).toBe(write)
})

it("nothing is hooked where no bar is drawn", () => {
  const bus = new EventBus()
  const stream = new PassThrough()
  const end = showProgress(bus, { batch: 1, label: "b", stream: stream as unknown as NodeJS.WriteStream, workers })
  expect(Object.hasOwn(stream, "write")).toBe(false)
  end()
})

it.each([
  ["a line\n", undefined, "ended"],
  ["a line", undefined, "open"],
  ["a line\r", undefined, "open"],
  ["", undefined, undefined],
  ["\u001B[31mred\u001B[39m\n", undefined, "ended"],
  ["red\n\u001B[0m\u001B[?25h", undefined, "ended"],
  ["\u001B[?25l", undefined, undefined],
  ["red\n\u001B[2A", undefined, "open"],
  ["red\n[0m", undefined, "open"],
  ["0a", "hex", "ended"],
  ["0a", "utf8", "open"],
  ["\n", "UTF-8", "ended"],
  [Buffer.from("a\n"), undefined, "ended"],
  [new Uint8Array([97]), "buffer", "open"]
] as const)("%j (%s) leaves the line %s", (chunk, encoding, expected) => {
  expect(lineAfter(chunk, encoding)).toBe(expected)
})

it.skipIf(!hasTmux)(`what a program logs stands above its bars on a real terminal${onlyWithTmux}`, async () => {
  const file = scratchFile()
  const screen = onTerminal("prints-beside-bar.ts", file)
  const above = ["begun before the bar", "got 0", "an error about 1", "got 2, then 3"]
  await eventually(() =>
    expect(screen()).toEqual([
      ...above,
      expect.stringMatching(/^beside .* 4\/5 .* 1\/1 busy/),
      expect.stringMatching(/^numbers .* 4\/5 .* 1\/1 busy/)
    ])
  )
  openGate(file)
  await eventually(() => {
    const shown = screen()
    expect(shown.slice(0, 4)).toEqual(above)
    expect(shown.slice(4, 7).sort()).toEqual([
      expect.stringMatching(/^beside: 5 done/),
      "got 4",
      expect.stringMatching(/^numbers: 5 done/)
    ])
    expect(shown.slice(7)).toEqual(["write is as it was"])
  })
})
