/**
 * The worker's own output: `console`, `process.stdout`, `process.stderr` and writes to descriptors 1 and 2 (pino)
 * carry a marker of the job that writes, and have left this process when the call returns, so that nothing is lost
 * with it. Every worker loads this, so it costs nothing until something is printed. Not the parent's reading.
 */
import {
  type Owner,
  ownerMarker,
  recordBytes,
  recordMarker,
  releaseMarker,
  syncMarker
} from "../protocol/output-marker.ts"
import { writeWhole } from "./whole-write.ts"

/** What tagging needs of the worker. */
export interface OutputTags {
  /** Key of this worker's markers. */
  readonly nonce: string
  /** The job that the calling code belongs to. */
  readonly owner: () => Owner | undefined
}

type Descriptor = 1 | 2
type Write = (chunk: unknown, encoding?: unknown, callback?: unknown) => boolean

// As a global of the process it is there already; `import` of node:fs would build its module first.
const fs = process.getBuiltinModule("node:fs")
// Ours must not be announced again, nor counted by whoever patches fs after us.
const { writeSync } = fs

let tags: OutputTags = { nonce: "", owner: () => undefined }
/** The job that each stream has announced last; undefined for none. */
const announced: Record<Descriptor, Owner | undefined> = { 1: undefined, 2: undefined }
/** Whether something was written since the last sync marker. */
let printed = false

const writeAll = (descriptor: Descriptor, text: string): void => {
  writeWhole(writeSync, descriptor, Buffer.from(text, "latin1"))
}

const isLast = (descriptor: Descriptor, owner: Owner): boolean => {
  const last = announced[descriptor]
  return last !== undefined && last.chunkId === owner.chunkId && last.offset === owner.offset
}

/** What must stand before output of this owner. */
const markBefore = (descriptor: Descriptor, owner: Owner | undefined): string => {
  printed = true
  if (owner !== undefined && isLast(descriptor, owner)) return ""
  announced[descriptor] = owner
  return ownerMarker(tags.nonce, owner)
}

/** What stands before several lines that are written at once. A loop over few characters is all that one line costs. */
const markRecord = (chunk: string | Uint8Array, isEncoded: boolean): string => {
  const isOne = typeof chunk === "string" ? chunk.indexOf("\n") === chunk.lastIndexOf("\n") : false
  if (isOne || isEncoded) return ""
  const bytes = recordBytes(typeof chunk === "string" ? Buffer.from(chunk) : chunk)
  return bytes === 0 ? "" : recordMarker(tags.nonce, bytes)
}

/** Takes back what was announced. */
const release = (descriptor: Descriptor): void => {
  announced[descriptor] = undefined
  writeAll(descriptor, releaseMarker(tags.nonce))
}

/** What must stand behind it: code of no job has no end at which its word would be taken back. */
const markBehind = (owner: Owner | undefined): string => (owner === undefined ? releaseMarker(tags.nonce) : "")

const isUtf8 = (stream: NodeJS.WriteStream, encoding: unknown): boolean => {
  const state = Reflect.get(stream, "_writableState") as { readonly defaultEncoding?: string } | undefined
  const named = typeof encoding === "string" ? encoding : state?.defaultEncoding
  return named === undefined || named === "utf8" || named === "utf-8"
}

const tagStream = (stream: NodeJS.WriteStream, descriptor: Descriptor): void => {
  // Past the socket's buffer a pipe is written asynchronously by default, and what is queued dies with the process.
  const handle = Reflect.get(stream, "_handle") as { setBlocking?: (blocking: boolean) => void } | undefined
  handle?.setBlocking?.(true)
  const write = stream.write.bind(stream) as Write
  const tagged: Write = (chunk, encoding, callback) => {
    const isText = typeof chunk === "string"
    // What is neither text nor bytes is refused by the stream itself; what is empty writes nothing.
    if (!(isText || chunk instanceof Uint8Array) || chunk.length === 0) return write(chunk, encoding, callback)
    const owner = tags.owner()
    const before = markBefore(descriptor, owner) + markRecord(chunk, isText && !isUtf8(stream, encoding))
    if (before === "") return write(chunk, encoding, callback)
    const behind = markBehind(owner)
    if (isText && isUtf8(stream, encoding)) return write(before + chunk + behind, encoding, callback)
    stream.cork()
    try {
      write(before, "latin1")
      const more = write(chunk, encoding, callback)
      return behind === "" ? more : write(behind, "latin1") && more
    } finally {
      stream.uncork()
    }
  }
  stream.write = tagged as typeof stream.write
}

/** Patches on first access: a worker that prints nothing must not load `tty` and `net`. */
const tagAccess = (name: "stdout" | "stderr", descriptor: Descriptor): void => {
  const original = Object.getOwnPropertyDescriptor(process, name)
  let stream: NodeJS.WriteStream | undefined
  Object.defineProperty(process, name, {
    ...original,
    get: () => {
      if (stream === undefined) {
        stream = original?.get?.call(process) as NodeJS.WriteStream
        tagStream(stream, descriptor)
      }
      return stream
    }
  })
}

/** Tags what goes to the descriptors past the streams: pino's default destination does. */
const tagDescriptors = (): void => {
  const { write } = fs
  const syncTagged = (descriptor: number, ...rest: ReadonlyArray<unknown>): number => {
    if (descriptor !== 1 && descriptor !== 2) return Reflect.apply(writeSync, fs, [descriptor, ...rest])
    const owner = tags.owner()
    writeAll(descriptor, markBefore(descriptor, owner))
    try {
      return Reflect.apply(writeSync, fs, [descriptor, ...rest])
    } finally {
      writeAll(descriptor, markBehind(owner))
    }
  }
  const asyncTagged = (descriptor: number, ...rest: ReadonlyArray<unknown>): void => {
    // The bytes follow when a thread of the pool gets to them: only a job's name may stand there that long.
    if (descriptor === 1 || descriptor === 2) {
      const owner = tags.owner()
      if (owner !== undefined) writeAll(descriptor, markBefore(descriptor, owner))
      else if (announced[descriptor] !== undefined) release(descriptor)
    }
    Reflect.apply(write, fs, [descriptor, ...rest])
  }
  // With the originals' own properties: one of them tells util.promisify what to resolve with.
  fs.writeSync = Object.defineProperties(syncTagged, Object.getOwnPropertyDescriptors(writeSync)) as typeof writeSync
  fs.write = Object.defineProperties(asyncTagged, Object.getOwnPropertyDescriptors(write)) as typeof write
  process.getBuiltinModule("node:module").syncBuiltinESMExports()
}

/** Tags from now on all output of this process. To be called once, before anything is printed. */
export const tagOutput = (given: OutputTags): void => {
  tags = given
  tagAccess("stdout", 1)
  tagAccess("stderr", 2)
  tagDescriptors()
}

/**
 * The job is over: what is written past JavaScript from here on (a native printf, a child process) is no longer
 * its own. Costs a write on each stream that the job has written to, and nothing where it has not.
 */
export const releaseOutput = (chunkId: number, offset: number): void => {
  // Asked after every job, and most print nothing.
  if (announced[1] === undefined && announced[2] === undefined) return
  const owner = { chunkId, offset }
  if (isLast(1, owner)) release(1)
  if (isLast(2, owner)) release(2)
}

/** Writes a sync marker to both streams, behind all that was written before. Never throws. */
export const syncOutput = (seq: number): void => {
  printed = false
  const marker = syncMarker(tags.nonce, seq)
  writeAll(1, marker)
  writeAll(2, marker)
}

/** Whether anything was printed behind the last sync marker. */
export const hasPrinted = (): boolean => printed

/** Fields that pino itself writes; the parent reads them as such. */
const RESERVED = /^(?:level|time|msg|pid|hostname)$/

const describeField = (_key: string, value: unknown): unknown => {
  if (typeof value === "bigint") return String(value)
  if (value instanceof Error) return { ...value, type: value.name, message: value.message, stack: value.stack }
  return value
}

/** JSON of one field, which may be circular, and have or be a getter that throws. */
const fieldJson = (fields: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  try {
    return JSON.stringify(fields[name], describeField)
  } catch (error) {
    return JSON.stringify(`[could not be logged: ${error instanceof Error ? error.message : "it threw"}]`)
  }
}

export interface RecordSink {
  print(line: string): void
}

/** Where the records of the calling code go, if not to this process's stdout. */
let diverted: (() => RecordSink | undefined) | undefined

/** Asks this from now on where records go. */
export const divertRecords = (to: () => RecordSink | undefined): void => {
  diverted = to
}

/** Of what is no string, which TypeScript would have refused, some has no text. */
const messageText = (message: unknown): string => {
  try {
    return String(message)
  } catch {
    return "[could not be logged: it has no text]"
  }
}

/** Of a proxy's names may throw what asks for them, too. */
const namesOf = (fields: object): ReadonlyArray<string> => {
  try {
    return Object.keys(fields)
  } catch {
    return []
  }
}

/**
 * Prints one record the way pino does, `level` being pino's number. A reserved field's name gets an underscore. Never
 * throws for what it is given: that it was logged must fail no job.
 */
export const logLine = (level: number, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
  let line = `{"level":${level},"time":${Date.now()},"msg":${JSON.stringify(messageText(message))}`
  for (const name of namesOf(fields ?? {})) {
    const json = fieldJson(fields, name)
    if (json !== undefined) line += `,${JSON.stringify(RESERVED.test(name) ? `${name}_` : name)}:${json}`
  }
  line += "}\n"
  const sink = diverted?.()
  if (sink === undefined) process.stdout.write(line)
  else sink.print(line)
}
