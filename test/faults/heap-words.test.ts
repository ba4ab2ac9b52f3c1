/** V8's last words at a full heap: the last reading in them. */
import { expect, it } from "vitest"
import { lastHeapReading, OUT_OF_MEMORY } from "../../packages/supervisor/src/failure/heap-words.ts"

const MB = 1024 * 1024

// As Node 22 and 26 print them.
const words = [
  "<--- Last few GCs --->",
  "",
  "[9070:0x7f9680151000]      615 ms: Mark-Compact 59.8 (76.5) -> 55.2 (73.1) MB, pooled: 0.0 MB, 66.58 / 0.00 ms (average mu = 0.798)",
  "[9070:0x7f9680151000]      863 ms: Incremental Mark-Compact (reduce) 84.7 (86.9) -> 84.2 (85.4) MB, pooled: 0.0 MB, 156.22 / 0.00 ms",
  "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
  "----- Native stack trace -----",
  " 1: 0x840e50  [node]"
]

it("the last reading is what was in use after the last collection", () => {
  expect(lastHeapReading(words)).toBe(Math.round(84.2 * MB))
  expect(lastHeapReading(words.slice(0, 3))).toBe(Math.round(55.2 * MB))
  expect(lastHeapReading(["[1:0x1] 9 ms: Scavenge 2047 (2050) -> 2046 (2051) MB, 1 / 0 ms"])).toBe(2046 * MB)
})

it("there is none where V8 tells of no collection", () => {
  expect(lastHeapReading([])).toBe(undefined)
  expect(lastHeapReading(["moved 5 (of 9) -> 7 kB", "1 -> 2 MB"])).toBe(undefined)
})

it("only V8's own words say that the heap was full", () => {
  expect(words.filter((line) => OUT_OF_MEMORY.test(line))).toEqual([words[4]])
})
