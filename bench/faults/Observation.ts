/**
 * What a trial saw: plain data, passed from the parent that plays the scene to the runner that watches it, and kept as
 * JSON. Judges nothing: that is `verdict.ts`.
 */

/** What came of one promise. */
export type Settled =
  | { readonly state: "value"; readonly value: string; readonly right: boolean }
  | { readonly state: "failed"; readonly said: string }
  | { readonly state: "pending" }

/** One thing that an error should tell or may tell, and whether it does. */
export interface Told {
  readonly what: string
  readonly needed: boolean
  readonly told: boolean
}

/** What the parent says while it plays, one at a time, so that what it saw before it died is known. */
export type Observation =
  | { readonly at: "playing" }
  | { readonly at: "job"; readonly settled: Settled; readonly told: ReadonlyArray<Told>; readonly ms: number }
  | { readonly at: "bystanders"; readonly settled: ReadonlyArray<Settled> }
  | { readonly at: "next"; readonly settled: Settled }
  | { readonly at: "heard"; readonly text: string }
  /** The job runs: the runner is to kill the parent. */
  | { readonly at: "kill-me" }
  | { readonly at: "closed"; readonly settled: Settled }

/** How the parent ended. */
export interface ParentEnd {
  /** `killed`: by the runner, as the scene wants; `overdue`: by the runner's watchdog. */
  readonly how: "exited" | "died" | "killed" | "overdue"
  readonly exitCode: number | null
  readonly signal: string | null
  /** Its last words on stderr, where it died. */
  readonly said: string
}

export interface Trial {
  readonly pool: string
  readonly fault: string
  /** Why it was not tried. */
  readonly skipped: string | undefined
  readonly observations: ReadonlyArray<Observation>
  /** Times that each job was started, by its label. */
  readonly starts: Readonly<Record<string, number>>
  /** Of the lines that were printed before a death, how many came out of the parent, and whether the last did. */
  readonly lines: number
  /** Whether what the parent printed, on both streams, has the fault's words. */
  readonly printed: boolean
  readonly parent: ParentEnd
  /** Processes that outlived the parent by 2 s. */
  readonly orphans: number
  readonly ms: number
  /** Why this is the second of two tries (`run.ts`). */
  readonly triedAgain?: string
}
