/**
 * Calls that may hold a thread up in native code, or end it: while one goes on nobody can look at the stack, so the
 * place of the call is noted on the page before it is made, and taken back when it returns. The functions of Node are
 * replaced for that, those of a module once a task has loaded it: to load one here would cost every worker
 * milliseconds. Not what a job opens and waits for, which is `openings.ts`.
 */
import { limitStackTraces } from "../protocol/stack-trace-limit.ts"
import type { PageWriter } from "./page-writer.ts"

/** A trace costs some 20 µs. At most so much of a worker's time goes into them, and at most so much at once. */
const SHARE = 0.01
const BURST_MS = 5
/** What took longer was interrupted: time that another process had is not charged. */
const DEAREST_MS = 0.25
const TRACE_FRAMES = 40
const MOST_NOTED = 12

const KIB = 1024
const MIB = 1024 * KIB
/** From here on a call takes some five milliseconds and more. */
const MANY_ROUNDS = 10_000
const MUCH_DATA = 256 * KIB

type Call = (this: unknown, ...given: ReadonlyArray<unknown>) => unknown
/** Whether a call may take long. */
type MayBeLong = (given: ReadonlyArray<unknown>) => boolean
/** By the name of the builtin, which of its functions. */
type Calls = Readonly<Record<string, Readonly<Record<string, MayBeLong>>>>

const always: MayBeLong = () => true

const sizeOf = (data: unknown): number =>
  typeof data === "string" ? data.length : ArrayBuffer.isView(data) ? data.byteLength : 0

const muchData: MayBeLong = ([data]) => sizeOf(data) >= MUCH_DATA

const each = (names: ReadonlyArray<string>, mayBeLong: MayBeLong): Readonly<Record<string, MayBeLong>> =>
  Object.fromEntries(names.map((name) => [name, mayBeLong]))

const CALLS: Calls = {
  fs: each(
    ["openSync", "readSync", "readFileSync", "writeFileSync", "appendFileSync", "copyFileSync", "cpSync", "fsyncSync"],
    always
  ),
  child_process: each(["execSync", "execFileSync", "spawnSync"], always),
  crypto: {
    ...each(["scryptSync", "generateKeyPairSync", "generatePrimeSync", "checkPrimeSync"], always),
    pbkdf2Sync: ([, , rounds]) => Number(rounds) >= MANY_ROUNDS
  },
  zlib: each(
    ["gzip", "gunzip", "deflate", "inflate", "deflateRaw", "inflateRaw", "unzip"]
      .concat(["brotliCompress", "brotliDecompress", "zstdCompress", "zstdDecompress"])
      .map((name) => `${name}Sync`),
    muchData
  )
}

let page: PageWriter | undefined
let isNoted = false
let credit = BURST_MS
let credited = 0

const own = new URL("..", import.meta.url).href

const isOfProgram = (line: string): boolean => /^ {4}at /.test(line) && !/\(?node:/.test(line) && !line.includes(own)

/** The program's frames above `above`, or above those that `from` begins with, as V8 prints them, innermost first. */
const framesAbove = (above: (...given: never) => unknown, from?: RegExp): ReadonlyArray<string> => {
  const trace: { stack?: string } = {}
  try {
    const { stackTraceLimit } = Error
    limitStackTraces(TRACE_FRAMES)
    Error.captureStackTrace(trace, above)
    limitStackTraces(stackTraceLimit)
    const lines = String(trace.stack).split("\n")
    const first = from === undefined ? 0 : lines.findIndex((line) => from.test(line))
    return first === -1 ? [] : lines.slice(first).filter(isOfProgram).slice(0, MOST_NOTED)
  } catch {
    // A program's own way to write stacks.
    return []
  }
}

/** Notes that `name` is called; whether there was anything to note. */
const note = (name: string, above: (...given: never) => unknown, from?: RegExp): boolean => {
  const frames = framesAbove(above, from)
  if (frames.length > 0) page?.note([name, ...frames].join("\n"))
  return frames.length > 0
}

const begin = (name: string, above: (...given: never) => unknown): boolean => {
  if (isNoted) return false
  const began = performance.now()
  credit = Math.min(BURST_MS, credit + (began - credited) * SHARE)
  credited = began
  if (credit <= 0) return false
  isNoted = note(name, above)
  credit -= Math.min(DEAREST_MS, performance.now() - began)
  return isNoted
}

const end = (): void => {
  isNoted = false
  page?.note("")
}

const replace = (owner: object, name: string, as: Call): void => {
  const before = Object.getOwnPropertyDescriptor(owner, name)
  if (typeof before?.value !== "function" || before.configurable !== true) return
  for (const key of ["name", "length"]) Object.defineProperty(as, key, { value: before.value[key], configurable: true })
  Object.defineProperty(owner, name, { ...before, value: Object.assign(as, before.value) })
}

const noting = (owner: object, name: string, mayBeLong: MayBeLong): void => {
  const call = Reflect.get(owner, name) as Call
  replace(owner, name, function noted(this: unknown, ...given) {
    if (!mayBeLong(given) || !begin(name, noted)) return Reflect.apply(call, this, given)
    try {
      return Reflect.apply(call, this, given)
    } finally {
      end()
    }
  })
}

/** Of all calls the one that is made most often: nothing is to be seen of this where the text is short. */
const noteParsing = (): void => {
  const parse = JSON.parse as Call
  replace(JSON, "parse", function noted(text, reviver) {
    if (typeof text !== "string" || text.length < MIB || !begin("JSON.parse", noted)) return parse(text, reviver)
    try {
      return parse(text, reviver)
    } finally {
      end()
    }
  })
}

/** Whatever a program has put between this and its listeners stands before it. */
const EXIT = /^ {4}at (process\.)?exit \(node:/

/** How a job ends its worker. */
const noteEnds = (): void => {
  const left = (): void => void note("process.exit", left, EXIT)
  process.on("exit", left)
  noting(process, "abort", always)
  noting(process, "kill", ([pid]) => pid === process.pid || pid === -process.pid || pid === 0)
}

const unwatched = new Set(Object.keys(CALLS))

/** Which of Node's modules this thread has loaded. Node has no documented way to ask, and one that is asked for is loaded. */
const isLoaded = (name: string): boolean =>
  ((process as { moduleLoadList?: ReadonlyArray<string> }).moduleLoadList ?? []).includes(`NativeModule ${name}`)

/** Watches the calls of modules that have been loaded since. */
export const noteLoadedCalls = (): void => {
  if (page === undefined) return
  const loaded = [...unwatched].filter(isLoaded)
  for (const name of loaded) {
    unwatched.delete(name)
    const builtin = process.getBuiltinModule(name) as object
    for (const [call, mayBeLong] of Object.entries(CALLS[name] ?? {})) noting(builtin, call, mayBeLong)
  }
  // What a module has imported by name follows.
  if (loaded.length > 0) process.getBuiltinModule("node:module").syncBuiltinESMExports()
}

/** From here on such calls are noted: those of modules from {@link noteLoadedCalls} on, which takes up to a millisecond. */
export const noteCalls = (on: PageWriter): void => {
  page = on
  noteEnds()
  noteParsing()
}
