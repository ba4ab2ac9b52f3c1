/**
 * Which evidence Node itself is to leave when a worker dies: the option `evidence`, and the flags it comes to. Off by
 * default, for it takes time and room; what becomes of the files is `reports/`.
 */
import type { OptionProblem } from "@holdfast/core"
import { makeDirectory } from "../reports/make-directory.ts"
import { type Check, fields, flag, type Refused, refused } from "./Check.ts"
import { received } from "./received.ts"

/** What Node is to leave beside the report of a worker's death. */
export interface NodeEvidence {
  /** Node's diagnostic report on a fatal error: native stack, heap spaces, open handles. Some 50 kB. */
  readonly diagnosticReport?: boolean
  /** A heap snapshot shortly before the heap is full, for Chrome's memory panel. May take seconds, and as much room as the heap. */
  readonly heapSnapshot?: boolean
}

const given = fields(
  "{ diagnosticReport?, heapSnapshot? }",
  "an object such as { diagnosticReport: true, heapSnapshot: true }",
  { diagnosticReport: flag, heapSnapshot: flag }
)

export const evidence: Check<NodeEvidence, Required<NodeEvidence>, ""> = {
  type: given.type,
  expected: given.expected,
  suffix: "",
  read: (value, at, problems): Required<NodeEvidence> | Refused => {
    const out = given.read(value, at, problems)
    if (out === refused) return refused
    return Object.freeze({ diagnosticReport: out.diagnosticReport ?? false, heapSnapshot: out.heapSnapshot ?? false })
  }
}

/** Node's flags for a worker that is to leave evidence in a directory. */
export const evidenceFlags = (
  wanted: Required<NodeEvidence> | undefined,
  directory: string | undefined
): ReadonlyArray<string> => {
  if (directory === undefined || wanted === undefined || !(wanted.diagnosticReport || wanted.heapSnapshot)) return []
  try {
    // Node writes to a directory that is there, or nowhere.
    makeDirectory(directory, 0o700)
  } catch {
    // The first report says that it can't be written to.
  }
  // Variables hold secrets. `--diagnostic-dir` is not heeded by reports.
  const report = ["--report-on-fatalerror", "--report-exclude-env", `--report-directory=${directory}`]
  const snapshot = ["--heapsnapshot-near-heap-limit=1", `--diagnostic-dir=${directory}`]
  return [...(wanted.diagnosticReport ? report : []), ...(wanted.heapSnapshot ? snapshot : [])]
}

/** What of it a pool can't keep: Node leaves evidence of processes alone, and in a directory. */
export const unkeptEvidence = (pool: {
  readonly evidence?: Required<NodeEvidence> | undefined
  readonly reports?: string | undefined
  readonly isolation: string
}): Array<OptionProblem> => {
  const { evidence: wanted, isolation, reports } = pool
  if (wanted === undefined || !(wanted.diagnosticReport || wanted.heapSnapshot)) return []
  const problem = (expected: string): Array<OptionProblem> => [
    { option: "evidence", expected, received: received(wanted) }
  ]
  if (reports === undefined) return problem("a directory to write it to, by the option reports")
  if (isolation !== "process")
    return problem(`none with isolation ${JSON.stringify(isolation)}: Node leaves it of processes`)
  return []
}
