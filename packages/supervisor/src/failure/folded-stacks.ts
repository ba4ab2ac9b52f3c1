/**
 * Stacks of causes, and of whatever else hangs on an error from a worker, without the frames of Node, of Holdfast and of
 * Effect, and with the source about the line at fault: loggers and Node's own last words print them. Made when they are
 * read. Not the stack of the failure itself, which is `lazy-stack.ts`.
 */
import { isForeignFrame } from "./call-site.ts"
import { evidenceOf, readField, rememberOrigin } from "./evidence.ts"
import { frameLine, sourceLines, stackMadeBy } from "./lazy-stack.ts"
import { mappedFrame } from "./source-map.ts"
import { frameOfLine } from "./stack-frames.ts"

const DEEPEST = 16
const MOST_FRAMES = 20
/** `at Array.map (<anonymous>)`: it leads nowhere. */
const BUILT_IN = /\(<anonymous>\)$/

interface Raw {
  readonly stack: string
  /** Whether the failure that it is the cause of shows its source. */
  readonly isTold: boolean
}

const raws = new WeakMap<object, Raw>()

/** What stands before the frames stays as it is: of a SyntaxError, Node prints the place there. */
const foldedOf = (error: object): string => {
  const lines: Array<string> = []
  let frames = 0
  const { isTold, stack } = raws.get(error) ?? { stack: "", isTold: false }
  for (const line of stack.split("\n")) {
    const isFrame = /^\s+at /.test(line)
    if (isFrame && (isForeignFrame(line) || BUILT_IN.test(line) || ++frames > MOST_FRAMES)) continue
    const frame = isFrame ? frameOfLine(line) : undefined
    lines.push(frame === undefined ? line : frameLine(mappedFrame(frame)))
  }
  if (frames > MOST_FRAMES) lines.push(`    … ${frames - MOST_FRAMES} more`)
  return [...lines, ...(isTold ? [] : sourceLines(evidenceOf(error)))].join("\n")
}

const LAZY = stackMadeBy(foldedOf)

const fold = (thrown: unknown, depth: number, isTold = false): void => {
  if (!(thrown instanceof Error) || raws.has(thrown) || depth > DEEPEST) return
  const stack = readField(thrown, "stack")
  if (typeof stack === "string") {
    raws.set(thrown, { stack, isTold })
    rememberOrigin(thrown, { thrown: { stack, message: thrown.message }, callSite: undefined })
    Reflect.defineProperty(thrown, "stack", LAZY)
  }
  foldBelow(thrown, depth)
}

const foldBelow = (error: object, depth: number): void => {
  for (const key of ["cause", "error", "suppressed"]) fold(readField(error, key), depth + 1)
  const errors = readField(error, "errors")
  if (Array.isArray(errors)) for (const each of errors) fold(each, depth + 1)
}

/**
 * Gives what was thrown in a worker, and all that hangs on it, folded stacks. `isTold`: a failure that it is the cause of
 * shows its source. Never throws. Gives it back.
 */
export const folded = (thrown: unknown, isTold = false): unknown => {
  try {
    fold(thrown, 0, isTold)
  } catch {
    // Something on it objects: its stack stays as it came.
  }
  return thrown
}

/** The same for what hangs on it alone. */
export const foldedBelow = <E>(thrown: E): E => {
  try {
    if (typeof thrown === "object" && thrown !== null) foldBelow(thrown, 0)
  } catch {
    // As above.
  }
  return thrown
}
