/** What the workers do to source files: read one, find its identifiers, count those of many. */
import { readFile } from "node:fs/promises"
import { Task } from "holdfast"

const text = new TextDecoder("utf-8", { fatal: true })

export const read = Task.fn(import.meta, "read", async (path: string) => text.decode(await readFile(path)))

const SKIPPED = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g
const KEYWORDS = new Set(
  "as async await break case catch class const continue default delete do else export extends false finally for from function if import in instanceof interface let new null of readonly return static super switch this throw true try type typeof undefined var void while yield".split(
    " "
  )
)

/** Not within comments and strings. */
export const identifiers = Task.fn(import.meta, "identifiers", (source: string) =>
  (source.replace(SKIPPED, " ").match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? []).filter(
    (word) => !KEYWORDS.has(word)
  )
)

export const count = Task.fn(import.meta, "count", (files: ReadonlyArray<ReadonlyArray<string>>) => {
  const counts = new Map<string, number>()
  for (const words of files) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
})
