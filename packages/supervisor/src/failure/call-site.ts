/**
 * Where in the parent a call was made, so that a failure from a worker can say `called from`. Captured at the
 * call (1 to 2 µs), formatted only if a failure asks for it.
 */
import { fileURLToPath } from "node:url"

/** Where the code of `@holdfast/core` is; undefined where that can't be asked for. */
const coreHref = (): string | undefined => {
  try {
    return new URL(".", import.meta.resolve("@holdfast/core")).href
  } catch {
    return undefined
  }
}

/** Folders of Holdfast's own code, whose frames are of no use to a reader, as URLs and as paths. */
const own = [new URL("..", import.meta.url).href, coreHref()]
  .filter((href) => href?.startsWith("file:"))
  .flatMap((href) => [href as string, fileURLToPath(href as string)])

const LIBRARIES = /[\\/]node_modules[\\/](effect|@effect|@holdfast|holdfast|piscina)[\\/]/

/** True for a file, or a line that names one, of Holdfast, of Effect or of Node itself. */
export const isForeign = (file: string): boolean =>
  file.startsWith("node:") || own.some((folder) => file.includes(folder)) || LIBRARIES.test(file)

/** True for a printed frame of one of those. */
export const isForeignFrame = (line: string): boolean =>
  line.includes("(node:") || line.includes("at node:") || line.includes("at async node:") || isForeign(line)

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
