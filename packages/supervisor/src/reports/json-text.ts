/**
 * JSON of whatever hangs on an error or a job: circular, with BigInts, Maps, bytes or getters that throw. Says in
 * words what JSON has none for. Not for what must be read back exactly (`stored-values.ts`).
 */
import { MASKED, previewOf } from "../protocol/preview.ts"
import type { Mask } from "../watchdog/mask.cts"

const plain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Array.isArray(value)
}

interface Options {
  readonly indent?: number
  readonly mask?: Pick<Mask, "hides">
  /**
   * Values that are looked at, at most: there is no text where it has more. What stands in several places is written in
   * each, so that a few objects that refer to each other come to more than can ever be written.
   */
  readonly most?: number
}

/** JSON of a value without the fields that `mask` hides, or undefined where there is none. Never throws. */
export const jsonText = (
  value: unknown,
  { indent, mask, most = Number.POSITIVE_INFINITY }: Options = {}
): string | undefined => {
  const above: Array<unknown> = []
  let values = 0
  try {
    return JSON.stringify(
      value,
      function (this: unknown, key, each: unknown) {
        if (++values > most) throw new RangeError(`more than ${most} values`)
        if (mask?.hides(key, each) === true) return MASKED
        if (typeof each === "bigint") return `${each}n`
        if (typeof each === "number" && !Number.isFinite(each)) return String(each)
        if (typeof each !== "object" || each === null) return each
        while (above.length > 0 && above.at(-1) !== this) above.pop()
        if (above.includes(each)) return "[seen above]"
        // A class of somebody's: its own words where it has them, else a short look at it.
        if (!plain(each) && typeof Reflect.get(each, "toJSON") !== "function") return previewOf(each, 500, mask)
        above.push(each)
        return each
      },
      indent
    )
  } catch {
    return undefined
  }
}
