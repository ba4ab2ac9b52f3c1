import { writeFileSync } from "node:fs"
import { JobTimedOut } from "holdfast"
import { describe, expect, it } from "vitest"
import { openGate, passesGate } from "../fixtures/gated.ts"
import { failsUntil, note, noteAndSpin, slowSquare, square } from "../fixtures/plain.ts"
import { notesOnceLoaded } from "../fixtures/spins-while-loading.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo } from "./places.ts"

describe.each(places)("how long a job may wait, $isolation", (place) => {
  it("fails a job that has not started in time, and says what the workers did", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 1 })
    const first = pool.run(passesGate, { file, n: 1 })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const error = await failureOf(pool.run(note, { file, n: 2 }, { queueTimeout: 100 }))
    expect(error).toBeInstanceOf(JobTimedOut)
    expect(error).toMatchObject({ which: "queueTimeout", limit: 100, job: { task: "note", attempts: [] } })
    expect(String(error)).toMatch(/it waited \d+ ms, while worker 1 was busy with task "passesGate" for \d+ ms/)
    expect(pool.workers[0]).toMatchObject({ state: "busy", restarts: 0 })
    openGate(file)
    expect(await first).toBe(1)
    expect(await pool.run(square, 3)).toBe(9)
    expect(linesOf(file)).toEqual(["1"])
  })

  it("counts a job as waiting that lies in a chunk behind another", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 1 })
    await pool.broadcast(passesGate, { file: scratchFile(), n: 0, free: true })
    const inputs = upTo(4).map((n) => ({ file, n, free: n !== 0 }))
    const outcomes = await pool.settle(passesGate, inputs, {
      chunkSize: 4,
      queueTimeout: 3000,
      onProgress: ({ failed }) => {
        if (failed === 3) openGate(file)
      }
    })
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(["Succeeded", "Failed", "Failed", "Failed"])
    expect(linesOf(file)).toEqual(["0"])
    expect(outcomes[1]).toMatchObject({ error: { which: "queueTimeout", limit: 3000 } })
  })

  it("holds for every job where the pool sets it, and lets a call go without", async () => {
    const file = scratchFile()
    await using pool = await openIn(place, { workers: 1, queueTimeout: "150 millis" })
    // Its own start is a wait too, for as long as the worker takes.
    const first = pool.run(passesGate, { file, n: 1 }, { queueTimeout: Number.POSITIVE_INFINITY })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const patient = pool.run(note, { file, n: 2 }, { queueTimeout: Number.POSITIVE_INFINITY })
    const late = upTo(3).map((n) => failureOf(pool.run(note, { file, n: 10 + n })))
    for (const error of await Promise.all(late)) expect(error).toMatchObject({ which: "queueTimeout" })
    openGate(file)
    expect(await Promise.all([first, patient])).toEqual([1, 2])
    expect(linesOf(file)).toEqual(["1", "2"])
  })

  it("does not count inputs that have not been read, nor what a job runs", async () => {
    await using pool = await openIn(place, { workers: 1 })
    await pool.run(square, 1)
    function* lazily() {
      for (const n of upTo(8)) yield { n, ms: 500 }
    }
    const values = await pool.map(slowSquare, lazily(), { chunkSize: 1, lookAhead: 1, queueTimeout: 3000 })
    expect(values).toEqual(upTo(8).map((n) => n * n))
  })

  it.each([1, 2, 3])("fails none that then runs, with %i side by side", async (concurrency) => {
    await using pool = await openIn(place, { workers: 1, concurrency })
    const file = scratchFile()
    await pool.run(noteAndSpin, { file: scratchFile(), n: 0, ms: 0 })
    const handles = pool.submitAll(
      noteAndSpin,
      upTo(40).map((n) => ({ file, n, ms: 4 })),
      { queueTimeout: 20 }
    )
    const batch = pool.settle(
      noteAndSpin,
      upTo(40).map((n) => ({ file, n: 100 + n, ms: 4 })),
      { queueTimeout: 20, chunkSize: 4 }
    )
    await Promise.allSettled(handles.map((handle) => handle.result()))
    const late = handles.flatMap((handle, n) => (handle.poll()?._tag === "Failed" ? [String(n)] : []))
    expect(late).not.toEqual([])
    for (const [n, { _tag }] of (await batch).entries()) if (_tag === "Failed") late.push(String(100 + n))
    await pool.close()
    expect(linesOf(file).filter((n) => late.includes(n))).toEqual([])
  })

  it("does not count the wait between two attempts", async () => {
    await using pool = await openIn(place, { workers: 1 })
    await pool.run(square, 1)
    const retry = { retries: 1, minTimeout: 3500, randomize: false }
    expect(await pool.run(failsUntil, 2, { queueTimeout: 3000, retry })).toBe(2)
  })
})

it.each(places.filter(({ isolated }) => isolated))(
  "fails none that its worker begins as soon as its task is loaded, $isolation",
  async (place) => {
    const file = scratchFile()
    const gate = `${file}.loads`
    await using pool = await openIn(place, { workers: 1, env: { LOADS_WITH: gate }, killGrace: 20_000 })
    await pool.run(square, 1)
    const late = [1, 2].map((n) => failureOf(pool.run(notesOnceLoaded, { file, n }, { queueTimeout: 300 })))
    const patient = pool.run(notesOnceLoaded, { file, n: 3 })
    for (const error of await Promise.all(late)) {
      expect(error).toMatchObject({ which: "queueTimeout", job: { attempts: [] } })
      expect(String(error)).toContain('while worker 1 was loading task "notesOnceLoaded" for')
    }
    writeFileSync(gate, "")
    expect(await patient).toBe(3)
    expect(linesOf(file)).toEqual(["3"])
    expect(pool.workers[0]).toMatchObject({ restarts: 0 })
  }
)

it.each(places.filter(({ isolated }) => isolated))(
  "counts for what waits in a worker with room while that is blocked by a task that it loads, $isolation",
  async (place) => {
    const file = scratchFile()
    const gate = `${file}.loads`
    await using pool = await openIn(place, { workers: 1, concurrency: 2, env: { LOADS_WITH: gate }, drainTimeout: 0 })
    await pool.run(square, 1)
    const loads = pool.run(notesOnceLoaded, { file, n: 1 })
    await eventually(() => expect(linesOf(`${gate}.begun`)).toHaveLength(1))
    const error = await failureOf(pool.run(square, 2, { queueTimeout: 300 }))
    expect(error).toMatchObject({ which: "queueTimeout", job: { attempts: [] } })
    expect(linesOf(file)).toEqual([])
    writeFileSync(gate, "")
    expect(await loads).toBe(1)
  }
)

it("keeps one timer for a hundred thousand jobs, and fails each of them once", async () => {
  const file = scratchFile()
  const place = places.find(({ isolation }) => isolation === "inline") ?? expect.unreachable()
  await using pool = await openIn(place, { workers: 1 })
  const first = pool.run(passesGate, { file, n: 1 })
  await eventually(() => expect(linesOf(file)).toHaveLength(1))
  const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length
  const handles = pool.submitAll(square, upTo(100_000), { queueTimeout: 1500 })
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeLessThanOrEqual(before + 2)
  const outcomes = await Promise.all(handles.map((handle) => failureOf(handle.result())))
  expect(outcomes.every((error) => (error as JobTimedOut).which === "queueTimeout")).toBe(true)
  openGate(file)
  await first
  expect(await pool.run(square, 2)).toBe(4)
})
