/**
 * Consecutive jobs of one lane as they were sent to one worker, and how far it has come with them. A worker
 * runs a chunk's jobs in order, so one number tells which are done.
 */
import { keepShape } from "../protocol/kept-shapes.ts"
import { partOf, type ValueList } from "../protocol/value-list.ts"
import type { JobLogs } from "../reporting/JobLogs.ts"
import type { Lane } from "./Lane.ts"
import type { Piece } from "./Piece.ts"

export class Chunk {
  readonly id: number
  readonly lane: Lane
  /** Index of the first job. */
  readonly base: number
  readonly inputs: ValueList
  readonly attempt: number
  /** Whose its jobs are, where they were dealt out beforehand. */
  readonly seat: number | undefined
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number = Date.now()
  /** Jobs that belong to it; fewer after some were taken back. */
  count: number
  /** Offset of the first job that is not done. */
  next = 0
  /** Time its jobs took so far, and those of the last answer. */
  busyMs = 0
  answeredMs = 0
  /** Whether its worker must load its task before it can begin. */
  loads = false
  /** Offset of the last job that said it can end by itself when cancelled. */
  cancellable = -1
  /** The last sign of life that one of its jobs gave. */
  beat: { readonly offset: number; readonly at: number } | undefined
  /** Offsets of jobs that were settled while they ran here: what their worker says of them counts no more. */
  readonly forsaken = new Set<number>()
  /** Answers that wait for what their jobs had printed. */
  unread = 0
  /** What its jobs have printed, by offset. */
  logs: Map<number, JobLogs> | undefined
  /** When its job has begun, by the parent's clock: known of each of those that run at once. */
  startedAt: number | undefined
  /** Since when the job at `next` can have been running, by the parent's clock. */
  since: number

  constructor(fields: Pick<Chunk, "id" | "lane" | "base" | "inputs" | "attempt" | "since" | "seat">) {
    this.id = fields.id
    this.lane = fields.lane
    this.base = fields.base
    this.inputs = fields.inputs
    this.attempt = fields.attempt
    this.seat = fields.seat
    this.since = fields.since
    this.count = fields.inputs.length
  }

  /** Whether its jobs may run beside others, each in a chunk of its own. */
  get beside(): boolean {
    return this.lane.call.concurrency > 1
  }

  get finished(): boolean {
    return this.next >= this.count
  }

  /** Takes jobs from `offset` on out of it, as a piece that waits again. */
  cut(offset: number): Piece {
    const inputs = partOf(this.inputs, offset, this.count)
    this.count = Math.min(this.count, offset)
    return { base: this.base + offset, inputs, attempt: this.attempt, seat: this.seat }
  }
}

const like = new Chunk({
  id: 0,
  lane: undefined as never,
  base: 0,
  inputs: [],
  attempt: 1,
  since: 0.5,
  seat: undefined
})
like.busyMs = 0.5
like.answeredMs = 0.5
keepShape(like)
