/** What starting threads leaves behind in the calling process: nothing that grows with their number. */
import { queryObjects } from "node:v8"
import { Worker } from "node:worker_threads"
import { expect, it } from "vitest"
import { threadFlags } from "../../packages/supervisor/src/transport/thread-limits.ts"

it("asking again and again which flags a thread can have keeps no worker alive", () => {
  const ask = (): unknown => threadFlags(["--conditions=asked-again-and-again", "--max-old-space-size=64"])
  const first = ask()
  const before = queryObjects(Worker)
  for (let times = 0; times < 20; times++) expect(ask()).toEqual(first)
  expect(queryObjects(Worker)).toBe(before)
})
