/**
 * What an earlier run has written of the same input, for `--resume`: how many lines, or with `--tag` which. Reads the
 * file once and keeps a bit a line at most. Writes nothing.
 */
import { createReadStream, statSync } from "node:fs"
import { UsageError } from "../UsageError.ts"
import type { RunOptions } from "./RunOptions.ts"
import { refusal } from "./refusal.ts"

/** Which lines of the input are done. */
export interface DoneLines {
  /** How many there are. */
  readonly count: number
  /** Whether that line is: the so-manieth, from 0, of those that count. */
  has(line: number, place: number): boolean
  /** Whether the first so many are, whichever numbers they have. */
  readonly byPlace: boolean
}

const NEWLINE = 10
const PIECE_BYTES = 2 ** 20
/** Where a line's number must have ended. */
const HEAD_BYTES = 40

/** Gives the beginning of each whole line: half a one at the end is no result. */
const readHeads = async (path: string, onHead: (head: string) => void): Promise<void> => {
  let head = ""
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Buffer>) {
    let at = 0
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, at)) {
      onHead(head + piece.toString("latin1", at, Math.min(end, at + HEAD_BYTES - head.length)))
      head = ""
      at = end + 1
    }
    head += piece.toString("latin1", at, Math.min(piece.length, at + HEAD_BYTES - head.length))
  }
}

/** So many lines have their bits in one piece of memory. */
const PAGE_LINES = 65_536

class Numbers implements DoneLines {
  readonly byPlace = false
  count = 0
  readonly #pages = new Map<number, Uint8Array>()

  add(line: number): void {
    if (this.has(line)) return
    this.count++
    const nth = Math.floor(line / PAGE_LINES)
    const page = this.#pages.get(nth) ?? new Uint8Array(PAGE_LINES / 8)
    this.#pages.set(nth, page)
    const at = (line % PAGE_LINES) >>> 3
    page[at] = (page[at] ?? 0) | (1 << (line % 8))
  }

  has(line: number): boolean {
    const page = this.#pages.get(Math.floor(line / PAGE_LINES))
    return ((page?.[(line % PAGE_LINES) >>> 3] ?? 0) & (1 << (line % 8))) !== 0
  }
}

const tagged = async (path: string, shown: string, tag: RegExp): Promise<DoneLines> => {
  const numbers = new Numbers()
  let at = 0
  await readHeads(path, (head) => {
    at++
    const line = Number(tag.exec(head)?.[1])
    if (!Number.isSafeInteger(line))
      throw new UsageError(`${shown} can't be gone on with: its line ${at} has no line number, as --tag writes it`)
    numbers.add(line)
  })
  return numbers
}

const counted = async (path: string, shown: string, mayBeEmpty: boolean): Promise<DoneLines> => {
  let count = 0
  await readHeads(path, (head) => {
    count++
    // An editor may have left it there. Counted, it would stand for an input that was never run.
    if (!mayBeEmpty && head.trim() === "")
      throw new UsageError(
        `${shown} can't be gone on with: its line ${count} is empty, which no result is: take it out`
      )
  })
  return { count, byPlace: true, has: (_line, place) => place < count }
}

/**
 * What is done by what stands in the output; undefined where all is to be run. Refuses what can't tell.
 *
 * @example
 * const done = await doneLines(options, /^\{"line":(\d+),/)
 */
export const doneLines = async (
  { lines, output, resume, tag }: Pick<RunOptions, "lines" | "output" | "resume" | "tag">,
  tagOf: RegExp
): Promise<DoneLines | undefined> => {
  if (!resume || output === undefined) return undefined
  const shown = `--output ${JSON.stringify(output)}`
  const stats = statSync(output, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (!stats.isFile()) throw new UsageError(`${shown} is no regular file: --resume reads there what is done`)
  try {
    return tag ? await tagged(output, shown, tagOf) : await counted(output, shown, lines)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${shown} can't be read: ${refusal(error)}`)
  }
}
