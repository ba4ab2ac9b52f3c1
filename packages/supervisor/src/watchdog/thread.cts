/**
 * The watchdog: a helper thread inside a worker process that sees what a blocked main thread cannot. It says
 * where the main thread is, ends the process over its memory limit, and ends it when the parent is gone. It
 * decides no deadline: the parent asks. CommonJS, and its own files too, so that it loads while the main
 * thread spins; started by `start.ts`.
 */

import type { MainThreadModule } from "./main-thread.cts"
import type { CaptureRequest, FromWatchdog, MemoryLimit, ToWatchdog } from "./messages.ts"

const net = require("node:net") as typeof import("node:net")
const { parentPort, workerData } = require("node:worker_threads") as typeof import("node:worker_threads")

const fromSource = __filename.endsWith(".cts")
// biome-ignore lint/correctness/useImportExtensions: tsc compiles .cts to .cjs, and rewrites no require().
const mainThread: MainThreadModule = fromSource ? require("./main-thread.cts") : require("./main-thread.cjs")
const { debugMain, peekAtMain } = mainThread

/** What `start.ts` gives the thread. */
export interface WatchdogData {
  /** The socket pair's end that the worker inherited. */
  readonly channelFd: number
  readonly parentPid: number
  /** `[0]`: 1 while the debugger is on the main thread. */
  readonly armed: Int32Array
  /** Bytes that V8 lets the main thread's heap have. */
  readonly heapLimit: number
}

const { channelFd, parentPid, armed, heapLimit } = workerData as WatchdogData

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

const openChannel = (): InstanceType<typeof net.Socket> | undefined => {
  try {
    return new net.Socket({ fd: channelFd, readable: true, writable: true })
  } catch {
    // Not inherited, or closed by the task. The poll below still sees the parent's death.
    return undefined
  }
}

const channel = openChannel()
const main = debugMain(armed)

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

/** Says where memory is taken, as far as the main thread tells that in time. */
const tellWhereItGrows = async (withinMs: number): Promise<void> => {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, withinMs, undefined))
  const frames = await Promise.race([peekAtMain(armed), late])
  if (frames !== undefined) send({ t: "growing", frames: frames.slice(0, 16) })
}

const limitMemory = ({ limitBytes, everyMs }: MemoryLimit): void => {
  clearInterval(memoryPoll)
  memoryPoll = setInterval(
    async () => {
      const rss = process.memoryUsage.rss()
      if (rss <= limitBytes) return
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

const capture = async (request: CaptureRequest): Promise<void> => {
  const captured = await main.capture(request)
  send({ t: "captured", id: request.id, ...captured })
}

const obey = (message: ToWatchdog): void => {
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

let unread = ""
channel?.setEncoding("utf8")
channel?.on("data", (text: string) => {
  const lines = (unread + text).split("\n")
  unread = lines.pop() ?? ""
  if (unread.length > maxLineLength) unread = ""
  for (const line of lines) read(line)
})
// Also when the descriptor is no socket at all: nobody could ever ask this thread for anything.
channel?.on("error", () => {})
channel?.on("close", endProcess)

// Keeps the thread alive, and sees a parent's death that left its end of the channel open in another process.
setInterval(() => {
  if (process.ppid !== parentPid) endProcess()
  watchGrowth()
}, parentPollMs)

// The main thread is about to exit: see `start.ts`.
parentPort?.on("message", () => main.disarm())

send({ t: "ready" })
