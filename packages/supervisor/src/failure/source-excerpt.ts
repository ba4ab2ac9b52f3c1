/**
 * Cuts the lines around a frame out of its file, the failing one marked. Bounded: a minified line is cut to what lies
 * about the column. Not the choice of the frame.
 */
import { isAbsolute } from "node:path"
import { stripVTControlCharacters } from "node:util"
import type { Frame, SourceExcerpt } from "@holdfast/core"
import { textOfSource } from "./source-map.ts"

const ABOVE = 3
const BELOW = 2
const WIDEST = 160

/** Eval'd code and scripts of `node:vm` have a name, and no file: their caller has. */
const isFile = (file: string): boolean => isAbsolute(file) || /^[a-z][a-z0-9+.-]+:/i.test(file)

/** The excerpt for the first frame of the user's that is in a file. */
export const excerptOf = (frames: ReadonlyArray<Frame>): SourceExcerpt | undefined => {
  const inFiles = frames.filter(({ file }) => isFile(file))
  const frame = inFiles.find(({ file }) => !/[\\/]node_modules[\\/]/.test(file)) ?? inFiles[0]
  if (frame === undefined) return undefined
  const lines = textOfSource(frame.file)?.split(/\r?\n/)
  const failing = lines?.[frame.line - 1]
  if (lines === undefined || failing === undefined) return undefined
  const first = Math.max(1, frame.line - ABOVE)
  const last = Math.min(lines.length, frame.line + BELOW)
  // A long line is shown from shortly before its column on.
  const cut = frame.column > WIDEST - 20 ? frame.column - 40 : 0
  const width = String(last).length
  const excerpt: Array<string> = []
  for (let number = first; number <= last; number++) {
    const isFailing = number === frame.line
    const from = isFailing ? cut : 0
    const shown = (lines[number - 1] ?? "").slice(from, from + WIDEST)
    const text = stripVTControlCharacters(from === 0 ? shown : `…${shown.slice(1)}`)
    excerpt.push(`${isFailing ? ">" : " "} ${String(number).padStart(width)} | ${text}`.trimEnd())
    if (!isFailing) continue
    // Tabs stay tabs, so that the caret stands where a terminal puts the column.
    const indent = text.slice(0, Math.max(0, frame.column - 1 - from)).replaceAll(/[^\t]/g, " ")
    excerpt.push(`  ${" ".repeat(width)} | ${indent}^`)
  }
  return { file: frame.file, line: frame.line, column: frame.column, excerpt: excerpt.join("\n") }
}
