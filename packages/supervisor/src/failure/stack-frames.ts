/**
 * Reads the frames of a printed V8 stack as data, those of the user's own code alone. Not where a bundled line came
 * from: that is `source-map.ts`.
 */
import { fileURLToPath } from "node:url"
import type { Frame } from "@holdfast/core"
import { framesOf } from "./call-site.ts"

/** Enough for a reader; a deep recursion has thousands. */
const MOST_FRAMES = 50

// The last parenthesis that opens a place: names and folders may hold others.
const NAMED = /^\s+at (.+?) \(((?:file:|data:|https?:|[A-Za-z]:[\\/]|\/).*):(\d+):(\d+)\)$/
const BARE = /^\s+at (?:async )?()((?:file:|data:|https?:|[A-Za-z]:[\\/]|\/).*):(\d+):(\d+)$/
/** Made by `eval` or `new Function`: the place in its text stands behind the one where it was made. */
const EVAL = /^\s+at (?:(.+?) \()?(eval at .*\), [^()]+):(\d+):(\d+)\)?$/
/** Of `node:vm`, or under a `sourceURL`: any name will do. */
const UNFILED = /^\s+at (?:(.+) \()?(?:async )?([^()\s]+):(\d+):(\d+)\)?$/

/** The path of a `file:` URL, also of one where eval'd code was made; what is none, as it is. */
export const pathOf = (file: string): string => {
  if (file.startsWith("eval at ")) return file.replace(/(?<=\()file:.*?(?=:\d+:\d+\))/, pathOf)
  if (!file.startsWith("file:")) return file
  try {
    return fileURLToPath(file.replace(/[?#].*$/, ""))
  } catch {
    return file
  }
}

/** A frame, and how often it stands there in a row: a recursion has many of the same line. */
export interface FrameRun {
  readonly frame: Frame
  readonly times: number
}

export const runsOf = (frames: ReadonlyArray<Frame>): ReadonlyArray<FrameRun> => {
  const runs: Array<{ frame: Frame; times: number }> = []
  for (const frame of frames) {
    const last = runs.at(-1)
    const { file, function: name, line } = last?.frame ?? {}
    if (last !== undefined && name === frame.function && file === frame.file && line === frame.line) last.times++
    else runs.push({ frame, times: 1 })
  }
  return runs
}

/** One printed line as a frame; undefined where it names no place. */
export const frameOfLine = (line: string): Frame | undefined => {
  const [, name = "", file, row, column] =
    EVAL.exec(line) ?? NAMED.exec(line) ?? BARE.exec(line) ?? UNFILED.exec(line) ?? []
  if (file === undefined || row === undefined || column === undefined) return undefined
  return {
    function: name.replace(/^async /, "") || "<anonymous>",
    file: pathOf(file),
    line: Number(row),
    column: Number(column)
  }
}

const TITLE_OF_SYNTAX = /^SyntaxError\b/
const HEAD_OF_SYNTAX = /^((?:file:|[A-Za-z]:[\\/]|\/).*|[^\s:]+):(\d+)$/

/** Where a text could not be parsed: no frame of a SyntaxError leads there, Node prints it above the message. */
export const placeOfSyntax = (stack: string): Frame | undefined => {
  const [head = "", ...lines] = stack.split("\n")
  const [, file, row] = HEAD_OF_SYNTAX.exec(head) ?? []
  const title = lines.findIndex((line) => TITLE_OF_SYNTAX.test(line))
  if (file === undefined || row === undefined || title === -1) return undefined
  const caret = lines.slice(0, title).find((line) => /^\s*\^+$/.test(line)) ?? ""
  return { function: "<anonymous>", file: pathOf(file), line: Number(row), column: Math.max(0, caret.indexOf("^")) + 1 }
}

/** The user's own frames of printed lines, innermost first. */
export const framesOfLines = (lines: ReadonlyArray<string>): ReadonlyArray<Frame> => {
  const frames: Array<Frame> = []
  for (const line of lines) {
    const frame = frameOfLine(line)
    if (frame !== undefined) frames.push(frame)
    if (frames.length === MOST_FRAMES) break
  }
  return frames
}

/** The user's own frames of a stack, up to where the parent's begin. */
export const framesOfStack = (stack: unknown): ReadonlyArray<Frame> => {
  if (typeof stack !== "string") return []
  const parents = stack.search(/\n {4}called from(?: \(.*\))?\n/)
  return framesOfLines(framesOf(parents === -1 ? stack : stack.slice(0, parents)))
}
