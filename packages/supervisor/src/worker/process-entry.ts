/**
 * Where a worker process begins: opens what it inherited (3 the job channel, 4 the page, 5 the watchdog's
 * channel, 6 and 7 the transit files), and lets a `Runtime` talk over it. Kept light, since every worker loads it
 * before its first job.
 */
import { readSync, writeSync } from "node:fs"
import { Socket } from "node:net"
import { BusyPoll } from "../protocol/BusyPoll.ts"
import { AHEAD, type Beside, decodeFromParent, encode, REST, TRIM, takeAhead } from "../protocol/encoding.ts"
import { describeError } from "../protocol/error-description.ts"
import { FrameReader } from "../protocol/frames.ts"
import type { ToWorker } from "../protocol/messages.ts"
import { TransitWriter } from "../protocol/transit.ts"
import { TransitReader } from "../protocol/transit-reader.ts"
import { Duty } from "../watchdog/Duty.ts"
import { describeWaiting } from "../watchdog/waiting.ts"
import { isAlone, mayBeAlone, watchLeavings } from "./alone.ts"
import { takeArguments } from "./arguments.ts"
import { watchStores } from "./entered-stores.ts"
import { catchEscapes } from "./escapes.ts"
import { holdExits } from "./held-exits.ts"
import { scopeNow } from "./job-scope.ts"
import { watchLoopEnd } from "./loop-end.ts"
import { noteCalls } from "./noted-calls.ts"
import { openerOf, openRequests, openThreads, watchOpenings } from "./openings.ts"
import { hasPrinted, releaseOutput, syncOutput, tagOutput } from "./output.ts"
import { openPage } from "./page-writer.ts"
import { Runtime } from "./runtime.ts"
import { provideInWorker } from "./shared-calls.ts"
import { deepenStacks } from "./stack-depth.ts"
import { writeWhole } from "./whole-write.ts"

const [key, parentPid, nonce] = process.argv.slice(2)
const frameKey = Number(key)
const CHANNEL = 3
const PAGE = 4
const WATCHDOG = 5
const TO_WORKER = 6
const FROM_WORKER = 7
/** More than a worker is sent before it has answered; what does not fit is read as all later bytes are. */
const EARLY_BYTES = 16 * 1024

// Whoever makes a pool in here, at import or in a job, is told so (promises.md, row 32).
Reflect.set(globalThis, Symbol.for("holdfast/worker"), { parentPid: Number(parentPid) })

provideInWorker()

tagOutput({
  nonce: nonce ?? "",
  owner: () => {
    const scope = scopeNow()
    return scope === undefined ? undefined : { chunkId: scope.chunk.chunkId, offset: scope.offset }
  }
})

const channel = new Socket({ fd: CHANNEL, readable: true, writable: true })
const poll = new BusyPoll()
let syncs = 0

/** Undefined where the parent had none to give: then it is `/dev/null`. */
const orNone = <Side>(open: () => Side): Side | undefined => {
  try {
    return open()
  } catch {
    return undefined
  }
}
const incoming = orNone(() => new TransitReader(TO_WORKER))
const outgoing = orNone(() => new TransitWriter(FROM_WORKER))
/** Whether what is written is to have left this process's own memory when it has been written. */
let atOnce = false
const write = (bytes: Uint8Array): void => {
  if (atOnce) writeWhole(writeSync, CHANNEL, bytes)
  else channel.write(bytes)
}
const beside: Beside | undefined = outgoing && {
  put: (bytes, tell) => outgoing.put(bytes, tell),
  sendNow: write
}

/** The whole group at once: a task's own children must not outlive it. */
const endAtOnce = (): void => {
  try {
    process.kill(-process.pid, "SIGKILL")
  } catch {
    process.kill(process.pid, "SIGKILL")
  }
}

const keepOpen = (open: boolean): void => {
  if (open) channel.ref()
  else channel.unref()
}

const duty = new Duty({ channelFd: WATCHDOG, parentPid: Number(parentPid) })
/** Without its watchdog a worker would outlive its parent, and hang unseen: it takes no job then. */
const beginDuty = (): void => {
  try {
    duty.begin()
  } catch (cause) {
    const { code, message: why } = cause as NodeJS.ErrnoException
    // As where the threads of a user or of a container are limited.
    const noRoom = code === "ERR_WORKER_INIT_FAILED"
    const message = `its watchdog's thread could not be started: ${why}`
    runtime.send({ _tag: "StartFailed", message, noRoom, error: describeError(cause) })
    endAtOnce()
  }
}
const page = openPage(PAGE)
const runtime = new Runtime({
  page,
  send: (message) => {
    // What a job says of itself, such as a checkpoint, is owed even if it dies with the next line: no turn of the event
    // loop may come before that, in which Node would write what the channel did not take. Never ahead of such a rest.
    atOnce = message._tag === "Signal" && channel.writableLength === 0
    const parts = encode(message, frameKey, beside)
    if (atOnce || parts.length === 1) for (const part of parts) write(part)
    else {
      channel.cork()
      for (const part of parts) channel.write(part)
      channel.uncork()
    }
    // Node hands a write to the kernel at once while it takes it; what is left is still in this process.
    return channel.writableLength === 0
  },
  drained: () =>
    channel.writableLength === 0 ? Promise.resolve() : new Promise((resolve) => channel.write("", () => resolve())),
  output: {
    over: releaseOutput,
    sync: () => {
      syncOutput(++syncs)
      return syncs
    },
    syncPrinted: () => {
      if (hasPrinted()) syncOutput(++syncs)
      return syncs
    }
  },
  keepOpen,
  waitingOn: () => [...openRequests(), ...openThreads(), ...describeWaiting({ opener: openerOf })],
  takeArguments,
  // Beside the first job, not before it: the thread takes 40 ms to start.
  beforeUserCode: () => {
    deepenStacks()
    watchOpenings()
    noteCalls(page)
    watchLeavings()
    watchStores()
    holdExits(runtime)
    beginDuty()
  },
  stayAwake: () => poll.begin(),
  end: () => process.exit(0),
  broke: (error) => {
    process.stderr.write(`holdfast worker: ${error instanceof Error ? error.stack : String(error)}\n`)
    endAtOnce()
  }
})

const receive = (message: ToWorker): void => {
  // With code of the user's: a job, a module, or what is to be done at the end.
  const { _tag } = message
  if (duty.mayRest && (_tag === "Run" || _tag === "Define" || _tag === "Shutdown")) beginDuty()
  runtime.receive(message)
}

const rest = (): void => {
  if (duty.mayRest || mayBeAlone(duty.starts))
    duty.rest((isQuiet) => runtime.isIdle && isAlone(duty.starts, keepOpen, isQuiet))
}

const reader = new FrameReader(frameKey, (type, body) => {
  if (type === TRIM) outgoing?.trim()
  else if (type === REST) rest()
  else if (type === AHEAD) takeAhead(body, incoming)
  else receive(decodeFromParent(type, body, incoming))
})
const take = (bytes: Buffer): void => {
  poll.end()
  try {
    reader.push(bytes)
  } catch (error) {
    process.stderr.write(`holdfast worker: ${String(error)}\n`)
    endAtOnce()
  }
}
channel.on("data", take)
channel.on("error", endAtOnce)
channel.on("close", endAtOnce)

catchEscapes((error, owner) => runtime.escaped(error, owner))

watchLoopEnd(() => runtime.stuck())

// What was sent while this process started is here: the event loop would come to it some 2 ms later.
const early = Buffer.allocUnsafeSlow(EARLY_BYTES)
const length = orNone(() => readSync(CHANNEL, early)) ?? 0
if (length > 0) take(early.subarray(0, length))
