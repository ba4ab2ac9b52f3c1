/** What was thrown, or is the cause of a failure, and is no error: in a few words. */
import { usualMask } from "../options/mask.ts"
import { ownText } from "../protocol/own-text.ts"
import { previewOf } from "../protocol/preview.ts"

/** In its own words where it has some; else its fields in at most `max` characters, secrets masked. Never throws. */
export const valueText = (value: unknown, max: number): string =>
  (typeof value === "object" && value !== null ? ownText(value) : undefined) ?? previewOf(value, max, usualMask)
