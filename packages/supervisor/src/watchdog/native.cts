/**
 * What Linux tells of a thread that runs no JavaScript: whether it computes or waits, in which system call, on
 * which file, socket or child. Where there is no `/proc`, only the CPU time of the process.
 * CommonJS, so that the watchdog can load it while the main thread spins.
 */
import type { Native } from "./messages.ts"

const fs = require("node:fs") as typeof import("node:fs")

export interface NativeModule {
  /** Begins to watch a thread, the main one if none is named; the function it returns ends that and says what was seen. */
  readonly watchNative: (thread?: number) => () => Native
  /** The call a thread of this process waits in, the main thread's id being the process's; `{}` when none is told. */
  readonly waitOf: (thread: number) => Wait
}

/** Where a thread waits. */
export type Wait = Pick<Native, "syscall" | "path" | "descriptor" | "child">

/** A system call: its name, and which argument is a descriptor or the address of a path. */
type Call = readonly [name: string, descriptor?: number | undefined, path?: number]

const x64: Readonly<Record<number, Call>> = {
  0: ["read", 0],
  1: ["write", 0],
  2: ["open", undefined, 0],
  4: ["stat", undefined, 0],
  7: ["poll"],
  16: ["ioctl", 0],
  17: ["pread64", 0],
  18: ["pwrite64", 0],
  19: ["readv", 0],
  20: ["writev", 0],
  23: ["select"],
  35: ["nanosleep"],
  42: ["connect", 0],
  43: ["accept", 0],
  44: ["sendto", 0],
  45: ["recvfrom", 0],
  46: ["sendmsg", 0],
  47: ["recvmsg", 0],
  61: ["wait4"],
  72: ["fcntl", 0],
  73: ["flock", 0],
  74: ["fsync", 0],
  75: ["fdatasync", 0],
  202: ["futex"],
  230: ["clock_nanosleep"],
  232: ["epoll_wait"],
  247: ["waitid"],
  257: ["openat", undefined, 1],
  262: ["newfstatat", undefined, 1],
  270: ["pselect6"],
  271: ["ppoll"],
  281: ["epoll_pwait"],
  288: ["accept4", 0],
  441: ["epoll_pwait2"]
}

const arm64: Readonly<Record<number, Call>> = {
  22: ["epoll_pwait"],
  25: ["fcntl", 0],
  29: ["ioctl", 0],
  32: ["flock", 0],
  56: ["openat", undefined, 1],
  63: ["read", 0],
  64: ["write", 0],
  65: ["readv", 0],
  66: ["writev", 0],
  67: ["pread64", 0],
  68: ["pwrite64", 0],
  72: ["pselect6"],
  73: ["ppoll"],
  79: ["newfstatat", undefined, 1],
  82: ["fsync", 0],
  83: ["fdatasync", 0],
  95: ["waitid"],
  98: ["futex"],
  101: ["nanosleep"],
  115: ["clock_nanosleep"],
  202: ["accept", 0],
  203: ["connect", 0],
  206: ["sendto", 0],
  207: ["recvfrom", 0],
  211: ["sendmsg", 0],
  212: ["recvmsg", 0],
  242: ["accept4", 0],
  260: ["wait4"],
  441: ["epoll_pwait2"]
}

const callsByArchitecture: Readonly<Record<string, Readonly<Record<number, Call>>>> = { x64, arm64 }

/** Calls in which `execSync` and its like wait for their child; libuv polls there while the child runs. */
const waitsForChild = /^(wait4|waitid|e?poll|futex|p?select|read)/

const pageSize = 4096
const maxPath = 4096

const taskOf = (thread: number): string => `/proc/self/task/${thread}`

const textOf = (path: string): string | undefined => {
  try {
    return fs.readFileSync(path, "latin1").trim()
  } catch {
    return undefined
  }
}

/** CPU time of a thread in ms; of the whole process where the kernel does not tell. */
const cpuTime = (task: string): number => {
  const nanoseconds = Number(textOf(`${task}/schedstat`)?.split(" ")[0])
  if (nanoseconds > 0) return nanoseconds / 1e6
  // After the name in parentheses, which may hold anything, come the fields from the third on; ticks of 10 ms.
  const fields = textOf(`${task}/stat`)?.split(") ").at(-1)?.split(" ")
  if (fields !== undefined) return (Number(fields[11]) + Number(fields[12])) * 10
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const isRunning = (task: string): boolean => textOf(`${task}/stat`)?.split(") ").at(-1)?.startsWith("R") ?? false

/** The text at an address of this process, page by page: the next page may not be mapped. */
const textAt = (address: number): string | undefined => {
  let memory: number | undefined
  try {
    memory = fs.openSync("/proc/self/mem", "r")
    const bytes = Buffer.alloc(maxPath)
    let length = 0
    while (length < maxPath) {
      const position = address + length
      const read = fs.readSync(
        memory,
        bytes,
        length,
        Math.min(pageSize - (position % pageSize), maxPath - length),
        position
      )
      const end = bytes.indexOf(0, length)
      if (end !== -1 && end < length + read) return bytes.toString("utf8", 0, end)
      if (read === 0) return undefined
      length += read
    }
  } catch {
    // Unmapped or not allowed: the call is still named.
  } finally {
    if (memory !== undefined) fs.closeSync(memory)
  }
  return undefined
}

const targetOf = (descriptor: number): string | undefined => {
  try {
    return fs.readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return undefined
  }
}

/** The newest child that a thread started and that still runs, with its command line. */
const newestChild = (task: string): string | undefined => {
  // Of none there is an empty text, and `/proc//cmdline` is how the kernel was started.
  const children = textOf(`${task}/children`)?.match(/\d+/g) ?? []
  for (const child of children.reverse()) {
    const command = textOf(`/proc/${child}/cmdline`)?.replaceAll("\0", " ").trim().slice(0, 300)
    if (command !== undefined && command !== "") return `${child} ${command}`
  }
  return undefined
}

const waitOf = (thread: number): Wait => {
  const task = taskOf(thread)
  // "running", or the number of the call, its six arguments, stack pointer and program counter in hexadecimal.
  const [number = "", ...args] = textOf(`${task}/syscall`)?.split(" ") ?? []
  if (!/^\d+$/.test(number)) {
    const place = textOf(`${task}/wchan`)
    return place === undefined || place === "" || place === "0" ? {} : { syscall: place }
  }
  const [name, descriptorAt, pathAt]: Call = callsByArchitecture[process.arch]?.[Number(number)] ?? [
    `system call ${number}`
  ]
  const wait: { -readonly [Key in keyof Wait]: Wait[Key] } = { syscall: name }
  if (pathAt !== undefined) {
    const path = textAt(Number(args[pathAt]))
    if (path !== undefined) wait.path = path
  }
  if (descriptorAt !== undefined) {
    // An int: the register's upper half is not part of it.
    wait.descriptor = Number(BigInt.asUintN(32, BigInt(args[descriptorAt] ?? 0)))
    const target = targetOf(wait.descriptor)
    if (target !== undefined) wait.path = target
  }
  if (waitsForChild.test(name)) {
    const child = newestChild(task)
    if (child !== undefined) wait.child = child
  }
  return wait
}

const watchNative = (thread = process.pid): (() => Native) => {
  const task = taskOf(thread)
  const since = performance.now()
  const before = cpuTime(task)
  return () => {
    const cpuMs = Math.max(0, Math.round(cpuTime(task) - before))
    const overMs = Math.max(1, Math.round(performance.now() - since))
    // A tenth, for it may share its core with others; an idle event loop uses none.
    const busy = isRunning(task) || cpuMs > overMs / 10
    return { busy, cpuMs, overMs, ...(busy ? {} : waitOf(thread)) }
  }
}

module.exports = { watchNative, waitOf } satisfies NativeModule
