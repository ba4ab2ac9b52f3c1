/**
 * The watchdog: a helper thread inside a worker process that sees what a blocked main thread cannot. It says
 * where the main thread is, ends the process over its memory limit, and ends it when the parent is gone. It
 * decides no deadline: the parent asks. CommonJS, and its own files too, so that it loads while the main
 * thread spins; started by `start.ts`.
 */

import type { Handover, ToThread } from "./handover.ts"
import type { MainThreadModule } from "./main-thread.cts"
import type { CaptureRequest, FromWatchdog, MemoryLimit, ToWatchdog } from "./messages.ts"
import type { SparesModule } from "./spares.cts"

const net = require("node:net") as typeof import("node:net")
const { parentPort, workerData } = require("node:worker_threads") as typeof import("node:worker_threads")

const fromSource = __filename.endsWith(".cts")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const mainThread: MainThreadModule = fromSource ? require("./main-thread.cts") : require("./main-thread.cjs")
const { debugMain, peekAtMain } = mainThread

// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const loadSpares = (): SparesModule => (fromSource ? require("./spares.cts") : require("./spares.cjs"))

/** What `start.ts` gives the thread. */
export interface WatchdogData {
  /** Of the socket pair's end that the worker inherited: the first is used, the others are for those who come after. */
  readonly descriptors: ReadonlyArray<number>
  readonly parentPid: number
  readonly handover: Handover
  /** Bytes that V8 lets the main thread's heap have. */
  readonly heapLimit: number
  /** Whether Node's permissions let the main thread be debugged; this thread is not told of them. */
  readonly mayDebug: boolean
}

const { descriptors, parentPid, handover, heapLimit, mayDebug } = workerData as WatchdogData
const { armed, state, sight } = handover

/** As in `handover.ts`. */
const ON_DUTY = 0
const ASKED = 1
const GONE = 2
const WANTED = 1
const LOOKING = 2
const UNKNOWN = 3
const OPEN = 4
const QUIET = 5

const parentPollMs = 250
/** How long a last message may take to leave before the process is ended all the same. */
const lastWordsMs = 50
/** How long a process that is over its limit may go on, for it to be seen where. */
const lastLookMs = 100
/** Of the heap's limit: a process this large is looked at while it grows, and from time to time where it does not. */
const largeShare = 0.6
const muchMore = 1.04
const lookAgainMs = 1000
/** The parent's messages are short; what is longer is not one. */
const maxLineLength = 1 << 16
/** What the parent accepts is twice as much, since it counts bytes. */
const maxAnswerLength = 1 << 19

const endProcess = (): void => {
  try {
    // The task's own children too: they would hold its pipes open. Fails where the process leads no group.
    process.kill(-process.pid, "SIGKILL")
  } catch {
    // The next line ends this process alone.
  }
  process.kill(process.pid, "SIGKILL")
}

const [first = -1, ...spares] = descriptors
let descriptor = first
let unread = ""

const openChannel = (): InstanceType<typeof net.Socket> | undefined => {
  try {
    const socket = new net.Socket({ fd: descriptor, readable: true, writable: true })
    socket.setEncoding("utf8")
    socket.on("data", (text: string) => {
      const lines = (unread + text).split("\n")
      unread = lines.pop() ?? ""
      if (unread.length > maxLineLength) unread = ""
      for (const line of lines) read(line)
    })
    // Also when the descriptor is no socket at all: nobody could ever ask this thread for anything.
    socket.on("error", () => {})
    socket.on("close", endProcess)
    return socket
  } catch {
    // Not inherited, or closed by the task. The poll below still sees the parent's death.
    return undefined
  }
}

let channel = openChannel()
const main = debugMain(armed, mayDebug)

const send = (message: FromWatchdog, sent?: () => void): void => {
  let line = JSON.stringify(message)
  if (line.length > maxAnswerLength && message.t === "captured") {
    const frames = message.frames
      .slice(0, 16)
      .map(({ locals: _, file, ...frame }) => ({ ...frame, file: file.slice(0, 1024) }))
    line = JSON.stringify({ ...message, frames })
  }
  channel?.write(`${line}\n`, sent)
}

let memoryPoll: NodeJS.Timeout | undefined
let isOverLimit = false

/** How often the main thread was looked at, or was about to be. */
let looks = 0

/** Says where memory is taken, as far as the main thread tells that in time. */
const tellWhereItGrows = async (withinMs: number): Promise<void> => {
  if (!mayDebug) return
  looks++
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, withinMs, undefined))
  const frames = await Promise.race([peekAtMain(armed), late])
  if (frames !== undefined) send({ t: "growing", frames: frames.slice(0, 16) })
}

const limitMemory = ({ limitBytes, everyMs }: MemoryLimit): void => {
  clearInterval(memoryPoll)
  handover.memory.set([limitBytes, everyMs])
  memoryPoll = setInterval(
    async () => {
      const rss = process.memoryUsage.rss()
      if (rss <= limitBytes) return
      isOverLimit = true
      clearInterval(memoryPoll)
      await tellWhereItGrows(lastLookMs)
      send({ t: "overMemory", rss, limit: limitBytes }, endProcess)
      setTimeout(endProcess, lastWordsMs)
    },
    Math.max(1, everyMs)
  )
}

/** Where V8 ends a process whose heap is full, nobody can look any more. */
let lookedAt = 0
let lookedAtBytes = 0
const watchGrowth = (): void => {
  const rss = process.memoryUsage.rss()
  const now = performance.now()
  if (rss < heapLimit * largeShare) {
    lookedAtBytes = 0
    return
  }
  if (rss < lookedAtBytes * muchMore && now - lookedAt < lookAgainMs) return
  lookedAt = now
  lookedAtBytes = rss
  void tellWhereItGrows(lookAgainMs)
}

/** What is under way. */
let captures = 0

const capture = async (request: CaptureRequest): Promise<void> => {
  captures++
  const captured = await main.capture(request)
  captures--
  send({ t: "captured", id: request.id, ...captured })
}

const obey = (message: ToWatchdog): void => {
  looks++
  switch (message.t) {
    case "arm":
      main.arm()
      return
    case "disarm":
      main.disarm()
      return
    case "capture":
      void capture(message)
      return
    case "memory":
      limitMemory(message)
  }
}

/** Only the parent writes here, so the fields of a message are not checked again; a torn line is dropped. */
const read = (line: string): void => {
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch {
    return
  }
  if (typeof message === "object" && message !== null) obey(message as ToWatchdog)
}

// Keeps the thread alive, and sees a parent's death that left its end of the channel open in another process.
setInterval(() => {
  if (process.ppid !== parentPid) endProcess()
  watchGrowth()
}, parentPollMs)

const isBusy = (): boolean =>
  channel === undefined ||
  channel.writableLength > 0 ||
  captures > 0 ||
  unread !== "" ||
  isOverLimit ||
  Atomics.load(armed, 0) === 1

const stay = (): void => void Atomics.compareExchange(state, 0, ASKED, ON_DUTY)

const mayLeave = (): boolean => !isBusy() && Atomics.load(state, 0) === ASKED

/** Of the looks, those whose sessions have ended in the main thread, too, when that says `leave`. */
let looksOver = 0

let canRest = true
let isQuiet: (() => boolean) | undefined

/** Only now, for what it needs takes memory; whether it can end. */
const makeReady = (): boolean => {
  if (spares.length === 0 && canRest) {
    const made = loadSpares().sparesOf(descriptor, state.length - 1, handover.memory)
    spares.push(...made.descriptors)
    isQuiet = made.isQuiet
    canRest = spares.length > 0
  }
  return canRest
}

const seen = (): number => {
  if (isQuiet === undefined) return UNKNOWN
  try {
    return isQuiet() ? QUIET : OPEN
  } catch {
    return UNKNOWN
  }
}

/** Looks at what is open, unless the main thread has gone on meanwhile. */
const look = (): void => {
  if (Atomics.compareExchange(sight, 0, WANTED, LOOKING) !== WANTED) return
  Atomics.store(sight, 0, seen())
  Atomics.notify(sight, 0)
}

const rest = (): void => {
  if (!mayLeave()) return stay()
  looksOver = looks
  parentPort?.postMessage("rested")
}

/** Ends this thread, unless the main thread takes that back in this moment, since a job has come. */
const leave = (): void => {
  if (!mayLeave() || looks !== looksOver) return stay()
  send({ t: "resting" })
  channel?.off("close", endProcess)
  // From here on nothing is read: the next one finds it.
  channel?.destroy()
  state.fill(0, 1).set(spares, 1)
  if (Atomics.compareExchange(state, 0, ASKED, GONE) === ASKED) process.exit()
  descriptor = spares.shift() as number
  channel = openChannel()
  send({ t: "ready" })
}

parentPort?.on("message", (message: ToThread) => {
  switch (message) {
    case "leaving":
      void main.disarm()
      return
    case "ready":
      if (makeReady()) parentPort.postMessage("here")
      return
    case "look":
      look()
      return
    case "rest":
      rest()
      return
    case "leave":
      leave()
  }
})

const [limitBytes = 0, everyMs = 0] = handover.memory
if (limitBytes > 0) limitMemory({ t: "memory", limitBytes, everyMs })
send({ t: "ready" })
