/**
 * Where in the parent a call was made, so that a failure from a worker can say `called from`. Captured at the
 * call (1 to 2 µs), formatted only if a failure asks for it.
 */
import { fileURLToPath } from "node:url"

/** Folder of this package's own code, whose frames are of no use to a reader. */
const own = fileURLToPath(new URL("..", import.meta.url))
const ownHref = new URL("..", import.meta.url).href

/** True for frames of Holdfast and of Node itself. */
export const isForeignFrame = (line: string): boolean =>
  line.includes(own) ||
  line.includes(ownHref) ||
  line.includes("(node:") ||
  line.includes("at node:") ||
  /[\\/]node_modules[\\/](effect|@holdfast|holdfast)[\\/]/.test(line)

export class CallSite {
  readonly #holder: { stack?: string } = {}

  /** Captures the stack above `door`. */
  constructor(door: (...parameters: never) => unknown) {
    Error.captureStackTrace(this.#holder, door)
  }

  /** The caller's own frames, as V8 prints them. */
  get frames(): ReadonlyArray<string> {
    return framesOf(this.#holder.stack)
  }
}

/** The frames of a printed stack that are the user's own. */
export const framesOf = (stack: unknown): ReadonlyArray<string> =>
  typeof stack === "string" ? stack.split("\n").filter((line) => /^\s+at /.test(line) && !isForeignFrame(line)) : []
