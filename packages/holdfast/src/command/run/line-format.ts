/** What a line of input means and how a result is written as one: JSON, or with `--lines` plain text. Pure. */
import { jsonText, stringJson } from "./json-text.ts"

export interface LineFormat {
  /** The input that a line is. Throws where it is none. */
  parse(text: string): unknown
  /** A line of input as JSON. */
  inputJson(text: string): string
  /** A result as text. Throws `NotJson`. */
  write(value: unknown): string
  /** A result with its input's line number. */
  tagged(line: number, text: string): string
  /** Finds that number. */
  readonly tag: RegExp
  /** Stands where a job has no result. */
  readonly filler: string
  /** Whether a line with nothing in it is no input. */
  readonly skipBlank: boolean
}

/** A result of several lines, where each is known by its line. */
export class NotOneLine extends Error {
  constructor() {
    super(
      "its result has a line break, and with --resume each result is one line: have the task return it as JSON text"
    )
  }

  override get name(): string {
    return "NotOneLine"
  }
}

/** With `--resume`: the lines of what is written are counted. */
export const oneLineEach = (format: LineFormat): LineFormat => ({
  ...format,
  write: (value) => {
    const text = format.write(value)
    if (text.includes("\n")) throw new NotOneLine()
    return text
  }
})

export const jsonLines: LineFormat = {
  parse: JSON.parse,
  inputJson: (text) => text.trim(),
  write: jsonText,
  tagged: (line, text) => `{"line":${line},"value":${text}}`,
  tag: /^\{"line":(\d+),/,
  filler: "null",
  skipBlank: true
}

export const plainLines: LineFormat = {
  parse: (text) => text,
  inputJson: (text) => stringJson(text),
  write: (value) => (typeof value === "string" ? value : value === undefined ? "" : jsonText(value)),
  tagged: (line, text) => `${line}\t${text}`,
  tag: /^(\d+)\t/,
  filler: "",
  skipBlank: false
}
