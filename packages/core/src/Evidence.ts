/**
 * What is known of a failure beyond its message, and the seat of whoever finds and prints it. Core is pure: reading
 * files and stacks is the supervisor's, which provides it here. Not the failures themselves.
 */
import type { Frame } from "./Whereabouts.ts"

/** The lines around a failing one, which is marked with `>`, its column with a caret on a line of its own. */
export interface SourceExcerpt {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly excerpt: string
}

/** A span that an Effect was in when it failed, and where the code entered it, if that is known. */
export interface FailedSpan {
  readonly name: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** Where a failure happened and where its job was asked for. Frames are the user's own, innermost first. */
export interface Evidence {
  /** Where it happened in the worker, in the sources as they were written. */
  readonly frames: ReadonlyArray<Frame>
  /** The source about the innermost frame; undefined where it can't be read. */
  readonly source: SourceExcerpt | undefined
  /** The spans of a failed Effect, innermost first. */
  readonly spans: ReadonlyArray<FailedSpan>
  /** Where the program asked for the job. */
  readonly calledFrom: ReadonlyArray<Frame>
  /** Set where `calledFrom` is of a call shortly before this one: of a loop that submits thousands, few are looked at. */
  readonly calledNearby?: true
}

/** How a failure is printed. */
export interface ExplainOptions {
  /** Default: whether stderr is a terminal that wants them. */
  readonly colours?: boolean | undefined
  /**
   * Stands in place of the first line, which has the error's name and message. For whoever tells himself which job it
   * was, and what for: the call in the program and the job are left out.
   */
  readonly title?: string | undefined
}

/** Finds and prints. Neither may throw. */
export interface EvidenceSource {
  readonly find: (error: object) => Evidence
  readonly print: (error: unknown, options: ExplainOptions) => string
}

const NOTHING: Evidence = { frames: [], source: undefined, spans: [], calledFrom: [] }

let provided: EvidenceSource | undefined

/** For the supervisor: who finds and prints. */
export const provideEvidence = (source: EvidenceSource): void => {
  provided = source
}

/**
 * Where an error happened that came out of a pool, and where its job was asked for: also of a task's own typed errors,
 * and of causes. Looked up when it is first asked for, then kept. Empty for what never was in a pool. Never throws.
 *
 * @example
 * try { await pool.run(parse, "a.pdf") } catch (error) { console.log(evidenceOf(error).frames[0]?.line) }
 */
export const evidenceOf = (error: unknown): Evidence =>
  (typeof error === "object" && error !== null) || typeof error === "function"
    ? (provided?.find(error) ?? NOTHING)
    : NOTHING

const plainly = (error: unknown): string => {
  try {
    return error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error)
  } catch {
    return "an error that can't be shown"
  }
}

/**
 * The full printed form of an error that came out of a pool, the task's own typed errors included: message, frames in
 * the worker with their source, spans, causes, the call in the program, the job and what it printed last. Never throws.
 *
 * @example
 * try { await pool.run(parse, "a.pdf") } catch (error) { console.error(explain(error)) }
 */
export const explain = (error: unknown, options: ExplainOptions = {}): string =>
  provided === undefined ? plainly(error) : provided.print(error, options)
