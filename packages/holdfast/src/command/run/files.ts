/** Opens what a run reads and writes, and refuses what would destroy its own input. Reads and writes nothing itself. */
import { closeSync, createReadStream, fstatSync, ftruncateSync, open, type Stats, statSync } from "node:fs"
import { Socket } from "node:net"
import type { Readable } from "node:stream"
import { isatty, ReadStream } from "node:tty"
import { promisify } from "node:util"
import { UsageError } from "../UsageError.ts"
import { FileTarget, StreamTarget, type Target } from "./LineWriter.ts"
import { trimLastLine } from "./last-line.ts"
import { takeFile } from "./output-lock.ts"
import { refusal } from "./refusal.ts"

const openFile: (path: string, flags: string) => Promise<number> = promisify(open)

/** A file that is read or written, and what people call it. */
export interface Opened<A> {
  readonly shown: string
  readonly stats: Stats | undefined
  readonly value: A
}

const isSame = (a: Stats | undefined, b: Stats | undefined): boolean =>
  a !== undefined && b !== undefined && a.isFile() && b.isFile() && a.dev === b.dev && a.ino === b.ino

const statsOf = (descriptor: number): Stats | undefined => {
  try {
    return fstatSync(descriptor)
  } catch {
    return undefined
  }
}

const OUTPUT = "--output"

/** Whether its other end is a program. */
const isPipe = (stats: Stats | undefined): boolean => stats === undefined || stats.isFIFO() || stats.isSocket()

/**
 * What is read of a file. A pipe or a terminal has nothing to read for as long as it likes, and Node would wait for it
 * in a system call on a thread, which neither `destroy` nor the program's exit ends: those have streams of their own.
 */
const streamOf = (descriptor: number, path: string, stats: Stats | undefined): Readable => {
  if (isPipe(stats)) return new Socket({ fd: descriptor, readable: true, writable: false })
  if (isatty(descriptor)) return new ReadStream(descriptor)
  return createReadStream(path, { fd: descriptor })
}

/** What is written to. A pipe takes nothing for as long as it likes, as it may give nothing: see {@link streamOf}. */
const targetOf = (descriptor: number, stats: Stats | undefined): Target =>
  isPipe(stats)
    ? new StreamTarget(new Socket({ fd: descriptor, readable: false, writable: true }))
    : new FileTarget(descriptor)

/** Opens the input; undefined for stdin. */
export const openInput = async (path: string | undefined): Promise<Opened<Readable>> => {
  if (path === undefined) {
    const stats = statsOf(0)
    if (stats?.isDirectory() === true) throw new UsageError("stdin is a directory: give a file, or --input FILE")
    return { shown: "stdin", stats, value: process.stdin }
  }
  const shown = `--input ${JSON.stringify(path)}`
  let descriptor: number
  try {
    if (statSync(path).isDirectory()) throw new UsageError(`${shown} is a directory: give a file in it`)
    descriptor = await openFile(path, "r")
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${shown} can't be read: ${refusal(error)}`)
  }
  const stats = statsOf(descriptor)
  return { shown, stats, value: streamOf(descriptor, path, stats) }
}

const refuseSame = (shown: string, stats: Stats | undefined, others: ReadonlyArray<Opened<unknown>>): void => {
  const same = others.find((other) => isSame(other.stats, stats))
  if (same !== undefined) throw new UsageError(`${shown} is the same file as ${same.shown}: give it one of its own`)
}

/** Refuses what another run is writing. */
const refuseTaken = async (shown: string, stats: Stats | undefined): Promise<void> => {
  if (stats === undefined || (await takeFile(stats))) return
  throw new UsageError(`${shown} is being written by another run: wait for its end, or give this one a file of its own`)
}

/** Opens a file to be written anew or on, unless it is one of the others. */
const openTarget = async (
  flag: string,
  path: string,
  others: ReadonlyArray<Opened<unknown>>,
  resume: boolean
): Promise<Opened<Target>> => {
  const shown = `${flag} ${JSON.stringify(path)}`
  try {
    refuseSame(shown, statSync(path, { throwIfNoEntry: false }), others)
    // Emptied only once it is ours: another run may have made it since it was claimed.
    const descriptor = await openFile(path, resume ? "a+" : "a")
    const stats = statsOf(descriptor)
    if (flag === OUTPUT) await refuseTaken(shown, stats)
    if (stats?.isFile() === true) {
      if (resume) trimLastLine(descriptor, stats.size)
      else ftruncateSync(descriptor, 0)
    }
    return { shown, stats, value: targetOf(descriptor, stats) }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${shown} can't be written: ${refusal(error)}`)
  }
}

/** Sees to it that the report can be written once the run has ended: makes its file, or empties it. */
export const openReport = async (path: string, others: ReadonlyArray<Opened<unknown>>): Promise<string> => {
  const shown = `--report ${JSON.stringify(path)}`
  try {
    refuseSame(shown, statSync(path, { throwIfNoEntry: false }), others)
    closeSync(await openFile(path, "w"))
    return shown
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${shown} can't be written: ${refusal(error)}`)
  }
}

/** How the output is opened. */
export interface OutputSetup {
  readonly stdout: NodeJS.WriteStream
  /** Goes before the lines of a write on a terminal. */
  readonly lead: string
  /** Whether it is written on. */
  readonly resume: boolean
}

/** Refuses an output that another run is writing; from now on it is this one's. Before anybody looks what is in it. */
export const claimOutput = async (path: string | undefined): Promise<void> => {
  if (path === undefined) return
  const shown = `${OUTPUT} ${JSON.stringify(path)}`
  let stats: Stats | undefined
  try {
    stats = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw new UsageError(`${shown} can't be written: ${refusal(error)}`)
  }
  await refuseTaken(shown, stats)
}

/** Opens the output; `stdout` is used where no path is given. */
export const openOutput = async (
  path: string | undefined,
  others: ReadonlyArray<Opened<unknown>>,
  { lead, resume, stdout }: OutputSetup
): Promise<Opened<Target>> => {
  if (path !== undefined) return openTarget(OUTPUT, path, others, resume)
  const stats = statsOf(1)
  refuseSame("stdout", stats, others)
  if (stdout.isTTY) return { shown: "stdout", stats, value: new StreamTarget(stdout, lead) }
  return { shown: "stdout", stats, value: isPipe(stats) ? new StreamTarget(stdout) : new FileTarget(1) }
}

export const openFailures = (
  path: string,
  others: ReadonlyArray<Opened<unknown>>,
  resume: boolean
): Promise<Opened<Target>> => openTarget("--failures", path, others, resume)
