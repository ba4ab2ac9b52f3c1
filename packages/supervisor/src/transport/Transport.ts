/**
 * The port between a slot and the place where its worker lives. A transport starts one worker and carries
 * messages; it decides nothing. Implemented by processes (`process.ts`), by threads
 * (`thread.ts`) and by the calling process itself (`inline.ts`).
 */
import type { Readable } from "node:stream"
import type { Configure, FromWorker, ToWorker } from "../protocol/messages.ts"
import type { Leftovers, Limit, Mark } from "../protocol/page.ts"
import type { Mask } from "../watchdog/mask.cts"
import type { Growing, Watchdog } from "../watchdog/Watchdog.ts"

/** What a worker is started with. */
export interface WorkerSpec {
  readonly configure: Configure
  readonly env: Readonly<Record<string, string | undefined>> | undefined
  readonly execArgv: ReadonlyArray<string> | undefined
  readonly cwd: string | undefined
  /** Whose values its watchdog hides. */
  readonly mask?: Mask | undefined
}

/** How a worker ended, as the platform tells it. */
export interface RawExit {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  /** Set where it never started. */
  readonly spawnError: Error | undefined
  /** Set where bytes on its channel were no message of ours, or the channel was closed while it lived. */
  readonly violation: Error | undefined
  /** Set where its JavaScript heap was full: the limit in bytes. */
  readonly heapLimit?: number | undefined
  /** What its thread had noted of where it was. */
  readonly note?: string | undefined
  /** Where its memory was seen to grow, and when, by `performance.now()`. */
  readonly growing?: Growing | undefined
}

export interface WorkerListener {
  message(message: FromWorker): void
  /** Called once, after the last message and the last output have been delivered. */
  exited(exit: RawExit): void
}

/** The parent's end of one worker. */
export interface WorkerLink {
  readonly pid: number | undefined
  /** The kernel's number of the thread that runs its jobs, where that is known. */
  readonly thread: number | undefined
  readonly stdout: Readable | undefined
  readonly stderr: Readable | undefined
  readonly watchdog: Watchdog | undefined
  /** Whether it has ended already, and only the last of its output is waited for. */
  readonly hasEnded?: boolean
  /** Whether its worker is to wait for the next job awake. */
  readonly awake?: boolean
  send(message: ToWorker): void
  mark(): Mark | undefined
  leftovers(): Leftovers | undefined
  /** Where its thread is, or was at its end, as it has noted itself. */
  note?(): string | undefined
  limit(limit: Limit): void
  /** Ends the worker and whatever it started, at once. */
  kill(): void
  /** Whether this worker keeps the calling process alive. */
  keepAlive(keep: boolean): void
  /** Whether the system has stopped it as a whole (SIGSTOP), so that it can neither load nor answer anything. */
  stopped?(): boolean
}

export interface Transport {
  start(spec: WorkerSpec, listener: WorkerListener): WorkerLink
}
