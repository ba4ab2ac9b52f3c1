/**
 * What was thrown in a few words, to be part of a message: those of an error, or what kind of thing it is. Its fields are
 * left to the failure's `cause`, for no mask is at hand here. Not its description, which crosses: `error-reading.ts`.
 */
import { boundedText, messageOf, nameOf, readProperty } from "./error-facts.ts"
import { isError } from "./native-errors.ts"
import { ownText } from "./own-text.ts"
import { previewOf } from "./preview.ts"

const wordsFor = (object: object): string => {
  // An error may say nothing but what it is, as a tagged one does.
  if (isError(object)) return messageOf(object) || nameOf(object, "Error")
  const text = ownText(object)
  if (text !== undefined) return text
  const tag = readProperty(object, "_tag")
  return typeof tag === "string" && tag !== "" ? boundedText(tag) : `an object (${nameOf(object, "Object")})`
}

/** What a schema has failed with, as an error. Of one that waits for something Effect names a function that nobody here has called. */
export const schemaError = (failure: unknown): Error => {
  if (!(failure instanceof Error)) return new Error(wordsOf(failure))
  return readProperty(failure, "_tag") === "AsyncFiberError"
    ? new Error("it waits for something, and a task's schemas must say at once: let the task itself wait for it")
    : failure
}

/** Never throws. */
export const wordsOf = (thrown: unknown): string => {
  if (typeof thrown === "string") return boundedText(thrown)
  if (typeof thrown !== "object" || thrown === null) return previewOf(thrown)
  try {
    return wordsFor(thrown)
  } catch {
    // A proxy whose traps throw does so when it is asked for its class.
    return "an object that can't be read"
  }
}
