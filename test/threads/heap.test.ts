/** A debugger and a thread's full heap: they never meet, for V8 would abort the whole process. */
import { Worker } from "node:worker_threads"
import { expect, it, onTestFinished } from "vitest"
import { ThreadHeap } from "../../packages/supervisor/src/watchdog/ThreadHeap.ts"
import { ThreadWatch } from "../../packages/supervisor/src/watchdog/thread-host.ts"

const MB = 1024 * 1024
const LIMIT_MB = 48
const PATIENCE = { timeout: 30_000, interval: 20 }
/** Also with all cores busy, the thread comes to answer by then. */
const withinMs = 10_000

/** A thread that has filled its heap to a share of what it may have, and spins. */
const filledTo = async (share: number) => {
  const words = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL("../fixtures/heap-filler.mjs", import.meta.url), {
    execArgv: [],
    workerData: { limit: LIMIT_MB * MB, share, words },
    resourceLimits: { maxOldGenerationSizeMb: LIMIT_MB }
  })
  const seen = { overflowed: false, error: undefined as unknown }
  worker.on("error", (error) => {
    seen.error = error
  })
  const exited = new Promise((resolve) => worker.once("exit", resolve))
  const heap = new ThreadHeap(worker, LIMIT_MB * MB, () => {
    seen.overflowed = true
  })
  const { threadId } = worker
  const watch = new ThreadWatch({ threadId, thread: () => undefined, heap })
  onTestFinished(async () => {
    await watch.close()
    await worker.terminate()
    await exited
  })
  await expect.poll(() => Atomics.load(words, 0), PATIENCE).toBe(1)
  return { watch, heap, worker, seen, goOn: () => Atomics.store(words, 1, 1) }
}

it("a thread with room is stopped, and its stack is read", { timeout: 60_000 }, async () => {
  const { watch } = await filledTo(0.2)
  const capture = await watch.capture({ withinMs, resume: true })
  expect(capture?.state).toBe("stopped")
  expect(capture?.frames[0]?.file).toMatch(/heap-filler\.mjs$/)
})

it("a thread whose heap is nearly full gets no debugger, and its stack is not read", { timeout: 60_000 }, async () => {
  const { watch, heap, seen, goOn } = await filledTo(0.85)
  expect(await heap.room()).toBe("none")
  watch.arm()
  expect(await watch.capture({ withinMs, resume: true })).toMatchObject({ state: "failed", frames: [] })
  goOn()
  // By itself, and not by V8's word to a debugger.
  await expect.poll(() => seen.error, PATIENCE).toMatchObject({ code: "ERR_WORKER_OUT_OF_MEMORY" })
  expect(seen.overflowed).toBe(false)
})

it("a thread that fills its heap under a debugger is told of, instead of getting more", {
  timeout: 60_000
}, async () => {
  const { watch, worker, seen, goOn } = await filledTo(0.2)
  watch.arm()
  expect((await watch.capture({ withinMs, resume: true }))?.state).toBe("stopped")
  goOn()
  await expect.poll(() => seen.overflowed, PATIENCE).toBe(true)
  // It stands there, and can be ended.
  await watch.close()
  await worker.terminate()
})

it("a thread that has ended has no room, and one that does not answer leaves it unknown", {
  timeout: 60_000
}, async () => {
  const { heap, worker, watch } = await filledTo(0.2)
  await watch.close()
  await worker.terminate()
  expect(await heap.room(withinMs)).toBe("none")
  const silent = new ThreadHeap({ getHeapStatistics: () => new Promise(() => undefined) }, MB, () => undefined)
  expect(await silent.room(1)).toBe("unknown")
})
