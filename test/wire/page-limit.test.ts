/**
 * What its parent has taken back behind a job, a worker does not start, though neither waits for the other: the worker
 * marks a job and looks at the limit, the parent sets the limit and looks at the mark.
 */
import { Worker } from "node:worker_threads"
import { expect, it, onTestFinished } from "vitest"
import { SharedPage } from "../../packages/supervisor/src/protocol/shared-page.ts"

const [GO, OVER, STARTED, SPINS] = [0, 1, 2, 3]

it("a job that was taken back is never started, in however close a race", async () => {
  const page = new SharedPage()
  const said = new Int32Array(new SharedArrayBuffer(64))
  const hammer = new Worker(new URL("../fixtures/limit-hammer.ts", import.meta.url), {
    workerData: { memory: page.memory, said },
    trackUnmanagedFds: false
  })
  onTestFinished(async () => {
    await hammer.terminate()
  })
  await new Promise((resolve) => hammer.once("online", resolve))
  const until = performance.now() + 500
  let [rounds, taken, startedAnyway] = [0, 0, 0]
  while (performance.now() < until || taken < 5) {
    rounds++
    Atomics.store(said, SPINS, rounds % 40)
    Atomics.store(said, GO, rounds)
    let mark = page.mark()
    while (mark?.chunkId !== rounds && Atomics.load(said, OVER) < rounds) mark = page.mark()
    if (mark?.chunkId === rounds) {
      const { offset } = mark
      page.limit({ chunkId: rounds, offset: offset + 1, upTo: rounds })
      const now = page.mark()
      const kept = now?.chunkId === rounds && now.offset === offset
      while (Atomics.load(said, OVER) < rounds);
      if (kept) taken++
      if (kept && Atomics.load(said, STARTED) > offset) startedAnyway++
    } else while (Atomics.load(said, OVER) < rounds);
  }
  expect(startedAnyway).toBe(0)
})
