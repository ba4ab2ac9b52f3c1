/**
 * Whether an array carries named properties beside its elements, which v8 serialises too. Its own file for its cost:
 * the language has no way to ask that does not list every index.
 */
import { inspect } from "node:util"

/** From here on inspect (3 µs, whatever the length) is cheaper than listing all keys (40 ms per million). */
const LONG = 100

// The one public function of Node that reads named properties without listing the indices.
const NAMES_ONLY = { maxArrayLength: 0, maxStringLength: 0, depth: 0, customInspect: false, breakLength: Infinity }

const isIndex = (key: string): boolean => String(Number(key) >>> 0) === key

/** True if an array has named enumerable properties. */
export const hasExtras = (array: ReadonlyArray<unknown>): boolean => {
  const { length } = array
  if (length > LONG && inspect(array, NAMES_ONLY) === `[ ... ${length} more items ]`) return false
  const keys = Object.keys(array)
  const last = keys[keys.length - 1]
  return last !== undefined && !isIndex(last)
}
