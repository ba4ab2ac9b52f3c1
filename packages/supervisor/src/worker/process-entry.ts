/**
 * Where a worker process begins: opens what it inherited (3 the job channel, 4 the page, 5 the watchdog's
 * channel, 6 and 7 the transit files), and lets a `Runtime` talk over it. Kept light, since every worker loads it
 * before its first job.
 */
import { Socket } from "node:net"
import { decodeFromParent, encode, TRIM } from "../protocol/encoding.ts"
import { FrameReader } from "../protocol/frames.ts"
import { TransitReader, TransitWriter } from "../protocol/transit.ts"
import { startWatchdog } from "../watchdog/start.ts"
import { describeWaiting } from "../watchdog/waiting.ts"
import { catchEscapes } from "./escapes.ts"
import { scopeNow } from "./job-scope.ts"
import { watchLoopEnd } from "./loop-end.ts"
import { noteCalls } from "./noted-calls.ts"
import { openerOf, openRequests, openThreads, watchOpenings } from "./openings.ts"
import { hasPrinted, releaseOutput, syncOutput, tagOutput } from "./output.ts"
import { openPage } from "./page-writer.ts"
import { Runtime } from "./runtime.ts"
import { provideInWorker } from "./shared-calls.ts"
import { deepenStacks } from "./stack-depth.ts"

const [key, parentPid, nonce] = process.argv.slice(2)
const frameKey = Number(key)
const CHANNEL = 3
const PAGE = 4
const WATCHDOG = 5
const TO_WORKER = 6
const FROM_WORKER = 7

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

/** The whole group at once: a task's own children must not outlive it. */
const endAtOnce = (): void => {
  try {
    process.kill(-process.pid, "SIGKILL")
  } catch {
    process.kill(process.pid, "SIGKILL")
  }
}

const page = openPage(PAGE)
const runtime = new Runtime({
  page,
  send: (message) => {
    const parts = encode(message, frameKey, outgoing)
    if (parts.length === 1) channel.write(parts[0] as Uint8Array)
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
    over: (chunkId, offset) => releaseOutput({ chunkId, offset }),
    sync: () => {
      syncOutput(++syncs)
      return syncs
    },
    syncPrinted: () => {
      if (hasPrinted()) syncOutput(++syncs)
      return syncs
    }
  },
  keepOpen: (open) => {
    if (open) channel.ref()
    else channel.unref()
  },
  waitingOn: () => [...openRequests(), ...openThreads(), ...describeWaiting({ opener: openerOf })],
  // Beside the first job, not before it: the thread takes 40 ms to start.
  beforeUserCode: () => {
    deepenStacks()
    watchOpenings()
    noteCalls(page)
    startWatchdog({ channelFd: WATCHDOG, parentPid: Number(parentPid) })
  },
  end: () => process.exit(0),
  broke: (error) => {
    process.stderr.write(`holdfast worker: ${error instanceof Error ? error.stack : String(error)}\n`)
    endAtOnce()
  }
})

const reader = new FrameReader(frameKey, (type, body) => {
  if (type === TRIM) outgoing?.trim()
  else runtime.receive(decodeFromParent(type, body, incoming))
})
channel.on("data", (bytes: Buffer) => {
  try {
    reader.push(bytes)
  } catch (error) {
    process.stderr.write(`holdfast worker: ${String(error)}\n`)
    endAtOnce()
  }
})
channel.on("error", endAtOnce)
channel.on("close", endAtOnce)

catchEscapes((error, owner) => runtime.escaped(error, owner))

watchLoopEnd(() => runtime.stuck())
