/** Jobs whose module is loaded while others run beside them in the same worker, when that worker ends. */
import { writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { exitsOnceLoaded } from "../fixtures/exits-while-loading.ts"
import { openGate, passesGate, spinsAtGate } from "../fixtures/gated.ts"
import { afterExiting } from "../fixtures/imports-exiting.ts"
import { passesGateOnceLoaded } from "../fixtures/loads-at-gate.ts"
import { loadsSlowly } from "../fixtures/slow-module.ts"
import { neverUnblocked } from "../fixtures/spins-once-loading.ts"
import { notesOnceLoaded } from "../fixtures/spins-while-loading.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, upTo } from "./places.ts"

const isolated = places.filter((place) => place.isolated)

describe.each(isolated)("a job whose module is being loaded beside others, $isolation", (place) => {
  it("waits for another worker where a job beside it, which was cancelled, has this one killed", async () => {
    const [gate, file, other] = [`${scratchFile()}.loads`, scratchFile(), scratchFile()]
    const env = { LOADS_WITH: gate }
    await using pool = await openIn(place, { workers: 1, concurrency: 2, env, killGrace: 50, drainTimeout: 0 })
    const endless = pool.submit(passesGate, { file: other, n: 1 })
    await eventually(() => expect(linesOf(other)).toHaveLength(1))
    const waits = pool.submit(passesGateOnceLoaded, { file, n: 2, free: true })
    await eventually(() => expect(linesOf(`${gate}.begun`)).toHaveLength(1))
    endless.cancel()
    expect(await failureOf(endless.result())).toMatchObject({ _tag: "JobCancelled" })
    await eventually(() => expect(linesOf(`${gate}.begun`)).toHaveLength(2))
    writeFileSync(gate, "")
    expect(await waits.result()).toBe(2)
    expect(waits.job.attempts).toMatchObject([{ number: 1 }])
    openGate(other)
  })
  it.each([
    ["its module", exitsOnceLoaded, ""],
    ["what that imports", afterExiting, ""],
    ["a module that holds its own exit up", exitsOnceLoaded, "held up"]
  ])("fails alone where %s calls process.exit: those beside it go on", async (_, task, how) => {
    const [gate, file] = [`${scratchFile()}.loads`, scratchFile()]
    const env = { LOADS_WITH: gate, LOADS_ENDS: how }
    await using pool = await openIn(place, { workers: 1, concurrency: 3, env, drainTimeout: 0 })
    const before = pool.submit(passesGate, { file, n: 0 })
    const guilty = pool.submit(task, 1)
    await eventually(() => expect(linesOf(`${gate}.begun`)).toHaveLength(1))
    const beside = pool.submit(passesGate, { file, n: 2 })
    await eventually(() => expect(linesOf(file)).toHaveLength(2))
    writeFileSync(gate, "")
    const failure = await failureOf(guilty.result())
    expect(failure).toMatchObject({ _tag: "WorkerCrashed", reason: "exit", exitCode: 9 })
    expect(String(failure)).toMatch(
      /called process\.exit\(9\) .*exits-while-loading\.ts:\d+:\d+ as its module was loaded while other jobs ran beside it/
    )
    openGate(file)
    expect(await Promise.all([before.result(), beside.result()])).toEqual([0, 2])
    expect([before.job.attempts.length, beside.job.attempts.length]).toEqual([1, 1])
    expect(linesOf(`${gate}.begun`)).toHaveLength(1)
    // The next job has a worker of its own.
    expect(await pool.run(passesGate, { file, n: 3 })).toBe(3)
  })
  it("fails with where its module blocks the worker, though none of those beside it has a limit", async () => {
    const [gate, file] = [`${scratchFile()}.loads`, scratchFile()]
    const options = { workers: 1, concurrency: 2, startTimeout: 3000, env: { LOADS_WITH: gate }, drainTimeout: 0 }
    await using pool = await openIn(place, options)
    const beside = pool.submit(passesGate, { file, n: 1 })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const failure = await failureOf(pool.run(notesOnceLoaded, { file, n: 2 }))
    expect(failure).toMatchObject({ _tag: "TaskNotLoaded" })
    expect(String(failure)).toMatch(
      /did not finish loading within startTimeout \(3000 ms\); it was in .*spins-while-loading\.ts/
    )
    expect(await failureOf(beside.result())).toMatchObject({ _tag: "WorkerCrashed" })
  })
  it("is not told that its module never was loaded where another's, loaded beside it, blocks their worker", async () => {
    const [gate, starts] = [`${scratchFile()}.loads`, scratchFile()]
    const env = { LOADS_WITH: gate, STARTS_NOTES: starts }
    const options = { workers: 1, concurrency: 2, startTimeout: 5000, env, drainTimeout: 0, killGrace: 50 }
    await using pool = await openIn(place, options)
    const beside = pool.submit(loadsSlowly, 1)
    await eventually(() => expect(linesOf(starts)).toHaveLength(1))
    const blocks = pool.submit(neverUnblocked, 2)
    await eventually(() => expect(linesOf(`${gate}.begun`)).toHaveLength(1))
    writeFileSync(gate, "")
    const failure = await failureOf(blocks.result())
    expect(failure).toMatchObject({ _tag: "TaskNotLoaded" })
    expect(String(failure)).toMatch(/; it was in .*spins-once-loading\.ts/)
    await eventually(() => expect(linesOf(starts)).toHaveLength(2))
    expect(beside.status).not.toBe("settled")
  })
  it("has its worker ended where its module blocks that once it was cancelled, and another has begun since", async () => {
    const [gate, file] = [`${scratchFile()}.loads`, scratchFile()]
    const env = { LOADS_WITH: gate }
    await using pool = await openIn(place, { workers: 1, concurrency: 2, env, drainTimeout: 0, killGrace: 50 })
    const blocks = pool.submit(neverUnblocked, 1)
    await eventually(() => expect(linesOf(`${gate}.begun`)).toHaveLength(1))
    const beside = pool.submit(passesGate, { file, n: 2 })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    blocks.cancel()
    expect(await failureOf(blocks.result())).toMatchObject({ _tag: "JobCancelled" })
    writeFileSync(gate, "")
    expect(await failureOf(beside.result())).toMatchObject({ _tag: "WorkerCrashed", reason: "ended" })
  })
  it.each([0, 1])("waits no longer than its queueTimeout while that is loaded, beside %i that run", async (others) => {
    const [file, starts] = [scratchFile(), scratchFile()]
    const env = { STARTS_NOTES: starts }
    await using pool = await openIn(place, { workers: 1, concurrency: 2, env, drainTimeout: 0, killGrace: 50 })
    const beside = upTo(others).map((n) => pool.submit(passesGate, { file, n }))
    await eventually(() => expect(linesOf(file)).toHaveLength(others))
    const late = pool.submit(loadsSlowly, 2, { queueTimeout: 3000 })
    await eventually(() => expect(linesOf(starts)).toHaveLength(1))
    const failure = await failureOf(late.result())
    expect(failure).toMatchObject({ _tag: "JobTimedOut", which: "queueTimeout" })
    openGate(file)
    expect(await Promise.all(beside.map((each) => each.result()))).toEqual(upTo(others))
    expect(await pool.run(passesGate, { file, n: 3, free: true })).toBe(3)
  })
  it("fails so, too, where the first job of its task was taken back before that was loaded", async () => {
    const [gate, file] = [`${scratchFile()}.loads`, scratchFile()]
    const options = { workers: 1, concurrency: 2, startTimeout: 3000, env: { LOADS_WITH: gate }, drainTimeout: 0 }
    await using pool = await openIn(place, options)
    const blocks = pool.run(spinsAtGate, { file, n: 1 })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    const waits = await failureOf(pool.run(notesOnceLoaded, { file, n: 2 }, { queueTimeout: 300 }))
    expect(waits).toMatchObject({ which: "queueTimeout" })
    openGate(file)
    expect(await blocks).toBe(1)
    expect(await failureOf(pool.run(notesOnceLoaded, { file, n: 3 }))).toMatchObject({ _tag: "TaskNotLoaded" })
  })
})

// What kills a thread so is not known.
describe("a job whose module has its process killed as it is loaded beside others", () => {
  const [place] = isolated as [(typeof isolated)[number]]

  it("is charged with the end of the worker that its module has killed, also where another has begun since", async () => {
    const [gate, file] = [`${scratchFile()}.loads`, scratchFile()]
    await using pool = await openIn(place, {
      workers: 1,
      concurrency: 2,
      env: { LOADS_WITH: gate, LOADS_ENDS: "killed" },
      drainTimeout: 0
    })
    const guilty = pool.submit(exitsOnceLoaded, 1)
    await eventually(() => expect(linesOf(`${gate}.begun`)).toHaveLength(1))
    const beside = pool.submit(passesGate, { file, n: 2 })
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    writeFileSync(gate, "")
    expect(await failureOf(guilty.result())).toMatchObject({
      _tag: "WorkerCrashed",
      reason: "signal",
      signal: "SIGKILL"
    })
    expect(guilty.job.attempts).toMatchObject([{ number: 1, durationMs: undefined }])
    expect(await failureOf(beside.result())).toMatchObject({ _tag: "WorkerCrashed", reason: "signal" })
    // No other worker was given it.
    expect(linesOf(`${gate}.begun`)).toHaveLength(1)
  })
  it("is charged with it alone of those whose modules are loaded there, where it is known whose call that was", async () => {
    const [gate, starts] = [`${scratchFile()}.loads`, scratchFile()]
    const env = { LOADS_WITH: gate, LOADS_ENDS: "killed", STARTS_NOTES: starts }
    await using pool = await openIn(place, { workers: 1, concurrency: 2, env, drainTimeout: 0, killGrace: 50 })
    const guilty = pool.submit(exitsOnceLoaded, 1)
    await eventually(() => expect(linesOf(`${gate}.begun`)).toHaveLength(1))
    const beside = pool.submit(loadsSlowly, 2)
    await eventually(() => expect(linesOf(starts)).toHaveLength(1))
    writeFileSync(gate, "")
    expect(await failureOf(guilty.result())).toMatchObject({
      _tag: "WorkerCrashed",
      reason: "signal",
      signal: "SIGKILL"
    })
    // The next worker is given what this one had yet to load.
    await eventually(() => expect(linesOf(starts)).toHaveLength(2))
    expect(beside.status).not.toBe("settled")
    expect(linesOf(`${gate}.begun`)).toHaveLength(1)
  })
})
