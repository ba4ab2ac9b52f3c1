/**
 * A terminal for tests: what a person would see after all that was written to it. Knows the few control sequences
 * that progress bars use, and throws at any other, and where anything but blanks goes over the edge.
 */
import { Writable } from "node:stream"

const ESCAPE = "\u001b"

export class Screen extends Writable {
  readonly isTTY = true
  columns: number
  #rows: Array<string> = [""]
  #row = 0
  #column = 0

  constructor(columns = 80) {
    super({ decodeStrings: false })
    this.columns = columns
  }

  /** The lines as they stand, without what is empty at the end. */
  get lines(): ReadonlyArray<string> {
    const rows = this.#rows.map((row) => row.trimEnd())
    while (rows.at(-1) === "") rows.pop()
    return rows
  }

  /** Makes it narrower: what no longer fits its line goes on in the next, as on most terminals. */
  narrow(columns: number): void {
    this.columns = columns
    const pieces = this.#rows.map((row) => row.match(new RegExp(`.{1,${columns}}`, "gu")) ?? [""])
    this.#row = pieces.slice(0, this.#row + 1).flat().length - 1
    this.#column = pieces.flat()[this.#row]?.length ?? 0
    this.#rows = pieces.flat()
  }

  /** As what the program would take it for. */
  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream
  }

  override _write(chunk: string | Uint8Array, encoding: BufferEncoding, done: () => void): void {
    const text = (typeof chunk === "string" ? Buffer.from(chunk, encoding) : Buffer.from(chunk)).toString()
    const [plain = "", ...escaped] = text.split(ESCAPE)
    for (const character of plain) this.#put(character)
    for (const piece of escaped) {
      const end = piece.search(/[A-Zm]/) + 1
      this.#obey(piece.slice(0, end))
      for (const character of piece.slice(end)) this.#put(character)
    }
    done()
  }

  #put(character: string): void {
    if (character === "\n") {
      this.#row++
      this.#column = 0
      this.#rows[this.#row] ??= ""
      return
    }
    if (this.#column >= this.columns && character === " ") this.#put("\n")
    if (this.#column >= this.columns) throw new Error(`wraps behind ${JSON.stringify(this.#rows[this.#row])}`)
    const row = this.#rows[this.#row] ?? ""
    this.#rows[this.#row] = row.slice(0, this.#column).padEnd(this.#column) + character + row.slice(this.#column + 1)
    this.#column++
  }

  /** A sequence without its escape: `[3A`. */
  #obey(sequence: string): void {
    const number = Number(sequence.slice(1, -1))
    if (sequence.endsWith("A")) this.#row -= number
    else if (sequence.endsWith("G")) this.#column = number - 1
    else if (sequence === "[0K" || sequence === "[0J") {
      this.#rows[this.#row] = (this.#rows[this.#row] ?? "").slice(0, this.#column)
      if (sequence === "[0J") this.#rows.length = this.#row + 1
    } else if (!sequence.endsWith("m")) throw new Error(`unknown control sequence ${JSON.stringify(sequence)}`)
    if (this.#row < 0) throw new Error("went above the first line")
  }
}
