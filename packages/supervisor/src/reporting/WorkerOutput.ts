/**
 * The parent's reading of one worker's stdout and stderr: finds out which job wrote each line, publishes it as a
 * `Log` event, and keeps the last lines for failures. Always reads, for a full pipe would block the worker; what
 * follows a line (the bus's listeners) runs before the next is read, so nothing piles up here.
 */
import type { Readable } from "node:stream"
import type { LastLogs } from "@holdfast/core"
import { readRecord } from "../protocol/log-record.ts"
import { OutputParser, type Owner, type Writer } from "../protocol/output-marker.ts"
import type { EventBus } from "./EventBus.ts"
import { HeapAccount, type Said } from "./heap-account.ts"
import { MOST_LINES } from "./JobLogs.ts"
import { JOB_LINES, LastLines, type StreamName, shortened } from "./LastLines.ts"

/** What a line is tagged with. */
export interface JobTag {
  readonly task: string
  readonly index: number
  readonly attempt: number
  readonly batch: number
}

export interface WorkerOutputSetup {
  readonly worker: number
  readonly pid: number | undefined
  /** Key of the worker's markers. */
  readonly nonce: string
  readonly stdout: Readable | undefined
  readonly stderr: Readable | undefined
  readonly bus: EventBus
  /**
   * What is known of a job. Should answer for some time after it has settled, too: its result and its output come
   * by different pipes, and the output is often read last.
   */
  readonly describe: (chunkId: number, offset: number) => JobTag | undefined
  /** Keeps a job's line, for whoever asks for its job's lines. */
  readonly keep?: (owner: Owner, stream: StreamName, text: string) => void
  /**
   * The job that runs as far as results have been read, to which output belongs that nobody announced: a native printf,
   * a child process.
   */
  readonly runningNow: () => Owner | undefined
  /** The job that the worker itself says it runs: it may be ahead. */
  readonly marked?: () => Owner | undefined
}

/** How long an answer waits for output that its worker says it has written, while nothing of it comes. */
const SYNC_MS = 250
/** And how often so long while something comes. */
const MOST_WAITS = 8

interface Tap {
  readonly parser: OutputParser
  /** The last sync marker that came by. */
  synced: number
  ended: boolean
  /** Whose the unfinished line is, where it was not announced. */
  unannounced: Owner | undefined
}

export class WorkerOutput {
  /** Resolves when both streams have ended. Never rejects. */
  readonly closed: Promise<void>
  readonly #setup: WorkerOutputSetup
  readonly #last = new LastLines()
  readonly #taps: Record<StreamName, Tap>
  readonly #account = new HeapAccount<Owner>((said) => this.#said("stderr", said))
  #waits: Array<{ readonly seq: number; readonly done: () => void }> = []
  #close: () => void = () => undefined
  /** Read so far, of both streams. */
  #bytes = 0
  /** The last sync marker that was waited for with success, or in vain. */
  #read = 0

  constructor(setup: WorkerOutputSetup) {
    this.#setup = setup
    this.closed = new Promise((resolve) => {
      this.#close = resolve
    })
    this.#taps = { stdout: this.#tap("stdout"), stderr: this.#tap("stderr") }
    this.#readAll("stdout", setup.stdout)
    this.#readAll("stderr", setup.stderr)
  }

  /** The last lines of a job, an unfinished one included. Complete once `synced` has resolved. */
  lastLogs(owner: Owner): LastLogs {
    const logs = this.#last.ofJob(owner)
    const of = (stream: StreamName): ReadonlyArray<string> => {
      const { parser, unannounced } = this.#taps[stream]
      const { unfinished } = parser
      if (unfinished === undefined) return logs[stream]
      const writer = this.#ownerOf(unfinished.writer, unannounced)
      const isOurs = writer !== undefined && writer.chunkId === owner.chunkId && writer.offset === owner.offset
      return isOurs ? [...logs[stream], shortened(unfinished.text)].slice(-JOB_LINES) : logs[stream]
    }
    return { stdout: of("stdout"), stderr: of("stderr") }
  }

  /** The worker's own last lines: stdout's, then stderr's, where a dying process speaks. */
  lastLines(): Array<string> {
    return (["stdout", "stderr"] as const).flatMap((stream) => {
      const { unfinished } = this.#taps[stream].parser
      return [
        ...this.#last.ofWorker(stream),
        ...(stream === "stderr" ? this.#account.lines : []),
        ...(unfinished === undefined ? [] : [shortened(unfinished.text)])
      ]
    })
  }

  /** Whether all output before this sync marker has been read, or will never be. */
  hasRead(seq: number): boolean {
    if (seq <= this.#read) return true
    if (!this.#hasPassed(seq)) return false
    this.#read = seq
    return true
  }

  /**
   * Calls back once all output before this sync marker has been read, or both streams have ended. Or where it does not
   * come, for a task has closed its stdout: what was written before it lies in the pipe, or has been read.
   */
  onRead(seq: number, then: () => void): void {
    if (this.hasRead(seq)) return then()
    let timer: NodeJS.Timeout | undefined
    let waits = 0
    const wait = (): void => {
      const before = this.#bytes
      timer = setTimeout(() => {
        // This process may be late itself: between two immediates it has read what there is.
        setImmediate(() => setImmediate(() => (this.#bytes === before || ++waits === MOST_WAITS ? giveUp() : again())))
      }, SYNC_MS)
    }
    const again = (): void => {
      if (!this.hasRead(seq)) wait()
    }
    const giveUp = (): void => {
      this.#read = Math.max(seq, this.#read)
      this.#wake()
    }
    wait()
    this.#waits.push({
      seq,
      done: () => {
        clearTimeout(timer)
        then()
      }
    })
  }

  /** The same as a promise. */
  synced(seq: number): Promise<void> {
    return new Promise((resolve) => this.onRead(seq, resolve))
  }

  /** Drops the lines of a job that has settled. */
  forget(chunkId: number, offset: number): void {
    this.#last.forget({ chunkId, offset })
  }

  /** Drops the lines of all jobs of a chunk. */
  forgetChunk(chunkId: number): void {
    this.#last.forgetChunk(chunkId)
  }

  #tap(stream: StreamName): Tap {
    const { bus, nonce } = this.#setup
    const parser = new OutputParser({
      nonce,
      line: (text, writer) => this.#line(stream, text, writer),
      sync: (seq) => {
        if (stream === "stderr") this.#account.end()
        this.#taps[stream].synced = Math.max(seq, this.#taps[stream].synced)
        this.#wake()
      },
      // With nobody listening, lines that nothing keeps need not even be decoded.
      suffices: () => (bus.wantsLogs ? undefined : MOST_LINES)
    })
    return { parser, synced: 0, ended: false, unannounced: undefined }
  }

  #readAll(stream: StreamName, readable: Readable | undefined): void {
    const tap = this.#taps[stream]
    const end = (): void => {
      if (tap.ended) return
      tap.ended = true
      tap.parser.end()
      if (stream === "stderr") this.#account.end()
      this.#wake()
      if (this.#taps.stdout.ended && this.#taps.stderr.ended) this.#close()
    }
    if (readable === undefined || readable.destroyed) {
      end()
      return
    }
    readable.on("data", (chunk: Buffer) => {
      if (tap.ended) return
      this.#bytes += chunk.length
      tap.parser.push(chunk)
      if (stream === "stderr") this.#account.endWrite()
      tap.unannounced = tap.parser.isBetweenLines ? undefined : (tap.unannounced ?? this.#setup.runningNow())
    })
    readable.on("end", end)
    readable.on("close", end)
    // A dead worker's pipe may give ECONNRESET; `close` follows.
    readable.on("error", () => undefined)
  }

  #line(stream: StreamName, text: string, writer: Writer): void {
    const tap = this.#taps[stream]
    const { marked, runningNow } = this.#setup
    const owner = this.#ownerOf(writer, tap.unannounced ?? (writer === undefined ? runningNow() : undefined))
    tap.unannounced = undefined
    if (stream === "stderr") this.#account.take(text, owner, writer === undefined ? marked : undefined)
    else this.#said(stream, { text, owner, byV8: false })
  }

  #said(stream: StreamName, { byV8, owner, text }: Said<Owner>): void {
    const { bus, describe, pid, worker } = this.#setup
    const writer = byV8 ? undefined : owner
    if (text.includes("\n")) for (const line of text.split("\n")) this.#last.add(stream, writer, line)
    else this.#last.add(stream, writer, text)
    if (writer !== undefined) this.#setup.keep?.(writer, stream, text)
    if (!bus.wantsLogs) return
    const tag = owner === undefined ? undefined : describe(owner.chunkId, owner.offset)
    bus.publish({
      _tag: "Log",
      at: Date.now(),
      worker,
      pid,
      stream,
      ...readRecord(text, stream),
      task: tag?.task,
      index: tag?.index,
      attempt: tag?.attempt
    })
  }

  /** Code that belongs to no job does not become that of the one beside which it ran. */
  #ownerOf(writer: Writer, running: Owner | undefined): Owner | undefined {
    return writer === undefined ? running : writer === "nobody" ? undefined : writer
  }

  #hasPassed(seq: number): boolean {
    const { stdout, stderr } = this.#taps
    return (stdout.ended || stdout.synced >= seq) && (stderr.ended || stderr.synced >= seq)
  }

  #wake(): void {
    if (this.#waits.length === 0) return
    const waits = this.#waits
    this.#waits = waits.filter(({ seq }) => !this.hasRead(seq))
    for (const wait of waits) if (this.hasRead(wait.seq)) wait.done()
  }
}
