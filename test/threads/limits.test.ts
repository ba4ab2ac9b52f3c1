/** What starting threads leaves behind in the calling process: nothing that grows with their number. */
import { queryObjects } from "node:v8"
import { Worker } from "node:worker_threads"
import { expect, it } from "vitest"
import { threadFlags } from "../../packages/supervisor/src/transport/thread-limits.ts"
import { failureOf, withPool } from "../faults/scene.ts"
import * as faulty from "../fixtures/faulty.ts"

it("asking again and again which flags a thread can have keeps no worker alive", () => {
  const ask = (): unknown => threadFlags(["--conditions=asked-again-and-again", "--max-old-space-size=64"])
  const first = ask()
  const before = queryObjects(Worker)
  for (let times = 0; times < 20; times++) expect(ask()).toEqual(first)
  expect(queryObjects(Worker)).toBe(before)
})

// Node 24 and 25 aborted the program within a few of them; on Node 26 this can't fail.
it("heaps that run full, one after another, end their threads and leave the program", () =>
  withPool({ workers: 1, isolation: "thread", execArgv: ["--max-old-space-size=48"] }, async ({ pool }) => {
    for (let times = 0; times < 12; times++) {
      const failure = await failureOf("WorkerCrashed", pool.run(faulty.overflowsHeap, undefined as never))
      expect(failure).toMatchObject({ reason: "outOfMemory" })
    }
  }))
