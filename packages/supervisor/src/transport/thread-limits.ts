/**
 * What Node's flags come to where a worker is a thread: V8's flags for the heap become the thread's resource limits,
 * Node's own are passed on, and what only a process can have is refused. Also the other options that need a process.
 */
import { type ResourceLimits, Worker } from "node:worker_threads"
import type { OptionProblem } from "@holdfast/core"
import { inheritedExecArgv } from "./inherited-options.ts"

const MB = 1024 * 1024
/** V8 keeps two semi-spaces and as much again for what survives them. */
const SEMI_SPACES = 3

const HEAP_FLAG = /^--(max[-_]old[-_]space[-_]size|max[-_]semi[-_]space[-_]size|stack[-_]size)=(\d+)$/

const limitOf = (flag: string): ResourceLimits | undefined => {
  const [, name = "", size = ""] = HEAP_FLAG.exec(flag) ?? []
  if (name.startsWith("max_old") || name.startsWith("max-old")) return { maxOldGenerationSizeMb: Number(size) }
  if (name.startsWith("max")) return { maxYoungGenerationSizeMb: Number(size) * SEMI_SPACES }
  return name === "" ? undefined : { stackSizeMb: Number(size) / 1024 }
}

/** A flag with the values that stand behind it: `--import tsx`. */
const flagsOf = (execArgv: ReadonlyArray<string>): Array<Array<string>> => {
  const flags: Array<Array<string>> = []
  for (const each of execArgv) {
    if (each.startsWith("-") || flags.length === 0) flags.push([each])
    else flags.at(-1)?.push(each)
  }
  return flags
}

const startable = (execArgv: ReadonlyArray<string>): boolean => {
  try {
    new Worker("", { eval: true, execArgv: [...execArgv], workerData: () => undefined }).unref()
    return true
  } catch (error) {
    return Reflect.get(error as object, "code") !== "ERR_WORKER_INVALID_EXEC_ARGV"
  }
}

const known = new Map<string, boolean>()

/**
 * Whether a thread can be started with these flags. Starts none: what can't be cloned stops it after the check. Asked
 * once for each list, for Node never lets go of a Worker that was not started (14 KB of heap, and its ports).
 */
const accepts = (execArgv: ReadonlyArray<string>): boolean => {
  const key = JSON.stringify(execArgv)
  const isAccepted = known.get(key) ?? startable(execArgv)
  known.set(key, isAccepted)
  return isAccepted
}

/** What a thread is started with. */
export interface ThreadFlags {
  readonly execArgv: ReadonlyArray<string>
  readonly resourceLimits: ResourceLimits
  /** Flags that no thread can have. */
  readonly refused: ReadonlyArray<string>
}

/**
 * Tells apart what is given as `execArgv`; without it, the calling process's own flags as far as a thread can have
 * them: its V8 flags count for all of its threads anyway.
 */
export const threadFlags = (given: ReadonlyArray<string> | undefined): ThreadFlags => {
  const flags = flagsOf(given ?? inheritedExecArgv())
  const resourceLimits: ResourceLimits = {}
  const others = flags.filter(([flag = "", ...values]) => {
    const limit = given !== undefined && values.length === 0 ? limitOf(flag) : undefined
    Object.assign(resourceLimits, limit)
    return limit === undefined
  })
  const taken = accepts(others.flat()) ? others : others.filter(accepts)
  const refused =
    given === undefined ? [] : others.filter((flag) => !taken.includes(flag)).map((flag) => flag.join(" "))
  return { execArgv: taken.flat(), resourceLimits, refused }
}

/**
 * At its heap's limit Node lets a thread have 16 MB more until it has ended. Before Node 26 that was less than what can
 * come out of a young generation of 96 MB, V8's default from Node 24 on, all at once, and V8 then aborts the whole
 * program: each program of 20 such threads of 48 MB did on 24.11 and 25.2, and on 22.19 where they were given 64 MB or
 * more. With 48, three times V8's former default of 16, none did.
 */
const SAFE_YOUNG_MB = 48
const needsSafeYoung = Number.parseInt(process.versions.node, 10) < 26

/** All limits of a thread: those of its flags, and of its heap in whole megabytes, as V8 wants it. */
export const threadLimits = (ofFlags: ResourceLimits, maxMemory: number | undefined): ResourceLimits => {
  const ofMemory = maxMemory === undefined ? {} : { maxOldGenerationSizeMb: Math.max(1, Math.ceil(maxMemory / MB)) }
  const limits = { ...ofFlags, ...ofMemory }
  if (limits.maxOldGenerationSizeMb === undefined || !needsSafeYoung) return limits
  return { maxYoungGenerationSizeMb: SAFE_YOUNG_MB, ...limits }
}

/** What of a pool's options threads can't keep. */
export const problemsOnThreads = (options: {
  readonly cwd: string | undefined
  readonly execArgv: ReadonlyArray<string> | undefined
}): Array<OptionProblem> => {
  const problems: Array<OptionProblem> = []
  if (options.cwd !== undefined) {
    problems.push({
      option: "cwd",
      expected: 'nothing with isolation "thread": all threads share the program\'s working directory',
      received: JSON.stringify(options.cwd)
    })
  }
  if (options.execArgv === undefined) return problems
  for (const flag of threadFlags(options.execArgv).refused) {
    problems.push({
      option: "execArgv",
      expected: 'flags that a thread can have with isolation "thread"; this one counts for a whole process',
      received: JSON.stringify(flag)
    })
  }
  return problems
}
