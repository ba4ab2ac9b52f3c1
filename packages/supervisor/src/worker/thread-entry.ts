/**
 * Where a worker that is a thread begins: Piscina has started it and calls `open` once, with the port to the host;
 * from there on a `Runtime` talks over that, until the thread ends. Kept light, as `process-entry.ts` is.
 */
import { readlinkSync } from "node:fs"
import { MessagePort } from "node:worker_threads"
import { BusyPoll } from "../protocol/BusyPoll.ts"
import { tellOfMappings } from "../protocol/shared-memory.ts"
import { endingNow, fromHost, gauge, postToHost, type ThreadStart, type ToThread } from "../protocol/thread-wire.ts"
import { describeWaiting } from "../watchdog/waiting.ts"
import { takeArguments } from "./arguments.ts"
import { watchStores } from "./entered-stores.ts"
import { catchEscapes } from "./escapes.ts"
import { holdExits } from "./held-exits.ts"
import { scopeNow } from "./job-scope.ts"
import { watchLoopEnd } from "./loop-end.ts"
import { noteCalls } from "./noted-calls.ts"
import { openerOf, openRequests, openThreads, watchOpenings } from "./openings.ts"
import { MappedPage } from "./page-writer.ts"
import { Runtime } from "./runtime.ts"
import { provideInWorker } from "./shared-calls.ts"
import { deepenStacks } from "./stack-depth.ts"
import { ThreadOutput } from "./thread-output.ts"

/** Of a worker whose own code has failed. */
const EXIT_BROKEN = 70

/** The kernel's number of this thread, for its host to see where it is blocked; 0 where there is no `/proc`. */
const kernelThread = (): number => {
  try {
    return Number(/\d+$/.exec(readlinkSync("/proc/thread-self"))?.[0] ?? 0)
  } catch {
    return 0
  }
}

/**
 * Piscina's own ports, and the thread's, would hold the event loop open whatever happens, so that an end of all work
 * could not be seen. Node has no other way to tell of them.
 */
const letGoOfPorts = (): void => {
  const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => ReadonlyArray<unknown> }
  for (const handle of handles?.call(process) ?? []) if (handle instanceof MessagePort) handle.unref()
}

/** A fault of our own: better to end here, and say so, than to leave a job that nobody ever settles. */
const broke = (error: unknown): void => {
  process.stderr.write(`holdfast worker: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(EXIT_BROKEN)
}

/** Begins the worker's life, which ends with its thread: by `process.exit`, or by the host's hand. */
export const open = ({ port, page, gauge: memory, outputNonce }: ThreadStart): void => {
  // Whoever makes a pool in here, at import or in a job, is told so (promises.md, row 32).
  Reflect.set(globalThis, Symbol.for("holdfast/worker"), { parentPid: process.pid })
  provideInWorker()
  tellOfMappings((mapping) => port.postMessage(mapping))
  const words = new Int32Array(memory)
  Atomics.store(words, gauge.thread, kernelThread())
  letGoOfPorts()

  const output = new ThreadOutput({
    nonce: outputNonce,
    owner: () => {
      const scope = scopeNow()
      return scope === undefined ? undefined : { chunkId: scope.chunk.chunkId, offset: scope.offset }
    },
    gauge: words,
    post: (printed, moved) => port.postMessage(printed, moved)
  })
  output.takeOver()

  const poll = new BusyPoll()
  let syncs = 0
  let isOpen = true
  const mapped = new MappedPage(page)
  const runtime = new Runtime({
    page: mapped,
    send: (message) => {
      // Posted, it lies in the host's memory.
      postToHost(port, message)
      return true
    },
    drained: () => Promise.resolve(),
    output: {
      over: (chunkId, offset) => output.release(chunkId, offset),
      sync: () => {
        output.sync(++syncs)
        return syncs
      },
      syncPrinted: () => {
        if (output.hasPrinted) output.sync(++syncs)
        return syncs
      }
    },
    keepOpen: (keep) => {
      isOpen = keep
      if (keep) port.ref()
      else port.unref()
    },
    waitingOn: () => [
      ...openRequests(),
      ...openThreads(),
      ...describeWaiting({
        ignore: () => false,
        baseline: { handles: new Set(), resources: new Map([["MessagePort", isOpen ? 1 : 0]]) },
        sharesProcess: true,
        opener: openerOf
      })
    ],
    takeArguments,
    beforeUserCode: () => {
      deepenStacks()
      watchOpenings()
      noteCalls(mapped)
      watchStores()
      holdExits(runtime)
      process.on("exit", () => Atomics.store(words, gauge.ending, endingNow()))
    },
    stayAwake: () => poll.begin(),
    end: () => process.exit(0),
    broke
  })
  catchEscapes((error, owner) => runtime.escaped(error, owner))
  watchLoopEnd(() => runtime.stuck())
  port.on("message", (messages: ReadonlyArray<ToThread>) => {
    poll.end()
    try {
      for (const message of messages) runtime.receive(fromHost(message))
    } catch (error) {
      // As an error that escaped it would be taken for a job's, and whatever was asked for would wait for ever.
      broke(error)
    }
  })
}
