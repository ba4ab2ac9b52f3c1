/** What a worker says that its heap may hold. */
import { expect, it } from "vitest"
import { oldSpaceOf } from "../../packages/supervisor/src/worker/heap-limit.ts"

const MB = 1024 * 1024

it("is what the flags give the old generation, the last one where there are several", () => {
  expect(oldSpaceOf(["--max-old-space-size=128"])).toBe(128 * MB)
  expect(oldSpaceOf(["--max_old_space_size", "64"])).toBe(64 * MB)
  expect(oldSpaceOf(["--no-warnings --max-old-space-size=99", "--max-old-space-size=50"])).toBe(50 * MB)
})

it("is not known where they don't say", () => {
  expect(oldSpaceOf([])).toBe(undefined)
  expect(oldSpaceOf(["--max-semi-space-size=8", "--max-old-space-size=0"])).toBe(undefined)
})
