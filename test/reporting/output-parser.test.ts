import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  MAX_LINE_BYTES,
  OutputParser,
  ownerMarker,
  recordMarker,
  releaseMarker,
  syncMarker,
  type Writer
} from "../../packages/supervisor/src/protocol/output-marker.ts"

const NONCE = "k3y"
const name = (writer: Writer): string =>
  writer === undefined ? "?" : writer === "nobody" ? "-" : `${writer.chunkId}:${writer.offset}`

const job = (chunkId: number, offset = 0): string => ownerMarker(NONCE, { chunkId, offset })
const nobody = ownerMarker(NONCE, undefined)
const release = releaseMarker(NONCE)
const sync = (seq: number): string => syncMarker(NONCE, seq)

/** What comes of a stream: `1:0 text`, `1:0 text…` for a partial line, `!7` for a sync. */
const parse = (chunks: Iterable<string | Uint8Array>, suffices?: number): Array<string> => {
  const seen: Array<string> = []
  const parser = new OutputParser({
    nonce: NONCE,
    line: (text, writer, partial) => seen.push(`${name(writer)} ${text}${partial ? "…" : ""}`),
    sync: (seq) => seen.push(`!${seq}`),
    ...(suffices === undefined ? {} : { suffices: () => suffices })
  })
  for (const chunk of chunks) parser.push(Buffer.from(chunk))
  parser.end()
  return seen
}

describe("a stream of a worker", () => {
  it("is split into lines, whose markers are gone and whose writers are told", () => {
    expect(parse([`before\n${job(1)}one\ntwo\n${job(1, 1)}three\n${nobody}four\n${release}five\n`])).toEqual([
      "? before",
      "1:0 one",
      "1:0 two",
      "1:1 three",
      "- four",
      "? five"
    ])
  })

  it("ends a line that another writer breaks into, or whose job is over, and no line where the same one goes on", () => {
    expect(parse([`${job(1)}half`, `${job(2)}other\n`, `${job(1)}a`, `${job(1)}b`, release, `${job(1)}c\n`])).toEqual([
      "1:0 half",
      "2:0 other",
      "1:0 ab",
      "1:0 c"
    ])
  })

  it("keeps a record of several lines together, with what stood before it, in whatever chunks it comes", () => {
    const record = recordMarker(NONCE, Buffer.byteLength("one\ntwö\r\n"))
    const text = `${job(1)}a${record}one\ntwö\r\nthree\n${job(2)}x`
    const expected = ["1:0 aone\ntwö", "1:0 three", "2:0 x…"]
    expect(parse([text])).toEqual(expected)
    const bytes = Buffer.from(text, "utf8")
    for (let at = 1; at < bytes.length; at++)
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected)
  })

  it("ends a record into which somebody else has written, and gives a dead one as far as it came", () => {
    expect(parse([`${recordMarker(NONCE, 100)}a\nb${job(2)}c\n`])).toEqual(["? a\nb", "2:0 c"])
    expect(parse([`${recordMarker(NONCE, 100)}a\nb`])).toEqual(["? a\nb…"])
  })

  it("passes sync markers in their place, without ending the line around them", () => {
    expect(parse([`a\nb${sync(1)}c\n${sync(2)}`])).toEqual(["? a", "!1", "? bc", "!2"])
  })

  it("loses the carriage returns of line ends and keeps the others", () => {
    expect(parse(["a\r\n", "b\r", "\n", "c\rd\n", "\r\n", "e\r"])).toEqual(["? a", "? b", "? c\rd", "? ", "? e\r…"])
  })

  it("delivers a last line that nothing ended as partial", () => {
    expect(parse([`${job(3)}done\nnot d`])).toEqual(["3:0 done", "3:0 not d…"])
  })

  it("tells the unfinished line before its end has come", () => {
    const parser = new OutputParser({ nonce: NONCE, line: () => undefined, sync: () => undefined })
    parser.push(Buffer.from(`${job(4)}whole\nEnter a num`))
    expect(parser.unfinished).toEqual({ text: "Enter a num", writer: { chunkId: 4, offset: 0 } })
    parser.push(Buffer.from("ber\n"))
    expect(parser.unfinished).toBeUndefined()
  })

  it("leaves alone what only looks like a marker", () => {
    const foreign = ownerMarker("other", { chunkId: 9, offset: 9 })
    const torn = `\0\x01hf:${NONCE}:12:`
    expect(parse([`${foreign}a\n`, `${torn}${"b".repeat(100)}\n`, `${torn}x\x01\0\n`, `\0\0\x01hf:${NONCE}`])).toEqual([
      `? ${foreign}a`,
      `? ${torn}${"b".repeat(100)}`,
      `? ${torn}x\x01\0`,
      `? \0\0\x01hf:${NONCE}…`
    ])
  })

  it("delivers a line over 64 KiB in pieces of whole characters", () => {
    const long = "é€😀x".repeat(20_000)
    const pieces = parse([`${long}\nshort\n`]).map((line) => line.slice(2))
    expect(pieces.length).toBe(5)
    expect(pieces.slice(0, -1).join("")).toBe(long)
    expect(pieces.at(-1)).toBe("short")
    for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(MAX_LINE_BYTES)
  })

  it("adds no empty line to one of exactly 64 KiB, wherever it is split", () => {
    const line = "x".repeat(MAX_LINE_BYTES)
    expect(parse([`${line}\n`])).toEqual([`? ${line}`])
    expect(parse([line, "\n"])).toEqual([`? ${line}`])
  })

  it("delivers the same in whatever chunks it comes", () => {
    const part = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("\n", "\r\n", "\0", "\x01", "\0\x01hf:", `\0\x01hf:${NONCE}:`, "\x01\0", "€", "😀"),
      fc.nat(3).map((chunk) => job(chunk)),
      fc.nat(3).map(sync),
      fc.constantFrom(nobody, release)
    )
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(20)), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(""))
        const chunks: Array<Buffer> = []
        let at = 0
        for (const cut of cuts) {
          chunks.push(bytes.subarray(at, at + cut))
          at += cut
        }
        expect(parse([...chunks, bytes.subarray(at)])).toEqual(parse([bytes]))
      }),
      { numRuns: 500 }
    )
  })
})

describe("a flood of which the last lines suffice", () => {
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => `line ${from + i} ${"x".repeat(50)}\n`).join("")

  it("is not delivered but for those, for each writer and chunk", () => {
    const seen = parse([`${job(1)}${lines(0, 1000)}half`, `other half\n${job(2)}${lines(0, 1000)}`], 3)
    expect(seen.map((line) => line.split(" x")[0])).toEqual([
      "1:0 line 997",
      "1:0 line 998",
      "1:0 line 999",
      "1:0 halfother half",
      "2:0 line 997",
      "2:0 line 998",
      "2:0 line 999"
    ])
  })

  it("forgets the beginning of a line whose end is not wanted", () => {
    expect(parse(["the beginning ", `the end\n${lines(0, 500)}`], 1).map((line) => line.split(" x")[0])).toEqual([
      "? line 499"
    ])
  })

  it("still tells every sync", () => {
    expect(parse([lines(0, 500), sync(1), lines(0, 500), sync(2)], 0)).toEqual(["!1", "!2"])
  })
})
