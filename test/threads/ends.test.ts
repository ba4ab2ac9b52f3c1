/** A debugger is neither put on a thread nor taken off while one ends: Node would abort the whole program at times. */
import { Worker } from "node:worker_threads"
import { createPool } from "holdfast"
import { expect, it, onTestFinished } from "vitest"
import { ThreadHeap } from "../../packages/supervisor/src/watchdog/ThreadHeap.ts"
import { doesAnyEnd, watchEnd } from "../../packages/supervisor/src/watchdog/thread-ends.ts"
import { ThreadWatch } from "../../packages/supervisor/src/watchdog/thread-host.ts"
import { exitsNameless, loopsNameless } from "../fixtures/nameless.ts"

const LIMIT = 256 * 1024 * 1024
const withinMs = 10_000

/** A thread that spins, and others of which it is said whether one ends. */
const scene = async () => {
  const worker = new Worker("for (;;) Math.random()", { eval: true, execArgv: [] })
  const exited = new Promise((resolve) => worker.once("exit", resolve))
  await new Promise((resolve) => worker.once("online", resolve))
  const heap = new ThreadHeap(worker, LIMIT, () => undefined)
  const watch = new ThreadWatch({ threadId: worker.threadId, thread: () => undefined, heap })
  let asked = 0
  let ending = false
  const forget = watchEnd(() => {
    asked++
    return ending
  })
  onTestFinished(async () => {
    forget()
    await watch.close()
    await worker.terminate()
    await exited
  })
  const end = (is: boolean): void => {
    asked = 0
    ending = is
  }
  return { watch, end, asked: () => asked }
}

it("is put on once the thread that ends has ended", { timeout: 60_000 }, async () => {
  const { asked, end, watch } = await scene()
  end(true)
  const looked = watch.capture({ withinMs, resume: true })
  await expect.poll(asked).toBeGreaterThan(1)
  end(false)
  expect((await looked)?.state).toBe("stopped")
})

it("is taken off once the thread that ends has ended, or takes too long for it", { timeout: 60_000 }, async () => {
  for (const isOver of [true, false]) {
    const { asked, end, watch } = await scene()
    watch.arm()
    expect((await watch.capture({ withinMs, resume: true }))?.state).toBe("stopped")
    end(true)
    const closed = watch.close()
    await expect.poll(asked).toBeGreaterThan(1)
    if (isOver) end(false)
    await closed
  }
})

it("finds that no thread ends once those of a pool have, however they did", { timeout: 60_000 }, async () => {
  {
    await using pool = await createPool({ isolation: "thread", workers: 2, logger: false })
    const told = await Promise.allSettled([
      pool.run(exitsNameless, [3], { retry: 0 }),
      pool.run(loopsNameless, 1, { retry: 0 })
    ])
    expect(told.map(({ status }) => status)).toEqual(["rejected", "rejected"])
  }
  await expect.poll(doesAnyEnd).toBe(false)
})
