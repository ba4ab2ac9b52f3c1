/**
 * What is found out about one source file: its bytes, its lines, and what a parser sees in it. This is the
 * module that workers load; it knows nothing of the pool, of the other files or of the summary.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { Task } from "holdfast"
import { parseSync, Visitor } from "oxc-parser"
import { refusal } from "./refusal.ts"

/** What is true of any file that can be read. Sizes in bytes, `longestLine` in UTF-16 units. */
export interface Measures {
  readonly bytes: number
  readonly gzip: number
  readonly sha256: string
  readonly lines: number
  readonly longestLine: number
}

/** What a syntax tree tells. */
export interface Counts {
  /** Functions with a body: declarations, expressions, arrows, methods. */
  readonly functions: number
  /** `import`, `export … from`, `import()` and `require("…")`. */
  readonly imports: number
}

/** Where the parser gave up; line and column count from 1. */
export interface SyntaxFault {
  readonly line: number
  readonly column: number
  readonly message: string
}

/**
 * What is known of one file. A file that does not parse, or cannot be read, is a finding like any other and so
 * a value: failures are left for what goes wrong with the run, such as a worker that dies.
 */
export type Report =
  | ({ readonly _tag: "Counted" } & Measures & Counts)
  | ({ readonly _tag: "Unparsed" } & Measures & SyntaxFault)
  | { readonly _tag: "Unreadable"; readonly reason: string }

/** Which file to look at; `path` is relative to `root`. */
export interface Place {
  readonly root: string
  readonly path: string
}

const measureLines = (text: string): Pick<Measures, "lines" | "longestLine"> => {
  let lines = 0
  let longestLine = 0
  for (let start = 0; start < text.length; lines++) {
    const newline = text.indexOf("\n", start)
    const end = newline === -1 ? text.length : newline
    const length = end - start - (end > start && text[end - 1] === "\r" ? 1 : 0)
    if (length > longestLine) longestLine = length
    start = end + 1
  }
  return { lines, longestLine }
}

const parse = (path: string, text: string): Counts | SyntaxFault => {
  const { program, errors } = parseSync(path, text)
  const [fault] = errors
  if (fault !== undefined) {
    const before = text.slice(0, fault.labels[0]?.start ?? 0).split("\n")
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message: fault.message }
  }

  let functions = 0
  let imports = 0
  const countFunction = () => void functions++
  const countImport = () => void imports++
  new Visitor({
    FunctionDeclaration: countFunction,
    FunctionExpression: countFunction,
    ArrowFunctionExpression: countFunction,
    ImportDeclaration: countImport,
    ImportExpression: countImport,
    ExportAllDeclaration: countImport,
    ExportNamedDeclaration: (node) => void (node.source !== null && countImport()),
    TSExternalModuleReference: countImport,
    CallExpression: ({ callee, arguments: [first] }) =>
      void (callee.type === "Identifier" && callee.name === "require" && first?.type === "Literal" && countImport())
  }).visit(program)
  return { functions, imports }
}

/** Looks at one file. Synchronous: a worker has nothing else to do meanwhile. */
export const examineFile = ({ root, path }: Place): Report => {
  let content: Buffer
  try {
    content = readFileSync(join(root, path))
  } catch (error) {
    return { _tag: "Unreadable", reason: refusal(error) }
  }
  // A decoder drops the byte order mark, which is part of no line.
  const text = new TextDecoder().decode(content)
  const measures = {
    bytes: content.length,
    gzip: gzipSync(content).length,
    sha256: createHash("sha256").update(content).digest("hex"),
    ...measureLines(text)
  }
  const parsed = parse(path, text)
  return "message" in parsed
    ? { _tag: "Unparsed", ...measures, ...parsed }
    : { _tag: "Counted", ...measures, ...parsed }
}

/** {@link examineFile} as a task; the timeout is far above what the largest bundles take. */
export const examine = Task.fn(import.meta, "examine", examineFile, { timeout: "1 minute" })
