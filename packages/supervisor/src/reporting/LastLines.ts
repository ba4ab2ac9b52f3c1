/**
 * The last lines of each job of one worker, and of the worker itself, within a bound: what a failure shows. A job's
 * lines go when it is forgotten, or when others have printed since and there is no more room. Not the log.
 */
import type { LastLogs } from "@holdfast/core"
import type { Owner } from "../protocol/output-marker.ts"

export type StreamName = "stdout" | "stderr"

/** Of each stream of a job. */
export const JOB_LINES = 20
/** Of each stream of a worker: V8 prints up to some thirty frames behind the line that says it is out of memory. */
export const WORKER_LINES = 60
/** A longer line is cut. */
const MAX_LINE = 4 * 1024
const MAX_JOBS = 1024
/** Characters, over all jobs. */
const MAX_TOTAL = 2 * 1024 * 1024

interface Kept extends Owner {
  readonly stdout: Array<string>
  readonly stderr: Array<string>
  size: number
}

/** At most so much of it; never a view of the whole, which would keep that alive. */
export const shortened = (line: string): string =>
  line.length <= MAX_LINE
    ? line
    : `${Buffer.from(line.slice(0, MAX_LINE)).toString()}… (${line.length - MAX_LINE} more)`

const keyOf = ({ chunkId, offset }: Owner): string => `${chunkId}:${offset}`

export class LastLines {
  readonly #worker: Record<StreamName, Array<string>> = { stdout: [], stderr: [] }
  /** The one that printed longest ago comes first. */
  readonly #jobs = new Map<string, Kept>()
  #latest: Kept | undefined
  #total = 0

  /** Keeps a line of a job or, undefined, of the worker alone. */
  add(stream: StreamName, owner: Owner | undefined, text: string): void {
    const line = shortened(text)
    const ofWorker = this.#worker[stream]
    if (ofWorker.push(line) > WORKER_LINES) ofWorker.shift()
    if (owner === undefined) return
    const kept = this.#of(owner)
    const lines = kept[stream]
    let growth = line.length
    if (lines.push(line) > JOB_LINES) growth -= lines.shift()?.length ?? 0
    kept.size += growth
    this.#total += growth
    if (this.#total > MAX_TOTAL || this.#jobs.size > MAX_JOBS) this.#makeRoom()
  }

  ofJob(owner: Owner): LastLogs {
    const kept = this.#jobs.get(keyOf(owner))
    return { stdout: [...(kept?.stdout ?? [])], stderr: [...(kept?.stderr ?? [])] }
  }

  ofWorker(stream: StreamName): Array<string> {
    return [...this.#worker[stream]]
  }

  forget(owner: Owner): void {
    const kept = this.#jobs.get(keyOf(owner))
    if (kept !== undefined) this.#drop(kept)
  }

  forgetChunk(chunkId: number): void {
    for (const kept of this.#jobs.values()) if (kept.chunkId === chunkId) this.#drop(kept)
  }

  #of(owner: Owner): Kept {
    const latest = this.#latest
    if (latest !== undefined && latest.chunkId === owner.chunkId && latest.offset === owner.offset) return latest
    const key = keyOf(owner)
    const kept = this.#jobs.get(key) ?? { ...owner, stdout: [], stderr: [], size: 0 }
    this.#jobs.delete(key)
    this.#jobs.set(key, kept)
    this.#latest = kept
    return kept
  }

  #makeRoom(): void {
    for (const kept of this.#jobs.values()) {
      if (kept === this.#latest || (this.#total <= MAX_TOTAL && this.#jobs.size <= MAX_JOBS)) return
      this.#drop(kept)
    }
  }

  #drop(kept: Kept): void {
    this.#jobs.delete(keyOf(kept))
    this.#total -= kept.size
    if (this.#latest === kept) this.#latest = undefined
  }
}
