/**
 * Both directions of the wire, in one file that both ends import: every message there is. Their bytes are
 * `encoding.ts`, those of user values `values.ts`.
 */
import type { Resource } from "@holdfast/core"
import type { ErrorDescription } from "./error-description.ts"
import type { PayloadKind } from "./values.ts"

/** First message to a worker: what it is. */
export interface Configure {
  readonly _tag: "Configure"
  readonly workerId: number
  /** Key of the in-band output markers. */
  readonly outputNonce: string
  readonly contexts: ReadonlyArray<{ readonly module: string; readonly name: string }>
  readonly preload: ReadonlyArray<string>
  /** How long a task's module may take to load. */
  readonly loadTimeoutMs: number
  /** Which build of Holdfast sends this. */
  readonly build: string
  /** The program's own arguments, without its file. */
  readonly argv: ReadonlyArray<string>
}

/** A task, said once to each worker before its first job. */
export interface Define extends Definition {
  readonly _tag: "Define"
  readonly taskId: number
  /** What a chain is made of; the rest then says nothing. */
  readonly parts?: ReadonlyArray<Definition>
  /** To be loaded before any job of it comes, for it does a worker no harm. */
  readonly ahead?: boolean
}

/** No job of this task will come any more: nobody in the program has the task. */
export interface Forget {
  readonly _tag: "Forget"
  readonly taskId: number
}

/** Where a task is found; `bound` is an encoded batch of what `with` fixed. */
export interface Definition {
  readonly module: string
  readonly name: string
  readonly bare: boolean
  readonly boundCount: number
  readonly boundKind: PayloadKind
  readonly bound: Uint8Array
}

/** Jobs `base` to `base + count - 1` of a batch, to be run one after another. */
export interface Run {
  readonly _tag: "Run"
  readonly chunkId: number
  readonly taskId: number
  readonly base: number
  readonly count: number
  readonly attempt: number
  /** Single jobs of `run` and `submit`: each is number 0 to its task, whatever its place in the lane. */
  readonly single: boolean
  /** The next job will come right after: whoever has nothing to do waits for it awake. */
  readonly awake: boolean
  /** Its jobs have limits, each from its own start. */
  readonly timed: boolean
  readonly kind: PayloadKind
  readonly payload: Uint8Array
  readonly detail: RunDetail | undefined
}

/** What few runs need. */
export interface RunDetail {
  readonly keys?: ReadonlyArray<string>
  /** Jobs that may run at once where this one does; 1 unless said. */
  readonly concurrency?: number
  /** Encoded: what the last attempt gave to `checkpoint`. */
  readonly resumed?: Uint8Array
  /** Somebody takes what the job yields: at most so many values ahead of its `Credit`. */
  readonly partials?: number
}

/** Stop one job (`offset`), or, with -1, give back what of the chunk has not started. */
export interface Cancel {
  readonly _tag: "Cancel"
  readonly chunkId: number
  readonly offset: number
  /** With -1: nobody wants the chunk any more. The job that runs is stopped too, whichever it is by the time this is read. */
  readonly unwanted?: boolean
  readonly reason: ErrorDescription
}

/** So many more of the values that a job has yielded were taken. */
export interface Credit {
  readonly _tag: "Credit"
  readonly chunkId: number
  readonly offset: number
  readonly count: number
}

/** Asks what the worker's event loop waits on. */
export interface Inspect {
  readonly _tag: "Inspect"
  readonly id: number
}

/** Release contexts and end. */
export interface Shutdown {
  readonly _tag: "Shutdown"
}

/** The answer to a `SharedCall`: values in it are packed. */
export interface SharedReply {
  readonly _tag: "SharedReply"
  readonly id: number
  readonly error: { readonly reason: string; readonly message: string } | undefined
  readonly value: unknown
}

export type ToWorker = Configure | Define | Forget | Run | Cancel | Credit | Inspect | Shutdown | SharedReply

/** Contexts are built, jobs may come. */
export interface Ready {
  readonly _tag: "Ready"
  /** Bytes that V8 lets its heap have. */
  readonly heapLimit: number
}

/** It has been asked to end, and releases these contexts next; none where it has released all. */
export interface Releasing {
  readonly _tag: "Releasing"
  readonly names: ReadonlyArray<string>
}

/** Jobs `offset` to `offset + count - 1` of a chunk succeeded. */
export interface Values {
  readonly _tag: "Values"
  readonly chunkId: number
  readonly offset: number
  readonly count: number
  readonly kind: PayloadKind
  /** Time spent running them. */
  readonly busyMs: number
  /** The last output marker that was written before this; 0 for none. All that they had printed is before it. */
  readonly sync: number
  readonly payload: Uint8Array
}

/** A span that an Effect was in; `at` as V8 prints where it was entered. */
export interface SpanPlace {
  readonly name: string
  readonly at: string | undefined
}

/** How an attempt failed while its worker lived. */
export type AttemptFault =
  | {
      readonly _tag: "Threw"
      readonly error: ErrorDescription
      readonly final: boolean
      readonly spans?: ReadonlyArray<SpanPlace>
    }
  /** The task's own typed error; `encoded` where the task has an error schema. */
  | {
      readonly _tag: "Typed"
      readonly error: ErrorDescription | undefined
      readonly encoded: Uint8Array | undefined
      readonly final: boolean
      readonly spans?: ReadonlyArray<SpanPlace>
      /** Where the encoded error was made. */
      readonly stack?: string | undefined
    }
  | { readonly _tag: "NotSerializable"; readonly path: string; readonly message: string }
  | { readonly _tag: "BadInput"; readonly message: string; readonly error: ErrorDescription }
  | { readonly _tag: "InvalidOutput"; readonly message: string; readonly error: ErrorDescription }
  | { readonly _tag: "NotLoaded"; readonly message: string; readonly error: ErrorDescription }
  | { readonly _tag: "Stuck"; readonly waitingOn: ReadonlyArray<Resource> }
  /** It, or its module as that was loaded, called `process.exit` beside other jobs; its worker ends once those are done. */
  | { readonly _tag: "Exited"; readonly exitCode: number; readonly stack: string; readonly loading: boolean }
  | { readonly _tag: "Cancelled" }

/** A job failed. The worker has written output marker `sync` to both streams before it sent this. */
export interface Failed {
  readonly _tag: "Failed"
  readonly chunkId: number
  readonly offset: number
  readonly busyMs: number
  readonly sync: number
  readonly fault: AttemptFault
}

/** Jobs from `offset` on were not started and are given back. */
export interface Returned {
  readonly _tag: "Returned"
  readonly chunkId: number
  readonly offset: number
}

/** An error escaped: of the job at `chunkId`/`offset` where that can be told. The worker wants replacing. */
export interface Escaped {
  readonly _tag: "Escaped"
  readonly chunkId: number | undefined
  readonly offset: number | undefined
  /**
   * Whether that job runs still, and fails with it; not where it was cancelled, and has its failure. The parent can't
   * tell: results before it may be under way.
   */
  readonly running: boolean
  readonly error: ErrorDescription
}

/** What a running job says of itself. */
export interface Signal {
  readonly _tag: "Signal"
  readonly chunkId: number
  readonly offset: number
  readonly said:
    | { readonly _tag: "Progress"; readonly fraction: number; readonly message: string | undefined }
    | { readonly _tag: "Heartbeat" }
    | { readonly _tag: "Checkpoint"; readonly value: Uint8Array }
    /** One of several that its worker runs at once has begun: no mark can tell that of each of them. */
    | { readonly _tag: "Started" }
    /** It has yielded a value. */
    | { readonly _tag: "Partial"; readonly value: Uint8Array }
    /** The job has read its AbortSignal (or is an Effect), so it may end by itself when cancelled. */
    | { readonly _tag: "Cancellable" }
}

/** The answer to `Inspect`. */
export interface Waiting {
  readonly _tag: "Waiting"
  readonly id: number
  readonly waitingOn: ReadonlyArray<Waited>
  readonly heap: HeapReading
}

/** Something waited on, and the job it is for, where that is known. */
export interface Waited extends Resource {
  readonly owner?: { readonly chunkId: number; readonly offset: number }
  /** The number of the shared object that it waits for. */
  readonly object?: string
}

/** Bytes of JavaScript heap, and of buffers and the like beside it. */
export interface HeapReading {
  readonly used: number
  readonly limit: number
  readonly external: number
}

/** A running job calls a shared object. */
export interface SharedCall {
  readonly _tag: "SharedCall"
  readonly id: number
  readonly chunkId: number
  readonly offset: number
  readonly object: string
  readonly op: string
  /** Values among them are packed. */
  readonly args: ReadonlyArray<unknown>
}

/** A job that has called shared objects has ended, without having seen the answers to these calls. */
export interface SharedEnd {
  readonly _tag: "SharedEnd"
  readonly chunkId: number
  readonly offset: number
  readonly undelivered: ReadonlyArray<number>
}

/** The worker's context could not be built, or its watchdog not be started; it ends after this. */
export interface StartFailed {
  readonly _tag: "StartFailed"
  readonly message: string
  /** Whether the machine has no room for one more, rather than none for any. */
  readonly noRoom?: boolean
  readonly error: ErrorDescription
}

export type FromWorker =
  | Ready
  | Values
  | Failed
  | Returned
  | Escaped
  | Signal
  | Waiting
  | StartFailed
  | Releasing
  | SharedCall
  | SharedEnd
export type Message = ToWorker | FromWorker
