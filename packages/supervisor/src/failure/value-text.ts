/** What was thrown, or is the cause of a failure, and is no error: in a few words. */
import { usualMask } from "../options/mask.ts"
import { ownText } from "../protocol/own-text.ts"
import { previewOf } from "../protocol/preview.ts"
import type { Mask } from "../watchdog/mask.cts"

/** In its own words where it has some; else its fields in at most `max` characters. Never throws. */
export const valueText = (value: unknown, max: number, mask: Pick<Mask, "hides">): string =>
  (typeof value === "object" && value !== null ? ownText(value) : undefined) ?? previewOf(value, max, mask)

/** The same where no pool has said what is hidden: without the usual secrets. */
export const thrownText = (value: unknown): string => valueText(value, 300, usualMask)
