/**
 * What Effect says of a schema's issue: the cause of what its `Schema.Class` throws, an object that has no text of its
 * own. Effect's words for it are loaded when there is one: whoever made it has loaded them already.
 */
import { createRequire } from "node:module"

const ISSUE = "~effect/SchemaIssue/Issue"

type SchemaIssue = typeof import("effect/SchemaIssue")

/** Undefined for what is no issue, or of an Effect that says otherwise. Never throws. */
export const issueText = (object: object): string | undefined => {
  try {
    if (!(ISSUE in object)) return undefined
    const { makeFormatterDefault } = createRequire(import.meta.url)("effect/SchemaIssue") as SchemaIssue
    return makeFormatterDefault()(object as Parameters<ReturnType<SchemaIssue["makeFormatterDefault"]>>[0])
  } catch {
    return undefined
  }
}
