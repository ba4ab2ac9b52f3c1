/**
 * Anything that was thrown as plain bounded data, and back; and the same for errors inside values. The door to the
 * files that do it, and no more. Not how a thrown value becomes a failure of a job: that is for those who received it.
 */
import { types } from "node:util"
import { describeError } from "./error-reading.ts"
import { restoreError } from "./error-restoring.ts"
import type { ErrorDescription } from "./error-shape.ts"
import { isError } from "./native-errors.ts"
import type { Substitution } from "./substitute.ts"

export type { ErrorDescription } from "./error-shape.ts"
export { describeError, restoreError }

/** Lets errors inside values cross: v8 alone would drop their own properties. */
export const errorSubstitution: Substitution = {
  tag: 1,
  views: false,
  matches: (object) => types.isNativeError(object) || isError(object),
  encode: (object) => describeError(object),
  decode: (description) => {
    const restored = restoreError(description as ErrorDescription)
    return typeof restored === "object" && restored !== null ? restored : new Error(String(restored))
  }
}
