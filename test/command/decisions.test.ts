/** The command's pure decisions, without a process. */
import { Readable } from "node:stream"
import { setImmediate as immediate } from "node:timers/promises"
import fc from "fast-check"
import { fractionRead } from "holdfast"
import { expect, it } from "vitest"
import { mustHalt, NEVER, parseHalt } from "../../packages/holdfast/src/command/run/halt.ts"
import { allowance, Intake } from "../../packages/holdfast/src/command/run/Intake.ts"
import { jsonText, stringJson } from "../../packages/holdfast/src/command/run/json-text.ts"
import { type Line, LineReader } from "../../packages/holdfast/src/command/run/LineReader.ts"
import { LineWriter, type Written } from "../../packages/holdfast/src/command/run/LineWriter.ts"
import { parseDuration, parseSize } from "../../packages/holdfast/src/command/run/quantities.ts"
import { Results } from "../../packages/holdfast/src/command/run/Results.ts"

it("reads GNU parallel's grammar of --halt", () => {
  expect(parseHalt("never")).toEqual(NEVER)
  expect(parseHalt("soon,fail=3")).toEqual({ _tag: "When", when: "soon", why: "fail", count: 3, unit: "jobs" })
  expect(parseHalt("now,done=10%")).toEqual({ _tag: "When", when: "now", why: "done", count: 10, unit: "percent" })
  expect(parseHalt("2")).toEqual(parseHalt("now,fail=1"))
  for (const wrong of ["", "soon", "soon,fail", "soon,fail=0", "now,fail=101%", "now,fail=-1", "NOW,fail=1"])
    expect(parseHalt(wrong), wrong).toBeUndefined()
})

it("halts at a number of jobs, and at a percentage once three have ended", () => {
  const at = (text: string, succeeded: number, failed: number) =>
    mustHalt(parseHalt(text) ?? NEVER, { succeeded, failed })
  expect(at("soon,fail=2", 9, 1)).toBeUndefined()
  expect(at("soon,fail=2", 0, 2)).toBe("soon")
  expect(at("now,fail=50%", 0, 2)).toBeUndefined()
  expect(at("now,fail=50%", 1, 2)).toBe("now")
  expect(at("now,success=1", 1, 0)).toBe("now")
  expect(at("now,done=3", 2, 1)).toBe("now")
  expect(at("never", 0, 1000)).toBeUndefined()
})

it("reads durations and sizes with their units alone", () => {
  expect([parseDuration("500ms"), parseDuration("1.5s"), parseDuration("2 h")]).toEqual([500, 1500, 7_200_000])
  expect(["2 seconds", "1 second", "5 minutes", "300 millis", "1 day"].map(parseDuration)).toEqual([
    2000, 1000, 300_000, 300, 86_400_000
  ])
  for (const wrong of ["30", "0s", "-1s", "1y", "25d", ""]) expect(parseDuration(wrong), wrong).toBeUndefined()
  expect([parseSize("512M"), parseSize("512MiB"), parseSize("500MB")]).toEqual([2 ** 29, 2 ** 29, 500_000_000])
  for (const wrong of ["512", "10k", "M", "1e9"]) expect(parseSize(wrong), wrong).toBeUndefined()
})

it("refuses what JSON would lose, wherever it stands", () => {
  expect(jsonText({ a: [1, null, "x", undefined], b: undefined })).toBe('{"a":[1,null,"x",null]}')
  expect(jsonText(new Date(0))).toBe('"1970-01-01T00:00:00.000Z"')
  const circular: Record<string, unknown> = {}
  circular.self = circular
  for (const wrong of [
    1n,
    new Set(),
    Number.POSITIVE_INFINITY,
    [[new Map()]],
    new Error("x"),
    new Date(Number.NaN),
    circular
  ])
    expect(() => jsonText(wrong)).toThrow(/result.* is .*which JSON can't carry/)
})

it("names the way to what JSON can't carry, of a very long one both ends", () => {
  expect(() => jsonText({ a: [1, { b: 2n }] })).toThrow(/^result\.a\[1]\.b is the BigInt 2n/)
  const circular: Record<string, unknown> = {}
  circular.self = [circular]
  const ends = /^result\.self\[0]\.self\[0].{1,60}…\(1977 steps\)….{1,80} is nested too deeply, or within itself/
  expect(() => jsonText(circular)).toThrow(ends)
})

it("refuses what is longer than a text can be, without looking at all of it", () => {
  let doubled: unknown = 1
  for (let n = 0; n < 60; n++) doubled = [doubled, doubled]
  expect(() => jsonText(doubled, 1000)).toThrow(/^result is longer than any text can be/)
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify({ value, none: undefined })
      expect(jsonText({ value, none: undefined }, text.length), "never too early").toBe(text)
    })
  )
})

it("writes a long string as JSON in pieces, and cuts no character in two", () => {
  const text = 'ä"\u{1F600}\n\u{1F600}\u{1F600}\ud83d\\x\ude00'
  for (let piece = 2; piece <= text.length + 1; piece++)
    expect(stringJson(text, piece), `in pieces of ${piece}`).toBe(JSON.stringify(text))
})

const linesOf = async (chunks: ReadonlyArray<Buffer>, longest?: number): Promise<Array<Line>> => {
  const reader = new LineReader(Readable.from(chunks, { objectMode: true }), longest === undefined ? {} : { longest })
  const lines: Array<Line> = []
  for (;;) {
    const line = await reader.next()
    if (line === undefined) return lines
    lines.push(line)
  }
}

it("splits bytes into the same lines wherever they are cut", async () => {
  const bytes = Buffer.concat([Buffer.from("\uFEFFä\r\n\nb€"), Buffer.from([10, 0xff, 10]), Buffer.from("last")])
  const whole = await linesOf([bytes])
  expect(whole.map((line) => (line._tag === "Text" ? line.text : line.problem))).toEqual([
    "ä",
    "",
    "b€",
    "it is not valid UTF-8",
    "last"
  ])
  for (let cut = 1; cut < bytes.length; cut++)
    expect(await linesOf([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(whole)
  expect(await linesOf(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(whole)
})

it("passes over a line that is too long, and reads on behind it", async () => {
  const chunks = ["ab\n0123456", "789abcdef", "ghi\ncd\n"].map((text) => Buffer.from(text))
  const lines = await linesOf(chunks, 10)
  expect(lines.map((line) => [line.number, line._tag])).toEqual([
    [1, "Text"],
    [2, "Broken"],
    [3, "Text"]
  ])
})

it("puts results in order, and withholds what stands behind an input without one", () => {
  const given: Array<string> = []
  const results = new Results(true, (text) => given.push(text))
  const put = (place: number) => results.result(place, { text: String(place), line: place + 1 })
  put(2)
  put(0)
  results.nothing(1)
  expect(given).toEqual(["0", "2"])
  put(5)
  results.unfinished(4)
  put(3)
  expect(given).toEqual(["0", "2", "3"])
  expect(results.withheld).toBe(1)
})

it("lets no more wait for an earlier result than has room in memory", () => {
  const text = "x".repeat(2 ** 20)
  const results = new Results(true, () => undefined)
  for (let place = 1; place <= 63; place++) results.result(place, { text, line: place })
  expect(results.isFull).toBe(false)
  results.result(64, { text, line: 64 })
  expect(results.isFull).toBe(true)
  results.result(0, { text, line: 0 })
  expect(results.isFull).toBe(false)
  for (let place = 66; place < 66 + 16_384; place++) results.nothing(place)
  expect(results.isFull).toBe(true)
})

it("hands out few slow jobs beyond what runs, and many fast ones", () => {
  expect(allowance(4, 0)).toBe(4)
  expect(allowance(4, 40)).toBe(44)
  expect(allowance(4, 1_000_000)).toBe(65_536)
})

it("reads broken lines no faster than what is written of them is taken", async () => {
  const lines = new LineReader(Readable.from(Array.from({ length: 1000 }, () => Buffer.from("{broken\n"))))
  const told: Array<number> = []
  let taken = (): void => undefined
  const intake = new Intake({
    lines,
    parse: JSON.parse,
    skipBlank: true,
    width: 1,
    isFull: () => false,
    onBroken: ({ line }) => {
      told.push(line)
      return new Promise((resolve) => {
        taken = resolve
      })
    }
  })
  const end = intake.next()
  for (const so of [[1], [1, 2]]) {
    await expect.poll(() => told).toEqual(so)
    await immediate()
    expect(told).toEqual(so)
    taken()
  }
  await expect.poll(() => told).toHaveLength(3)
  intake.stop()
  expect(await end).toMatchObject({ done: true })
})

it("counts the lines that a target has taken whole, and the input that the last of them belongs to", async () => {
  const failures: Array<unknown> = []
  const target = {
    write: async (bytes: Buffer): Promise<Written> => ({ bytes: bytes.length - 1, failure: { error: "full" } })
  }
  const writer = new LineWriter(target, (error) => failures.push(error))
  for (const line of [1, 2, 4]) writer.add(`result ${line}`, line)
  await writer.flush()
  writer.add("never", 5)
  await writer.flush()
  expect(failures).toEqual(["full"])
  expect([writer.written, writer.writtenFrom]).toEqual([2, 2])
})

it("writes lines that wait together in pieces, for all of them may be longer than a string", async () => {
  const long = "x".repeat(700_000)
  const texts = ["a", long, "b", long, long, "c"]
  const pieces: Array<Buffer> = []
  const write = async (bytes: Buffer): Promise<Written> => {
    pieces.push(bytes)
    return pieces.length < 3 ? { bytes: bytes.length } : { bytes: 0, failure: { error: "full" } }
  }
  const writer = new LineWriter({ write }, () => undefined)
  for (const [line, text] of texts.entries()) writer.add(text, line)
  await writer.flush()
  expect(pieces.map(String)).toEqual([`a\n${long}\nb\n`, `${long}\n`, `${long}\nc\n`])
  expect([writer.written, writer.writtenFrom]).toEqual([4, 3])
})

it("knows how much of a file it has given out as lines", async () => {
  const bytes = Buffer.from("1\n22\n333\n4444\n".repeat(100))
  for (const step of [1, 7, 100, bytes.length]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) =>
      bytes.subarray(at * step, (at + 1) * step)
    )
    const reader = new LineReader(Readable.from(pieces, { objectMode: true }), { size: bytes.length })
    const seen: Array<number> = []
    while ((await reader.next()) !== undefined) seen.push(reader.fraction ?? Number.NaN)
    expect(seen, `in pieces of ${step}`).toEqual(seen.toSorted((a, b) => a - b))
    expect(seen[199]).toBeGreaterThan(0.45)
    expect(seen[199]).toBeLessThan(0.55)
    expect(seen.at(-1)).toBe(1)
  }
  expect(new LineReader(Readable.from([])).fraction).toBeUndefined()
})

it("knows how much of what --resume has left is read, for the estimate is of this run's jobs", async () => {
  const bytes = Buffer.from("1\n".repeat(100))
  const fractions = async (done: number): Promise<Array<number | undefined>> => {
    const intake = new Intake({
      lines: new LineReader(Readable.from([bytes], { objectMode: true }), { size: bytes.length }),
      parse: JSON.parse,
      skipBlank: true,
      done: { count: done, has: (line) => line <= done, byPlace: true },
      width: 1000,
      isFull: () => false,
      onBroken: () => undefined
    })
    const seen: Array<number | undefined> = []
    while ((await intake.next()).done !== true) seen.push(intake[fractionRead])
    return seen
  }
  const [none, most] = [await fractions(0), await fractions(80)]
  expect([none[9], none[99]]).toEqual([0.1, 1])
  expect(most).toHaveLength(20)
  expect([most[4], most[9], most[19]]).toEqual([0.25, 0.5, 1].map((at) => expect.closeTo(at, 10)))
  expect(await fractions(100)).toEqual([])
})
