/**
 * What the tests do with each code block of a document; CONTRIBUTING.md explains it to writers. A `ts` or `js` block
 * that says nothing is refused, so that no program in the documents is left unchecked.
 */
import type { Block } from "./markdown.ts"

/** What is to be done with a block. Blocks in other languages, such as diagrams, are left alone. */
export type Check =
  /** A file of the document's folder; all of them are written, and TypeScript is type-checked, before any runs. */
  | { readonly _tag: "File"; readonly name: string; readonly text: string }
  /** A program that must end with this exit code. */
  | { readonly _tag: "Program"; readonly name: string; readonly exitCode: number; readonly line: number }
  /** What a program printed. */
  | {
      readonly _tag: "Output"
      readonly of: string
      readonly text: string
      readonly anyOrder: boolean
      readonly line: number
    }
  /** A file of this repository, the whole of it, word for word. */
  | { readonly _tag: "Copy"; readonly path: string; readonly text: string; readonly line: number }
  /** A part of a file of this repository, word for word. */
  | { readonly _tag: "Excerpt"; readonly path: string; readonly text: string; readonly line: number }
  /** Commands for a reader's shell: what they name must exist. */
  | { readonly _tag: "Commands"; readonly text: string; readonly line: number }

const PROGRAMS = new Set(["ts", "mts", "cts", "js", "mjs", "cjs", "sh", "bash"])
const SHELLS = new Set(["sh", "bash"])
const WORDS = new Set(["file", "no-run", "exit", "same-as", "excerpt-of", "output", "of", "any-order"])

const checkWords = ({ words, line }: Block): void => {
  const unknown = [...words.keys()].filter((word) => !WORDS.has(word))
  if (unknown.length > 0) throw new Error(`line ${line}: a code block can't say ${unknown.join(", ")}`)
}

const checksOfBlock = (block: Block): Array<Check> => {
  const { language, words, text, line } = block
  if (PROGRAMS.has(language) || words.has("file") || words.has("of")) checkWords(block)
  const name = words.get("file")
  const of = words.get("of")
  const path = words.get("excerpt-of")
  if (of !== undefined) return [{ _tag: "Output", of, text, anyOrder: words.has("any-order"), line }]
  if (path !== undefined) return [{ _tag: "Excerpt", path, text, line }]
  if (name !== undefined) {
    const original = words.get("same-as")
    const written: Array<Check> = [{ _tag: "File", name, text }]
    if (original !== undefined) written.push({ _tag: "Copy", path: original, text, line })
    if (!PROGRAMS.has(language) || words.has("no-run")) return written
    return [...written, { _tag: "Program", name, exitCode: Number(words.get("exit") ?? 0), line }]
  }
  if (SHELLS.has(language)) return [{ _tag: "Commands", text, line }]
  if (PROGRAMS.has(language)) {
    throw new Error(`line ${line}: a ${language} block needs file=NAME (to be run) or excerpt-of=PATH (to be compared)`)
  }
  return []
}

/** What is to be done with a document's blocks, in order. Throws, naming the line, where a block says no such thing. */
export const checksOf = (blocks: ReadonlyArray<Block>): Array<Check> => {
  const checks = blocks.flatMap(checksOfBlock)
  const programs = new Set<string>()
  const files = new Set<string>()
  for (const check of checks) {
    if (check._tag === "File") {
      if (files.has(check.name)) throw new Error(`two blocks are file=${check.name}`)
      files.add(check.name)
    }
    if (check._tag === "Program") programs.add(check.name)
    if (check._tag === "Output" && !programs.has(check.of)) {
      throw new Error(`line ${check.line}: output of=${check.of}, but no block before it runs that file`)
    }
  }
  return checks
}
