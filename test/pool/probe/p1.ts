import { getEventListeners } from "node:events"
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { Readable } from "node:stream"
import { createPool, jobOf, Task } from "holdfast"
import { throws, waitsForever } from "../../fixtures/faulty.ts"
import { echo, failsUntil, note, slowSquare, square } from "../../fixtures/plain.ts"

const isolation = (process.argv[2] ?? "process") as "process" | "inline"
const only = process.argv[3]
const dir = mkdtempSync("/tmp/hf-")
const tests: Record<string, () => Promise<unknown>> = {
  async preAborted() {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    await pool.run(square, 1)
    const file = `${dir}/pre`
    writeFileSync(file, "")
    const c = new AbortController()
    c.abort(new Error("no"))
    const r = await pool.run(note, { file, n: 1 }, { signal: c.signal }).catch((e) => e._tag)
    let read = 0
    const r2 = await pool
      .map(
        note,
        (function* () {
          for (;;) {
            read++
            yield { file, n: 2 }
          }
        })(),
        { signal: c.signal }
      )
      .catch((e) => e._tag)
    await pool.run(square, 1)
    return { r, r2, read, ran: readFileSync(file, "utf8") }
  },
  async arrayShrinks() {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    const xs = Array.from({ length: 100 }, (_, i) => i)
    const p = pool.map(square, xs)
    xs.length = 0
    return (await p).length
  },
  async sparse() {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    // biome-ignore lint: holes
    return pool.map(echo, [1, , 3])
  },
  async badIterator() {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    const inputs = { [Symbol.iterator]: () => ({ next: () => undefined }) } as never
    const out = []
    try {
      for await (const x of pool.stream(square, inputs)) out.push(x)
    } catch (e) {
      return String(e)
    }
    return out
  },
  async asyncThrowsWhileBusy() {
    await using pool = await createPool({ workers: 1, isolation, logger: false, drainTimeout: 100, killGrace: 100 })
    await pool.run(square, 1)
    const p = pool
      .map(
        waitsForever,
        (async function* () {
          yield undefined
          throw new Error("input")
        })()
      )
      .catch((e) => String(e))
    return Promise.race([p, new Promise((r) => setTimeout(r, 1500, "HANGS"))])
  },
  async longWait() {
    await using pool = await createPool({ workers: 1, isolation, logger: false, drainTimeout: 100, killGrace: 100 })
    const h = pool.submit(slowSquare, { n: 2, ms: 300 })
    const t = performance.now()
    const r = await h.wait("60 days")
    return { r, ms: performance.now() - t }
  },
  async waitInfinity() {
    await using pool = await createPool({ workers: 1, isolation, logger: false, drainTimeout: 100, killGrace: 100 })
    const h = pool.submit(slowSquare, { n: 2, ms: 300 })
    return await h.wait(Infinity)
  },
  async streamCollectCancelled() {
    await using pool = await createPool({ workers: 1, isolation, logger: false, drainTimeout: 100, killGrace: 100 })
    const c = new AbortController()
    const out = []
    try {
      for await (const x of pool.stream(
        slowSquare,
        [1, 2, 3, 4, 5, 6].map((n) => ({ n, ms: 20 })),
        { signal: c.signal, onFailure: "collect" }
      )) {
        out.push(x)
        if (out.length === 2) c.abort(new Error("stop"))
      }
      return { out, end: "normal" }
    } catch (e) {
      return { out, e: String(e) }
    }
  },
  async readableBreak() {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    let sent = false
    const r = new Readable({
      objectMode: true,
      read() {
        if (!sent) {
          sent = true
          this.push(3)
        }
      }
    })
    for await (const x of pool.stream(square, r)) {
      break
    }
    await new Promise((r) => setTimeout(r, 200))
    return { destroyed: r.destroyed }
  },
  async signalListeners() {
    await using pool = await createPool({ workers: 2, isolation, logger: false })
    const c = new AbortController()
    await pool.map(square, [1, 2, 3], { signal: c.signal })
    await pool.run(square, 3, { signal: c.signal })
    for await (const x of pool.stream(square, [1, 2, 3, 4], { signal: c.signal })) break
    await pool.map(throws, ["a"], { signal: c.signal }).catch(() => 0)
    await pool.run(square, 1)
    return getEventListeners(c.signal, "abort").length
  },
  async lookAhead() {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    let read = 0
    const gen = (function* () {
      for (;;) {
        read++
        yield read
      }
    })()
    const it = pool.stream(square, gen, { chunkSize: 1, lookAhead: 4 })[Symbol.asyncIterator]()
    const seen = []
    for (let k = 1; k < 20; k++) {
      await it.next()
      await new Promise((r) => setTimeout(r, 30))
      seen.push(read - k)
    }
    await it.return?.()
    return seen.join()
  },
  async closeThenTerminate() {
    const pool = await createPool({ workers: 1, isolation, logger: false, killGrace: 2000 })
    const p = pool.run(waitsForever, undefined as never).catch((e) => e._tag)
    while (pool.workers[0]?.state !== "busy") await new Promise((r) => setTimeout(r, 5))
    const closing = pool.close()
    const t = performance.now()
    await pool.terminate()
    return { r: await p, ms: Math.round(performance.now() - t) }
  },
  async submitWithOptions() {
    await using pool = await createPool({ workers: 2, isolation, logger: false })
    await pool.run(square, 1)
    const t = performance.now()
    const hs = Array.from({ length: 20000 }, (_, i) => pool.submit(square, i, { key: `k${i}` }))
    const t1 = performance.now()
    await Promise.all(hs.map((h) => h.result()))
    const t2 = performance.now()
    const hs2 = Array.from({ length: 20000 }, (_, i) => pool.submit(square, i))
    await Promise.all(hs2.map((h) => h.result()))
    const t3 = performance.now()
    return { submit: t1 - t, keyed: t2 - t1, shared: t3 - t2 }
  },
  async cancelBulk() {
    await using pool = await createPool({ workers: 1, isolation, logger: false, killGrace: 100 })
    await pool.run(square, 1)
    const hs = Array.from({ length: 20000 }, (_, i) => pool.submit(slowSquare, { n: i, ms: 10 }))
    const t = performance.now()
    for (const h of hs) h.cancel()
    const t1 = performance.now()
    const s = new Set(hs.map((h) => h.poll()?._tag))
    const again = await pool.run(slowSquare, { n: 4, ms: 1 })
    return { ms: t1 - t, s, again, after: performance.now() - t1 }
  },
  async queueOrder() {
    await using pool = await createPool({ workers: 1, isolation, logger: false, killGrace: 100 })
    const r = await pool
      .run(failsUntil, 3, { retry: { retries: 5, minTimeout: 1, shouldRetry: async () => true } })
      .catch(String)
    return r
  }
}
for (const [name, test] of Object.entries(tests)) {
  if (only !== undefined && only !== name) continue
  console.log(
    name,
    await Promise.race([
      test().catch((e) => `ERR ${e?.stack}`),
      new Promise((r) => setTimeout(r, 15000, "TIMEOUT").unref())
    ])
  )
}
