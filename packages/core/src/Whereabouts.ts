/**
 * Where a job is: the frames of a stack, what it waits on, what it does in native code. Facts that failures, events and
 * dumps share; who finds them is the supervisor.
 */

/** One frame of a captured stack; line and column count from 1. */
export interface Frame {
  readonly function: string
  readonly file: string
  readonly line: number
  readonly column: number
  /** Local variables, each described in at most a few hundred characters. */
  readonly locals?: Readonly<Record<string, string>>
}

/** Something a waiting job holds open, for example `tcp 127.0.0.1:5432`. */
export interface Resource {
  readonly kind: string
  readonly detail: string
  /** Where the job's own code asked for it, where that is known. */
  readonly openedAt?: Frame
  /** Who holds a lock that it waits for. */
  readonly heldBy?: LockHolder
}

/** Who holds a lock; what only jobs have is absent where the program itself holds it. */
export interface LockHolder {
  readonly task?: string
  /** The job's index in its call. */
  readonly index?: number
  readonly worker?: number
  readonly pid?: number | undefined
  /** For so many milliseconds. */
  readonly forMs: number
  /** Its holder waits, perhaps through others, for a lock that this job holds: none of them will ever go on. */
  readonly deadlock: boolean
}

/** What the system tells of a thread that runs no JavaScript. What it would not tell is absent. */
export interface NativeState {
  /** True: computing in native code. False: waiting in a system call. */
  readonly busy: boolean
  /** CPU time the thread used while it was watched, and for how long it was watched. */
  readonly cpuMs: number
  readonly overMs: number
  /** The system call it is in, for example `read`. */
  readonly syscall?: string
  /** The file, pipe or socket that the call is about. */
  readonly path?: string
  readonly descriptor?: number
  /** The newest child process, for a call that waits for one: `1234 sleep 10`. */
  readonly child?: string
  /** What the job's code had called that holds it up, where that was noted: `execSync`. */
  readonly call?: string
  /** Where its job was when it was last seen to run JavaScript, and how many milliseconds before. */
  readonly lastSeen?: { readonly frames: ReadonlyArray<Frame>; readonly agoMs: number }
}
