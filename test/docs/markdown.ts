/**
 * The fenced code blocks of a Markdown document, with what their info strings say. Reads; decides nothing about
 * what a block means (that is snippets.ts).
 */

/** One fenced block. */
export interface Block {
  /** First word of the info string: `ts`, `sh`, `text`, or nothing. */
  readonly language: string
  /** The info string's other words: `file=main.ts` under `file`, a bare word under itself with an empty value. */
  readonly words: ReadonlyMap<string, string>
  readonly text: string
  /** Line of the opening fence, from 1. */
  readonly line: number
}

const OPENING = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`]*)$/

const wordsOf = (info: string): Array<readonly [string, string]> =>
  info.split(/\s+/).map((word) => {
    const at = word.indexOf("=")
    return at === -1 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)]
  })

/** A fence is closed by one of the same character, at least as long and with nothing behind it. */
const closes = (line: string, fence: string): boolean => {
  const trimmed = line.trim()
  return trimmed.length >= fence.length && trimmed === (fence[0] ?? "").repeat(trimmed.length)
}

/** All fenced blocks of a document, in order. Throws where a fence is never closed. */
export const blocksOf = (markdown: string): Array<Block> => {
  const lines = markdown.split(/\r?\n/)
  const blocks: Array<Block> = []
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", fence, info = ""] = OPENING.exec(lines[at] ?? "") ?? []
    if (fence === undefined) continue
    const end = lines.findIndex((line, number) => number > at && closes(line, fence))
    if (end === -1) throw new Error(`line ${at + 1}: this code block is never closed`)
    const text = lines.slice(at + 1, end).map((line) => line.replace(new RegExp(`^ {0,${indent.length}}`), ""))
    const [[language] = [""], ...words] = wordsOf(info.trim())
    blocks.push({ language, words: new Map(words), text: text.join("\n"), line: at + 1 })
    at = end
  }
  return blocks
}
