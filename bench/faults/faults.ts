/**
 * The faults, one entry each: which job is run in which scene, what ought to come of it, and what its error should
 * tell. Plain data; the same for all pools.
 */
import { constants } from "node:os"
import type { SceneName } from "./scenes.ts"

/** Something to look for in what the caller was told, its stack, fields and causes included. */
export interface Fact {
  readonly what: string
  readonly holds: (text: string, error: unknown) => boolean
  /** Without it, information was lost; else it is only noted. */
  readonly needed: boolean
}

export interface Fault {
  readonly id: string
  readonly title: string
  readonly scene: SceneName
  readonly job: string
  readonly input: () => unknown
  /** What ought to come of the job itself. */
  readonly wanted: "failure" | "value" | "either"
  /** The value, where one is wanted. */
  readonly value?: unknown
  readonly timeoutMs?: number
  readonly heapMB?: number
  readonly work?: "broken"
  readonly facts: ReadonlyArray<Fact>
  /** What may be told by an event of the pool or in the parent's output, where no job's error must tell it. */
  readonly aside?: RegExp
  /** Lines that the job prints before it dies. */
  readonly lines?: number
  /** It ends a whole process, and threads have none of their own. */
  readonly native?: boolean
  /** Why, on threads, it can't be tried. */
  readonly processesOnly?: string
}

const needs = (what: string, pattern: RegExp): Fact => ({ what, holds: (text) => pattern.test(text), needed: true })
const notes = (what: string, pattern: RegExp): Fact => ({ ...needs(what, pattern), needed: false })
const anError: Fact = { what: "an Error", holds: (_, error) => error instanceof Error, needed: true }
const nothing = (): undefined => undefined

const SITE = /work\/faulty\.ts:\d+/
const exitCode = (code: number): Fact =>
  needs("exit code", new RegExp(`exit\\w*\\W{1,20}${code}\\b|code\\W{1,20}${code}\\b`, "i"))

type Beside = Pick<Fault, "id" | "title" | "job" | "facts"> & Partial<Fault>

/** A job with a fault, others at work beside it and in the queue behind it. */
const beside = (fault: Beside): Fault => ({ scene: "beside", input: nothing, wanted: "failure", ...fault })

const signalled = (signal: NodeJS.Signals, title: string): Fault =>
  beside({
    id: signal,
    title,
    job: "signalsItself",
    // As a number, so that nobody is credited for repeating the input.
    input: () => constants.signals[signal],
    facts: [needs("signal", new RegExp(signal))],
    native: true
  })

export const LINES = 5000

export const faults: ReadonlyArray<Fault> = [
  // The control: what is wrong here has nothing to do with faults.
  beside({
    id: "none",
    title: "does nothing wrong",
    job: "double",
    input: () => 21,
    wanted: "value",
    value: 42,
    facts: []
  }),
  beside({
    id: "throws",
    title: "throws a RangeError with a code",
    job: "throws",
    facts: [
      anError,
      needs("class", /RangeError/),
      needs("message", /boom 7/),
      needs("code", /E_BOOM/),
      needs("its line", SITE)
    ]
  }),
  beside({ id: "throws-undefined", title: "throws `undefined`", job: "throwsUndefined", facts: [] }),
  beside({
    id: "rejects",
    title: "rejects with an error of its own class, with fields and a cause",
    job: "rejects",
    facts: [
      anError,
      needs("class", /OrderError/),
      needs("fields", /4711[\s\S]*sku-12/),
      needs("cause", /inner cause/),
      needs("its line", SITE)
    ]
  }),
  beside({ id: "exit-0", title: "`process.exit(0)`", job: "exits", input: () => 0, facts: [exitCode(0)] }),
  beside({ id: "exit-3", title: "`process.exit(3)`", job: "exits", input: () => 3, facts: [exitCode(3)] }),
  beside({ id: "abort", title: "`process.abort()`", job: "aborts", facts: [needs("how", /SIGABRT|process\.abort/)] }),
  signalled("SIGKILL", "is killed (SIGKILL)"),
  signalled("SIGSEGV", "crashes natively (SIGSEGV)"),
  beside({
    id: "heap",
    title: "fills its heap of 48 MB",
    job: "overflowsHeap",
    heapMB: 48,
    facts: [needs("memory", /memory/i), notes("limit", /\b(48|50331648)\b/)]
  }),
  beside({
    id: "spins",
    title: "loops for ever, time limit 1 s",
    job: "spins",
    timeoutMs: 1000,
    facts: [needs("time limit", /time|abort/i), notes("the line of the loop", SITE)]
  }),
  beside({
    id: "never-settles",
    title: "a promise that can never settle, no time limit",
    job: "neverSettles",
    facts: [needs("why", /settle|stuck|never|pending|wake/i)]
  }),
  beside({
    id: "rejects-beside",
    title: "an unhandled rejection while the job runs",
    job: "rejectsBeside",
    wanted: "either",
    aside: /rejected beside/,
    facts: [needs("the rejection", /rejected beside/)]
  }),
  {
    id: "throws-late",
    title: "throws after its end, while the next job runs",
    scene: "late",
    job: "throwsLater",
    input: () => 150,
    wanted: "value",
    value: "finished",
    facts: [],
    aside: /thrown too late/
  },
  beside({
    id: "argument",
    title: "an argument that can't be serialised",
    job: "takes",
    input: () => ({ callback: () => 1 }),
    facts: [needs("why", /clone|seriali/i), notes("where in it", /callback[^=(]*$/m)]
  }),
  beside({
    id: "result",
    title: "a result that can't be serialised",
    job: "givesFunction",
    facts: [needs("why", /clone|seriali/i), notes("where in it", /callback[^=(]*$/m)]
  }),
  {
    id: "import",
    title: "its module throws at import",
    scene: "broken",
    job: "double",
    input: () => 21,
    wanted: "failure",
    work: "broken",
    facts: [needs("the module's error", /broken at import/)]
  },
  beside({ id: "export", title: "no such function", job: "nope", facts: [needs("its name", /nope/)] }),
  beside({
    id: "flood",
    title: `prints ${LINES} lines, then \`process.exit(3)\``,
    job: "floods",
    input: () => LINES,
    facts: [exitCode(3)],
    lines: LINES
  }),
  {
    id: "batch",
    title: "20 jobs, one of which exits",
    scene: "batch",
    job: "squareUnlessPoison",
    input: nothing,
    wanted: "failure",
    facts: [exitCode(3)]
  },
  {
    id: "idle",
    title: "a worker is killed while idle",
    scene: "idle",
    job: "double",
    input: () => 21,
    wanted: "value",
    value: 42,
    facts: [],
    processesOnly: "nobody can kill a thread from outside"
  },
  {
    id: "parent",
    title: "the parent is killed while a worker loops",
    scene: "orphaned",
    job: "spins",
    input: nothing,
    wanted: "failure",
    facts: []
  }
]
