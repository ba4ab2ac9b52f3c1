/**
 * Where in the parent a call was made, so that a failure from a worker can say `called from`. Captured at the
 * call (1 to 2 µs, and as much again to collect it), formatted only if a failure asks for it.
 */
import { fileURLToPath } from "node:url"
import { keepShape } from "../protocol/kept-shapes.ts"

/** Where the code of `@holdfast/core` is; undefined where that can't be asked for. */
const coreHref = (): string | undefined => {
  try {
    return new URL(".", import.meta.resolve("@holdfast/core")).href
  } catch {
    return undefined
  }
}

/** The package to import, where it stands beside this one, as in a clone: not within a folder node_modules. */
const HOLDFAST = new URL("../../../holdfast/", import.meta.url).href

/** Folders of Holdfast's own code, whose frames are of no use to a reader, as URLs and as paths. */
const own = [new URL("..", import.meta.url).href, HOLDFAST, coreHref()]
  .filter((href) => href?.startsWith("file:"))
  .flatMap((href) => [href as string, fileURLToPath(href as string)])

const LIBRARIES = /[\\/]node_modules[\\/](effect|@effect|@holdfast|holdfast|piscina)[\\/]/

/** True for a file, or a line that names one, of Holdfast, of Effect or of Node itself. */
export const isForeign = (file: string): boolean =>
  file.startsWith("node:") || own.some((folder) => file.includes(folder)) || LIBRARIES.test(file)

/** True for a printed frame of one of those. */
export const isForeignFrame = (line: string): boolean =>
  line.includes("(node:") || line.includes("at node:") || line.includes("at async node:") || isForeign(line)

/** A method that calls are made to. */
type Door = (...parameters: never) => unknown

export class CallSite {
  readonly #holder: { stack?: string } = {}
  /** True if calls that came right after this one have it too. */
  readonly shared: boolean

  /** Captures the stack above `door`. */
  constructor(door: Door, shared = false) {
    this.shared = shared
    Error.captureStackTrace(this.#holder, door)
  }

  /** The caller's own frames, as V8 prints them. */
  get frames(): ReadonlyArray<string> {
    return framesOf(this.#holder.stack)
  }
}

keepShape(new CallSite(keepShape))

/** So many calls of one turn have each its own call site; whoever makes more of them is a loop. */
const EXACT = 128
/** So many calls of a loop have one. */
const SHARED_BY = 64

/**
 * Call sites of the single jobs of a pool. Where a program submits thousands in one turn, two thirds of the time would
 * go into call sites that are all the same (decision 0026): beyond the first 128 calls in a row, to the same method
 * for the same task, one in 64 is captured, and what is printed says so.
 */
export class CallSites {
  #door: Door | undefined
  #task: unknown
  /** In a row, in this turn. */
  #calls = 0
  #isTurnWatched = false
  #shared: CallSite | undefined

  /** The call site of a call that is being made. */
  of(door: Door, task: unknown, options: unknown): CallSite {
    if (door !== this.#door || task !== this.#task || options !== undefined) {
      this.#door = door
      this.#task = task
      this.#calls = 0
      this.#shared = undefined
    }
    this.#watchTurn()
    if (++this.#calls <= EXACT) return new CallSite(door)
    if (this.#shared === undefined || this.#calls % SHARED_BY === 1) this.#shared = new CallSite(door, true)
    return this.#shared
  }

  #watchTurn(): void {
    if (this.#isTurnWatched) return
    this.#isTurnWatched = true
    queueMicrotask(() => {
      this.#isTurnWatched = false
      this.#door = undefined
      this.#task = undefined
      this.#shared = undefined
    })
  }
}

/** The frames of a printed stack that are the user's own. */
export const framesOf = (stack: unknown): ReadonlyArray<string> =>
  typeof stack === "string" ? stack.split("\n").filter((line) => /^\s+at /.test(line) && !isForeignFrame(line)) : []
