/** What the loop over a chunk's jobs says in the page, seen from inside of those jobs. */
import { describe, expect, it } from "vitest"
import { layout, monotonicNow } from "../../packages/supervisor/src/protocol/page.ts"
import { encodeBatch } from "../../packages/supervisor/src/protocol/values.ts"
import { type Chunk, type LoopHost, runChunk } from "../../packages/supervisor/src/worker/chunk-loop.ts"
import { stores } from "../../packages/supervisor/src/worker/entered-stores.ts"
import { MappedPage } from "../../packages/supervisor/src/worker/page-writer.ts"
import type { Runnable } from "../../packages/supervisor/src/worker/runnable.ts"

// As in a worker; no job in here enters one.
stores.areWatched = true

const COUNT = 2000

const memory = new ArrayBuffer(layout.size)
const words = new Int32Array(memory, 0, layout.area / 4)
const floats = new Float64Array(memory, 0, layout.area / 8)

/** What the page says while a job runs. */
const markNow = () => ({
  offset: words[layout.offset / 4] as number,
  startedAt: floats[layout.startedAt / 8] as number
})

const CHUNKS = 5

/** Runs chunks of such jobs; how many results the last of them has sent, and how long it says that they took. */
const run = async (
  timed: boolean,
  job: (n: number, chunkId: number) => void
): Promise<{ readonly sent: number; readonly busyMs: number }> => {
  let sent = 0
  let busyMs = 0
  const runnable: Runnable = {
    name: "tiny",
    run: (n) => {
      job(n as number, words[layout.chunkId / 4] as number)
      return n
    }
  }
  const host = {
    page: new MappedPage(memory),
    dirty: false,
    local: new Map(),
    workerId: 0,
    output: { over: () => undefined, sync: () => 0, syncPrinted: () => 0 },
    send: (message: { readonly count?: number; readonly busyMs?: number }) => {
      sent += message.count ?? 0
      busyMs += message.busyMs ?? 0
      return true
    },
    drained: () => Promise.resolve(),
    over: () => undefined
  } as unknown as LoopHost
  const { kind, bytes } = encodeBatch(Array.from({ length: COUNT }, (_, n) => n))
  const head = { _tag: "Run", taskId: 1, base: 0, count: COUNT, attempt: 1, single: false, awake: false } as const
  for (let chunkId = 1; chunkId <= CHUNKS; chunkId++) {
    sent = busyMs = 0
    const message = { ...head, chunkId, timed, kind, payload: bytes, detail: undefined }
    await runChunk(host, {
      run: message,
      runnable,
      skip: new Set(),
      stopped: false,
      overtaken: false,
      scope: undefined
    } satisfies Chunk)
  }
  return { sent, busyMs }
}

describe.each([true, false])("jobs of one chunk (each with a limit: %s)", (timed) => {
  it("are all run, each marked by its own number, and all their results are sent", async () => {
    const offsets = new Array<number>(COUNT)
    const { sent } = await run(timed, (n) => {
      offsets[n] = markNow().offset
    })
    expect(offsets).toEqual(Array.from({ length: COUNT }, (_, n) => n))
    expect(sent).toBe(COUNT)
  })

  it("have never begun before they are marked to have", async () => {
    let wrong = 0
    await run(timed, () => {
      if (markNow().startedAt > monotonicNow()) wrong++
    })
    expect(wrong).toBe(0)
  })
})

it("a job with a limit is not charged with the time of those before it", async () => {
  let wrong = 0
  let ended = 0
  await run(true, (n) => {
    if (markNow().startedAt < ended) wrong++
    // Some take a while.
    if (n % 100 === 99) for (const until = monotonicNow() + 1; monotonicNow() < until; );
    ended = monotonicNow()
  })
  expect(wrong).toBe(0)
})

it("jobs without a limit that take next to nothing share a reading of the clock", async () => {
  const starts = new Float64Array(COUNT)
  // Whether they take next to nothing is measured, and a machine under load may interrupt them.
  await expect
    .poll(async () => {
      await run(false, (n) => {
        starts[n] = markNow().startedAt
      })
      return new Set(starts).size
    })
    .toBeLessThan(COUNT)
})

it("no job's time is lost, also where the clock was not read after the last of them", async () => {
  let tookMs = 0
  const { busyMs } = await run(false, (n, chunkId) => {
    if (chunkId < CHUNKS || n < COUNT - 5) return
    const began = monotonicNow()
    while (monotonicNow() < began + 2);
    tookMs += monotonicNow() - began
  })
  expect(busyMs).toBeGreaterThanOrEqual(tookMs - 0.001)
})
