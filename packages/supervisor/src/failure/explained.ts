/** What all explanations of a failed attempt share: their shape, how they name its job, and how an error gets its stack. */
import type { Frame, InvalidOptions, JobError, JobSummary } from "@holdfast/core"
import type { SpanPlace } from "../protocol/messages.ts"
import type { CallSite } from "./call-site.ts"
import { readField, rememberOrigin } from "./evidence.ts"
import { giveStack } from "./lazy-stack.ts"

/** A failed attempt, explained. */
export interface Explained {
  readonly error: unknown
  /** Its `_tag` or name, for the attempt's record. */
  readonly label: string
  /** The task said, or the nature of the failure says, that trying again is of no use. */
  readonly final: boolean
}

export const named = (job: JobSummary): string =>
  `task ${JSON.stringify(job.task)} (job ${job.key}, input ${job.inputPreview})`

/** Its stack, and what that is made of once it is read: `thrown` has the worker's frames. */
export const withFrames = <E extends object>(
  error: E,
  thrown: unknown,
  callSite: CallSite | undefined,
  spans?: ReadonlyArray<SpanPlace>
): E => {
  rememberOrigin(error, { thrown, callSite, spans })
  giveStack(error)
  return error
}

const label = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return typeof error
  const tag = readField(error, "_tag")
  if (typeof tag === "string") return tag
  const name = error instanceof Error ? readField(error, "name") : undefined
  return typeof name === "string" ? name : typeof error
}

export const explained = (error: unknown, final: boolean): Explained => ({ error, label: label(error), final })

/** Gives a failure its stack: the parent's call site, and where its worker was, if that is known. */
export const calledFrom = <E extends JobError | InvalidOptions>(
  error: E,
  callSite: CallSite | undefined,
  frames?: ReadonlyArray<Frame>
): E => {
  withFrames(error, undefined, callSite)
  if (frames !== undefined) rememberOrigin(error, { thrown: undefined, callSite, frames })
  return error
}
