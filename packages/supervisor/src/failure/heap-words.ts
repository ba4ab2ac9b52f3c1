/**
 * V8's last words at a full heap, as a worker process leaves them on its stderr. It tells of its last collections
 * there, and dies by SIGABRT; nothing else says what it died of.
 */

/** A line that says so. */
export const OUT_OF_MEMORY: RegExp = /JavaScript heap out of memory|Reached heap limit|Allocation failed - /

/** `Mark-Compact 59.8 (76.5) -> 55.2 (73.1) MB`: used (held), before and after. */
const COLLECTION = /\d+(?:\.\d+)? \(\d+(?:\.\d+)?\) (?:MB )?-> (\d+(?:\.\d+)?) \(\d+(?:\.\d+)?\) MB/

const MB = 1024 * 1024

/**
 * Bytes in use after the last collection that it tells of; undefined where it tells of none.
 *
 * @example
 * lastHeapReading(["[9070:0x7f96]  615 ms: Mark-Compact 59.8 (76.5) -> 55.2 (73.1) MB, pooled: 0.0 MB"]) // 57881395
 */
export const lastHeapReading = (lines: ReadonlyArray<string>): number | undefined => {
  const told = lines.findLast((line) => COLLECTION.test(line))
  const used = told === undefined ? undefined : COLLECTION.exec(told)?.[1]
  return used === undefined ? undefined : Math.round(Number(used) * MB)
}
