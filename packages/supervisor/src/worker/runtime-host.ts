/**
 * The port between the runtime and the place it runs in: what each entry (a process, a thread, the calling process
 * itself) provides.
 */
import type { ContextDefinition } from "@holdfast/core"
import type { FromWorker, Waited } from "../protocol/messages.ts"
import type { ContextRef } from "./contexts.ts"
import type { PageWriter } from "./page-writer.ts"
import type { LoadTask } from "./task-shelf.ts"

/** The worker's output streams, and the markers in them. */
export interface OutputPort {
  /** The job's output has ended: what comes untagged after it is not its own. */
  over(chunkId: number, offset: number): void
  /** Writes a sync marker to both; its number. */
  sync(): number
  /** The number of the last sync marker, which stands behind all that was printed: a new one where it must. */
  syncPrinted(): number
}

/** What a transport gives to the runtime. */
export interface RuntimeHost {
  readonly page: PageWriter
  send(message: FromWorker): boolean
  drained(): Promise<void>
  readonly output: OutputPort
  /** Whether an unanswered event loop may end (a job waits) or must stay open for the parent. */
  keepOpen(open: boolean): void
  /** What the event loop waits on. */
  waitingOn(): ReadonlyArray<Waited>
  /** The program's arguments are these; where the runtime is the program's own thread, it has them. */
  readonly takeArguments?: (argv: ReadonlyArray<string>) => void
  /** Code of the user's is about to be loaded, for the first time. */
  beforeUserCode(): void
  /** Nothing is left to run, and the next job is about to come. */
  stayAwake(): void
  /** Ends the worker once its contexts are released. */
  end(): void
  /** Ends the worker at once: the runtime itself has failed. */
  broke(error: unknown): void
  /** Where tasks come from, if not from their modules. */
  readonly load?: LoadTask
  readonly findContext?: (ref: ContextRef) => Promise<ContextDefinition>
}
