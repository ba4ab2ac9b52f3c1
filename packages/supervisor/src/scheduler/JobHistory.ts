/** What is remembered of a job that was tried before: by its lane, until the lane ends. */
import type { Attempt } from "@holdfast/core"
import type { JobLogs } from "../reporting/JobLogs.ts"

export class JobHistory {
  readonly input: unknown
  readonly attempts: Array<Attempt> = []
  /** What each of them has printed. */
  readonly logs: Array<JobLogs> = []
  crashes = 0
  checkpoint: Uint8Array | undefined
  /** The checkpoint that the attempt which runs began with. */
  resumed: Uint8Array | undefined

  constructor(input: unknown) {
    this.input = input
  }

  /** False of one whose first attempt has a checkpoint, and is not over. */
  get wasTried(): boolean {
    return this.attempts.length > 0
  }
}
