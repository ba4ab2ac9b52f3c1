/**
 * Turns a fault that a living worker told of into the one failure its caller sees. Pure: facts in, error out. Not what
 * a worker's end comes to, which is `explain-crash.ts`, nor whether the job is tried again.
 */
import {
  attachJob,
  InvalidInput,
  InvalidOutput,
  JobCancelled,
  JobStuck,
  type JobSummary,
  NotSerializable,
  TaskNotLoaded,
  TaskThrew,
  WorkerCrashed
} from "@holdfast/core"
import { restoreError } from "../protocol/error-description.ts"
import { stackOf } from "../protocol/error-facts.ts"
import type { AttemptFault } from "../protocol/messages.ts"
import { wordsOf } from "../protocol/thrown-words.ts"
import type { CallSite } from "./call-site.ts"
import { rememberOrigin } from "./evidence.ts"
import { calledFrom, type Explained, explained, named, withFrames } from "./explained.ts"
import { folded, foldedBelow } from "./folded-stacks.ts"
import { loadingAdvice } from "./loading-advice.ts"
import { maskOf } from "./mask-of.ts"
import { mappedResource, ownFrames } from "./own-frames.ts"
import { framesOfStack, placeOfSyntax } from "./stack-frames.ts"
import { valueText } from "./value-text.ts"
import { place, resourceName } from "./whereabouts.ts"

const headline = (thrown: unknown, job: JobSummary): string => {
  // Leaves out a name or a message that is empty. Not a class's own, which may say anything.
  if (thrown instanceof Error) return Error.prototype.toString.call(thrown) || "an error without name and message"
  return typeof thrown === "string" ? JSON.stringify(thrown) : valueText(thrown, 300, maskOf(job))
}

/** Effect says so of a service that is asked for and not there. */
const NO_SERVICE = /^Service not found: /

/** What is to be done about it, which Effect can't know. */
const remedyOf = (cause: unknown): string =>
  cause instanceof Error && NO_SERVICE.test(cause.message)
    ? "; a task's services are what its pool's option context provides"
    : ""

/** Where a module can't be parsed or linked, which may be one that the task's own imports. */
export const unparsedAt = (thrown: unknown): string => {
  const place = thrown instanceof Error ? placeOfSyntax(thrown.stack ?? "") : undefined
  return place === undefined ? "" : ` (at ${place.file}:${place.line})`
}

/** Of a task's own error that its worker could read, and the program can't: the decoding may go by what each has for itself. */
const unreadError = (
  { final, spans, stack }: Extract<AttemptFault, { readonly _tag: "Typed" }>,
  problem: Error,
  job: JobSummary,
  callSite: CallSite | undefined
): Explained => {
  const cause = folded(problem, true)
  const message = `${named(job)} failed with an error that could not be read by its error schema: ${wordsOf(cause)}`
  return explained(withFrames(new InvalidOutput(message, job, { cause }), stack, callSite, spans), final)
}

/**
 * A fault that a living worker told of. `decodeTyped` restores an error written by the task's error schema; it throws an
 * error where that can't be done.
 */
export const explainFault = (
  fault: AttemptFault,
  job: JobSummary,
  callSite: CallSite | undefined,
  decodeTyped: (encoded: Uint8Array) => unknown
): Explained => {
  switch (fault._tag) {
    case "Threw": {
      const cause = folded(restoreError(fault.error), true)
      return explained(
        withFrames(
          new TaskThrew(`${named(job)} threw ${headline(cause, job)}${remedyOf(cause)}`, job, { cause }),
          cause,
          callSite,
          fault.spans
        ),
        fault.final
      )
    }
    case "Typed": {
      let error: unknown
      try {
        if (fault.encoded !== undefined) error = decodeTyped(fault.encoded)
        else if (fault.error !== undefined) error = restoreError(fault.error)
      } catch (problem) {
        return unreadError(fault, problem as Error, job, callSite)
      }
      attachJob(error, job)
      // Of one that its schema has made anew the stack would lead into the decoding.
      const thrown = fault.stack ?? (error instanceof Error ? stackOf(error) : undefined)
      if (typeof error === "object" && error !== null) {
        if (error instanceof Error) withFrames(foldedBelow(error), thrown, callSite, fault.spans)
        else rememberOrigin(error, { thrown, callSite, spans: fault.spans })
      }
      return explained(error, fault.final)
    }
    case "NotSerializable": {
      const path = `result${fault.path}`
      const message = `the result of ${named(job)} can't be sent back: ${path} ${fault.message}`
      return explained(
        withFrames(new NotSerializable(message, job, { side: "output", path }), undefined, callSite),
        true
      )
    }
    case "BadInput": {
      const cause = folded(restoreError(fault.error), true)
      const message = `the input of ${named(job)} could not be read by the worker: ${fault.message}`
      return explained(withFrames(new InvalidInput(message, job, { cause }), cause, callSite), true)
    }
    case "InvalidOutput": {
      const cause = folded(restoreError(fault.error), true)
      const message = `the result of ${named(job)} does not fit the task's output schema: ${fault.message}`
      return explained(withFrames(new InvalidOutput(message, job, { cause }), cause, callSite), true)
    }
    case "NotLoaded": {
      const thrown = restoreError(fault.error)
      const cause = folded(thrown, true)
      const where = fault.message.includes(job.module) ? "" : ` of ${job.module}`
      const why = `${fault.message}${unparsedAt(thrown)}${loadingAdvice(cause)}`
      const message = `task ${JSON.stringify(job.task)}${where} could not be loaded: ${why}`
      return explained(withFrames(new TaskNotLoaded(message, job, { cause }), cause, callSite), true)
    }
    case "Stuck": {
      const waitingOn = fault.waitingOn.map(mappedResource)
      const message =
        `${named(job)} waits for something that can never happen: its worker's event loop has nothing left that could wake it` +
        (waitingOn.length > 0 ? ` (open: ${waitingOn.map(resourceName).join(", ")})` : "")
      return explained(withFrames(new JobStuck(message, job, waitingOn), undefined, callSite), false)
    }
    case "Exited": {
      const frames = ownFrames(framesOfStack(fault.stack))
      const [top] = frames
      const where = top === undefined ? "" : ` in ${place(top)}`
      const begins = fault.loading ? " as its module was loaded" : ""
      const beside = `while other jobs ran beside it: its worker (worker ${job.worker}, pid ${job.pid}) ends once they are done`
      const message = `${named(job)} called process.exit(${fault.exitCode})${where}${begins} ${beside}`
      const facts = { reason: "exit", exitCode: fault.exitCode } as const
      return explained(calledFrom(new WorkerCrashed(message, job, facts), callSite, frames), false)
    }
    case "Cancelled":
      return explained(withFrames(new JobCancelled(`${named(job)} was cancelled`, job), undefined, callSite), true)
    default:
      return fault satisfies never
  }
}
