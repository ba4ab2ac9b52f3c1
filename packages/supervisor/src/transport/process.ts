/**
 * Workers as processes: spawned with Node's own executable as leaders of their own process group, spoken to
 * over a socket pair of our own (Node's IPC channel lets a worker crash its parent), with the page, the
 * watchdog's channel and the transit files beside it. Holdfast's only `spawn`.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import type { Duplex, Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { AHEAD, decodeFromWorker, encode, encodeWish, REST, TRIM, takeAhead } from "../protocol/encoding.ts"
import { FrameReader, ProtocolViolation } from "../protocol/frames.ts"
import { Page } from "../protocol/page.ts"
import { WatchdogLink } from "../watchdog/link.ts"
import { refuseWithout } from "./descriptors.ts"
import { inheritedExecArgv } from "./inherited-options.ts"
import { afterLastOutput } from "./last-output.ts"
import { PollPolicy } from "./PollPolicy.ts"
import { isEnding, isStopped } from "./process-state.ts"
import { RestClock } from "./RestClock.ts"
import { TransitFiles } from "./TransitFiles.ts"
import type { RawExit, Transport, WorkerLink, WorkerListener, WorkerSpec } from "./Transport.ts"
import { deliverUnread } from "./unread.ts"

/** True when this file runs as TypeScript, so that workers must resolve the workspace's sources too. */
const fromSource = import.meta.url.endsWith(".ts")
const entry = fileURLToPath(new URL(`../worker/process-start.${fromSource ? "ts" : "js"}`, import.meta.url))

/** Both ends of the four socket pairs, and of the pipe by which the system tells whether the program could be executed. */
const SPAWN_DESCRIPTORS = 10
/** A closed channel is no fault if the process ends by then: sockets close before the exit is told. */
const CLOSED_CHANNEL_MS = 200

const spawnWorker = (spec: WorkerSpec, page: Page, transit: TransitFiles, key: number): ChildProcess => {
  if (!existsSync(entry)) {
    throw new Error(
      `the worker's program ${entry} is not there. Holdfast can't be bundled: mark holdfast and the modules of tasks as external`
    )
  }
  refuseWithout(SPAWN_DESCRIPTORS, "spawn")
  const conditions = ["--conditions=holdfast-worker", ...(fromSource ? ["--conditions=holdfast-source"] : [])]
  const execArgv = [...(spec.execArgv ?? inheritedExecArgv()), ...conditions]
  return spawn(process.execPath, [...execArgv, entry, String(key), String(process.pid), spec.configure.outputNonce], {
    stdio: ["ignore", "pipe", "pipe", "pipe", page.descriptor, "pipe", ...transit.stdio],
    detached: true,
    ...(spec.env === undefined ? {} : { env: { ...process.env, ...spec.env } }),
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd })
  })
}

class ProcessLink implements WorkerLink {
  readonly #page: Page
  readonly #transit: TransitFiles
  readonly #child: ChildProcess
  readonly #stdio: ReadonlyArray<ChildProcess["stdio"][number]>
  readonly #channel: Duplex | undefined
  readonly #key: number
  readonly #listener: WorkerListener
  readonly #poll = new PollPolicy()
  readonly #rest = new RestClock(() => this.#write(() => [encodeWish(REST, this.#key)]))
  readonly watchdog: WatchdogLink | undefined
  #violation: Error | undefined
  #gone = false
  /** Frames that leave together, in one system call. */
  #unsent: Array<Uint8Array> = []
  /** While what the worker says is heard: what is sent because of it leaves at the end of that. */
  #isHearing = false
  #closedTimer: NodeJS.Timeout | undefined

  constructor(spec: WorkerSpec, listener: WorkerListener) {
    this.#listener = listener
    this.#key = Math.floor(Math.random() * 2 ** 31)
    this.#page = new Page()
    this.#transit = new TransitFiles({
      askToTrim: () => this.#write(() => [encodeWish(TRIM, this.#key)]),
      sendNow: (frame) => this.#sendNow(frame)
    })
    try {
      this.#child = spawnWorker(spec, this.#page, this.#transit, this.#key)
    } catch (error) {
      this.#page.close()
      this.#transit.close()
      throw error
    }
    const child = this.#child
    // Where the program has no descriptor left, Node gives a child without any.
    this.#stdio = (child.stdio as typeof child.stdio | undefined) ?? []
    this.#channel = (this.#stdio[3] ?? undefined) as Duplex | undefined
    // A dead child's pipes give ECONNRESET or EPIPE; its exit says all there is to say.
    for (const stream of this.#stdio) stream?.on("error", () => undefined)
    let spawnError: Error | undefined
    child.on("error", (error) => {
      if (child.pid !== undefined) return
      spawnError = error
      this.#ended(null, null, spawnError)
    })
    child.on("exit", (code, signal) => {
      this.#gone = true
      clearTimeout(this.#closedTimer)
      this.#killGroup()
      afterLastOutput(this.#stdio, () => this.#ended(code, signal, spawnError))
    })
    if (this.#channel !== undefined && child.pid !== undefined) this.#listen(this.#channel)
    const watchdogChannel: unknown = this.#stdio[5]
    if (child.pid !== undefined) deliverUnread(watchdogChannel as Duplex)
    this.watchdog = child.pid === undefined ? undefined : new WatchdogLink(watchdogChannel as Duplex, spec.mask)
    this.send(spec.configure)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get thread(): number | undefined {
    return this.#child.pid
  }

  get hasEnded(): boolean {
    return this.#gone
  }

  get stdout(): Readable | undefined {
    return this.#child.stdout ?? undefined
  }

  get stderr(): Readable | undefined {
    return this.#child.stderr ?? undefined
  }

  #listen(channel: Duplex): void {
    deliverUnread(channel)
    const reader = new FrameReader(this.#key, (type, body) => {
      if (type === AHEAD) takeAhead(body, this.#transit)
      else this.#listener.message(decodeFromWorker(type, body, this.#transit))
    })
    channel.on("data", (bytes: Buffer) => {
      this.#poll.answered()
      this.#rest.used()
      if (this.#violation !== undefined) return
      this.#isHearing = true
      try {
        reader.push(bytes)
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) throw error
        this.#violated(error)
      } finally {
        this.#isHearing = false
        this.#sendUnsent()
      }
    })
    const closed = (): void => {
      if (!this.#gone && this.#closedTimer === undefined) this.#awaitExit()
    }
    channel.on("end", closed)
    // Without an end: what it had not read when it closed makes an ECONNRESET of it.
    channel.on("close", closed)
  }

  /**
   * One that ends has its own reason, however long that takes: its core may be written meanwhile, or this process have
   * had no time to hear of it.
   */
  #awaitExit(): void {
    this.#closedTimer = setTimeout(() => {
      if (isEnding(this.pid)) this.#awaitExit()
      else this.#violated(new ProtocolViolation("the worker closed its job channel"))
    }, CLOSED_CHANNEL_MS)
  }

  #violated(error: Error): void {
    this.#violation ??= error
    this.kill()
  }

  send(message: Parameters<WorkerLink["send"]>[0]): void {
    this.#rest.used()
    if (message._tag === "Run") this.#poll.asked()
    this.#write(() => encode(message, this.#key, this.#transit))
  }

  /** Encodes only where it can be sent: a payload that is put into its file and never told of would stay there. */
  #write(parts: () => ReadonlyArray<Uint8Array>): void {
    const channel = this.#channel
    if (channel === undefined || channel.destroyed || !channel.writable) return
    // Else with all that is sent in this turn.
    if (this.#unsent.length === 0 && !this.#isHearing) process.nextTick(() => this.#sendUnsent())
    for (const part of parts()) this.#unsent.push(part)
  }

  #sendUnsent(): void {
    const unsent = this.#unsent
    const channel = this.#channel
    if (unsent.length === 0 || channel === undefined) return
    this.#unsent = []
    if (unsent.length === 1) channel.write(unsent[0])
    else {
      channel.cork()
      for (const part of unsent) channel.write(part)
      channel.uncork()
    }
  }

  /** While a message is encoded: behind what was sent before it, and not at the end of the turn. */
  #sendNow(frame: Buffer): void {
    this.#unsent.push(frame)
    this.#sendUnsent()
  }

  get awake(): boolean {
    return this.#poll.awake
  }

  mark(): ReturnType<WorkerLink["mark"]> {
    return this.#page.mark()
  }

  leftovers(): ReturnType<WorkerLink["leftovers"]> {
    return this.#page.leftovers()
  }

  note(): string | undefined {
    return this.#page.note()
  }

  limit(limit: Parameters<WorkerLink["limit"]>[0]): void {
    this.#page.limit(limit)
  }

  kill(): void {
    if (this.#gone) return
    this.#killGroup()
    this.#child.kill("SIGKILL")
  }

  #killGroup(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, "SIGKILL")
    } catch {
      // ESRCH: nobody of the group is left.
    }
  }

  #ended(code: number | null, signal: string | null, spawnError: Error | undefined): void {
    const exit: RawExit = {
      exitCode: code ?? undefined,
      signal: signal ?? undefined,
      spawnError,
      violation: this.#violation,
      note: this.#page.note(),
      growing: this.watchdog?.growing
    }
    this.watchdog?.close()
    this.#rest.close()
    this.#listener.exited(exit)
    // Only now: whoever was told has read the mark and the leftovers.
    this.#page.close()
    this.#transit.close()
  }

  stopped(): boolean {
    return isStopped(this.pid)
  }

  keepAlive(keep: boolean): void {
    const holders: Array<unknown> = [this.#child, ...this.#stdio]
    for (const holder of holders) {
      const { ref, unref } = (holder ?? {}) as { ref?: () => void; unref?: () => void }
      if (keep) ref?.call(holder)
      else unref?.call(holder)
    }
  }
}

/** Starts workers as processes. */
export const processTransport: Transport = {
  start: (spec, listener) => new ProcessLink(spec, listener)
}
