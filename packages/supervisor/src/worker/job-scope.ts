/**
 * Which job the running code belongs to: an `AsyncLocalStorage` that names the owner of whatever runs, logs or
 * escapes, and the `currentTask()` made of it. One scope stands for one job, or, where jobs are tiny, for a
 * whole chunk with a running offset (entering a scope costs 0.2 to 0.5 µs).
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks"
import { types } from "node:util"
import {
  type ContextDefinition,
  type CurrentTask,
  provideCurrentTask,
  type Resource,
  type TaskLog
} from "@holdfast/core"
import type { AttemptFault, Signal } from "../protocol/messages.ts"
import { previewOf } from "../protocol/preview.ts"
import { BatchReader, encodeBatch, type PayloadKind } from "../protocol/values.ts"
import { logLine } from "./output.ts"
import type { Asked } from "./shared-objects.ts"

/** What scopes need of the worker around them. */
export interface ScopeHost {
  readonly workerId: number
  readonly local: Map<string, unknown>
  contextValue(definition: ContextDefinition): unknown
  /** True when it has left the process's own memory. */
  signal(chunkId: number, offset: number, said: Signal["said"]): boolean
  /** Calls of the job to shared objects. */
  readonly shared: {
    call(scope: JobScope, asked: Asked, args: ReadonlyArray<unknown>): Promise<unknown>
  }
  /** The job may now wait for its parent's word, so the event loop must stay open. */
  held(scope: JobScope): void
}

/** What a chunk's jobs have in common. */
export interface ChunkFacts {
  readonly chunkId: number
  readonly base: number
  readonly attempt: number
  readonly task: string
  readonly keys: ReadonlyArray<string> | undefined
  readonly single: boolean
  readonly resumed: Uint8Array | undefined
}

/** Thrown at the wait for a job whose end has been decided elsewhere, to let go of its promise. */
export class Abandoned {
  readonly fault: AttemptFault
  constructor(fault: AttemptFault) {
    this.fault = fault
  }
}

export class JobScope {
  readonly host: ScopeHost
  readonly chunk: ChunkFacts
  offset: number
  /** Set while the job's promise is awaited; ends the wait. */
  abandon: ((fault: AttemptFault) => void) | undefined
  /** Says where its job awaits, where the job can tell. */
  describe: (() => ReadonlyArray<Resource>) | undefined
  /** Interrupts a running Effect. */
  interrupt: (() => void) | undefined
  /** So many more of the values it yields were taken. */
  onCredit: ((count: number) => void) | undefined
  /** True once the job's outcome is decided. */
  over = false
  cancelled = false
  /** What it has failed with, once its end was decided elsewhere. */
  fault: AttemptFault | undefined
  /** True once the job listens to its signal: a word of the parent may wake it. */
  held = false
  #controller: AbortController | undefined
  #current: CurrentTask | undefined

  constructor(host: ScopeHost, chunk: ChunkFacts, offset: number) {
    this.host = host
    this.chunk = chunk
    this.offset = offset
  }

  /** Moves a chunk's scope on to its next job. */
  advance(offset: number): void {
    this.offset = offset
    this.over = false
    this.cancelled = false
    this.fault = undefined
    this.held = false
    this.abandon = undefined
    this.interrupt = undefined
    this.describe = undefined
    this.onCredit = undefined
    this.#controller = undefined
    this.#current = undefined
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      this.hold()
    }
    return this.#controller.signal
  }

  /** From here on a word of the parent may wake or end it. */
  hold(): void {
    this.held = true
    this.host.held(this)
    this.cancellable()
  }

  get givenUp(): boolean {
    return this.fault !== undefined
  }

  /** Says that this job can end by itself when it is cancelled. */
  cancellable(): void {
    this.host.signal(this.chunk.chunkId, this.offset, { _tag: "Cancellable" })
  }

  /** What listens to its signal, and what an Effect then finalizes, are the job's: nobody else's scope is around them. */
  cancel(reason: unknown): void {
    this.cancelled = true
    within(this, () => {
      this.#controller?.abort(reason)
      this.interrupt?.()
    })
  }

  /** True for what code fails with that heeds the end of its job, and has nothing to tell. */
  heeds(error: unknown): boolean {
    if (error === this.#controller?.signal.reason) return true
    return types.isNativeError(error) && error.name === "AbortError"
  }

  /**
   * Its job's end was decided elsewhere: nothing waits for it any more, and an Effect gives back what it holds, for which
   * other jobs may be waiting.
   */
  letGo(fault: AttemptFault): void {
    this.fault = fault
    this.abandon?.(fault)
    within(this, () => this.interrupt?.())
  }

  current(): CurrentTask {
    this.#current ??= currentOf(this)
    return this.#current
  }
}

const logOf = (): TaskLog => ({
  debug: (message, fields) => logLine(20, message, fields),
  info: (message, fields) => logLine(30, message, fields),
  warn: (message, fields) => logLine(40, message, fields),
  error: (message, fields) => logLine(50, message, fields)
})

/** Checked here: a parent that is sent anything else takes the worker for broken, and ends it. */
const progressOf = (fraction: unknown, message: unknown): Signal["said"] => {
  if (typeof fraction !== "number")
    throw new TypeError(`progress: expected a number from 0 to 1, received ${previewOf(fraction)}`)
  if (message !== undefined && typeof message !== "string")
    throw new TypeError(`progress: expected a string as the message, received ${previewOf(message)}`)
  return { _tag: "Progress", fraction, message }
}

const currentOf = (scope: JobScope): CurrentTask => {
  const { chunk, host, offset } = scope
  const say = (said: Signal["said"]): void => {
    host.signal(chunk.chunkId, offset, said)
  }
  const index = chunk.single ? 0 : chunk.base + offset
  return {
    task: chunk.task,
    index,
    key: chunk.keys?.[offset] ?? String(index),
    attempt: chunk.attempt,
    workerId: host.workerId,
    get signal() {
      return scope.signal
    },
    log: logOf(),
    progress: (fraction, message) => say(progressOf(fraction, message)),
    heartbeat: () => say({ _tag: "Heartbeat" }),
    checkpoint: (value) => {
      const { kind, bytes, refused } = encodeBatch([value])
      if (refused !== undefined) throw new TypeError(`checkpoint: value${refused.path} ${refused.message}`)
      say({ _tag: "Checkpoint", value: Buffer.concat([Buffer.of(kind), bytes]) })
    },
    get resumed() {
      return chunk.resumed === undefined ? undefined : readResumed(chunk.resumed)
    },
    local: host.local,
    context: <Value>(definition: ContextDefinition<never, Value>): Value => host.contextValue(definition) as Value
  }
}

/** A checkpoint travels as it was encoded; whether as a number shows in nothing but its kind byte in front. */
const readResumed = (bytes: Uint8Array): unknown =>
  new BatchReader(bytes[0] as PayloadKind, bytes.subarray(1), 1).next()

const storage = new AsyncLocalStorage<JobScope>()
// Its `run` calls it, which is not what `entered-stores.ts` is to be told of.
storage.enterWith = AsyncLocalStorage.prototype.enterWith

provideCurrentTask(() => storage.getStore()?.current())

/** The scope that the calling code belongs to. */
export const scopeNow = (): JobScope | undefined => storage.getStore()

const enter: <P extends ReadonlyArray<unknown>, A>(scope: JobScope, f: (...parameters: P) => A, ...parameters: P) => A =
  storage.run.bind(storage)

/**
 * Calls `f` as part of this scope. What it enters of stores of its own (`enterWith`) stays there, and is not found by
 * what comes after it: other jobs, or other chunks where a scope stands for a chunk of tiny ones. `run` alone takes back
 * its own store, and leaves others as they are. A resource each time (0.2 µs), since before Node 24 stores are kept on it.
 */
export const within = <P extends ReadonlyArray<unknown>, A>(
  scope: JobScope,
  f: (...parameters: P) => A,
  ...parameters: P
): A => new AsyncResource("HOLDFAST_JOB").runInAsyncScope(enter<P, A>, undefined, scope, f, ...parameters)
