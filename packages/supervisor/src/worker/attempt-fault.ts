/**
 * Why an attempt failed, as the parent is told: made of what was thrown, or of what kept its task from being loaded.
 */
import { types } from "node:util"
import { Task } from "@holdfast/core"
import { describeError } from "../protocol/error-description.ts"
import { stackOf } from "../protocol/error-facts.ts"
import type { AttemptFault } from "../protocol/messages.ts"
import { provideText } from "../protocol/own-text.ts"
import { wordsOf } from "../protocol/thrown-words.ts"
import { encodeBatch, Unserializable } from "../protocol/values.ts"
import { heldExitOf } from "./held-exits.ts"
import { Abandoned, type JobScope } from "./job-scope.ts"
import { NotLoaded } from "./loading.ts"
import { Interrupted, SchemaMismatch, spansOf, TypedFailure } from "./runnable.ts"
import { issueText } from "./schema-issue.ts"

provideText(issueText)

/** What a throw says of its attempt. Never throws. */
export const faultOf = (thrown: unknown, scope: JobScope): AttemptFault => {
  try {
    return faultOfKnown(thrown, scope)
  } catch {
    // A proxy whose traps throw does so when it is asked for its class.
    return { _tag: "Threw", error: describeError(thrown), final: false }
  }
}

const faultOfKnown = (thrown: unknown, scope: JobScope): AttemptFault => {
  if (thrown instanceof Abandoned) return thrown.fault
  if (scope.fault !== undefined) return scope.fault
  if (scope.cancelled) return { _tag: "Cancelled" }
  if (thrown instanceof SchemaMismatch) {
    const facts = { message: thrown.error.message, error: describeError(thrown.error) }
    return thrown.side === "input" ? { _tag: "BadInput", ...facts } : { _tag: "InvalidOutput", ...facts }
  }
  if (thrown instanceof Unserializable) return { _tag: "NotSerializable", path: thrown.path, message: thrown.message }
  if (thrown instanceof TypedFailure) {
    const { error, final } = Task.unwrapAbort(thrown.error)
    const encoded = thrown.isEncoded ? encodeBatch([thrown.encoded]) : undefined
    if (encoded === undefined || encoded.refused !== undefined)
      return { _tag: "Typed", error: describeError(error), encoded: undefined, final, ...spansOf(thrown) }
    const bytes = Buffer.concat([Buffer.of(encoded.kind), encoded.bytes])
    const stack = error instanceof Error ? stackOf(error) : undefined
    return { _tag: "Typed", error: undefined, encoded: bytes, final, stack, ...spansOf(thrown) }
  }
  const cause =
    thrown instanceof Interrupted
      ? new Error("the Effect was interrupted, though nobody had cancelled its job")
      : thrown
  const { error, final } = Task.unwrapAbort(cause)
  return { _tag: "Threw", error: describeError(error), final, ...spansOf(thrown) }
}

/** What a task's module threw, how it exited, or what is wrong with its export. Never throws. */
export const faultOfLoading = (thrown: unknown): AttemptFault => {
  const exit = heldExitOf(thrown)
  if (exit !== undefined) return exit
  const words = wordsOf(thrown)
  // What was thrown may be a proxy whose traps throw.
  const isOurs = !types.isProxy(thrown) && thrown instanceof NotLoaded
  const message = isOurs ? words : `importing its module failed: ${words}`
  return { _tag: "NotLoaded", message, error: describeError(thrown) }
}
