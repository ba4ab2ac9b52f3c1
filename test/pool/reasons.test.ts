import { createPool, jobOf } from "holdfast"
import { expect, it } from "vitest"
import {
  closesBadly,
  failsTwice,
  heedsSignal,
  neverCloses,
  returnsGenerator,
  returnsNumber,
  returnsPromise,
  waitsInGenerator
} from "../fixtures/effects.ts"
import { failureOf, places } from "./places.ts"

// Inline, what a job prints is the program's own.
const captured = places.filter(({ isolation }) => isolation !== "inline")

it.each(captured)(
  "an Effect that failed for two reasons fails with one, and its log has both, $isolation",
  async ({ isolation }) => {
    const pool = await createPool({ workers: 1, isolation, logger: false })
    try {
      const error: unknown = await pool.run(failsTwice, "a.txt").catch((thrown) => thrown)
      // Effect makes a defect of the typed error too, where a finalizer dies.
      expect(error).toMatchObject({ _tag: "TaskThrew", cause: { _tag: "Unreadable", path: "a.txt" } })
      const [line, ...more] = jobOf(error)?.logs ?? []
      expect(more).toEqual([])
      expect(line).toMatchObject({ message: expect.stringContaining("the Effect failed for 2 reasons") })
      expect(JSON.stringify(line)).toContain("the file was not closed")
      expect(JSON.stringify(line)).toContain("Unreadable")
    } finally {
      await pool.close()
    }
  }
)

const INTERRUPTED = "the Effect failed as it was interrupted, when its job had failed already"

it.each(captured)(
  "an Effect that fails as it is interrupted says so in its job's log, $isolation",
  async ({ isolation }) => {
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    const late = pool.submit(closesBadly, 60_000, { timeout: 300 })
    const stuck = pool.submit(closesBadly, "for ever")
    const cancelled = pool.submit(closesBadly, 60_000)
    for (const [handle, tag] of [
      [late, "JobTimedOut"],
      [stuck, "JobStuck"],
      [cancelled, "JobCancelled"]
    ] as const) {
      if (handle === cancelled) {
        await expect.poll(() => cancelled.logs.length, { timeout: 10_000 }).toBe(1)
        cancelled.cancel("not wanted")
      }
      expect(await handle.result().catch((thrown: unknown) => thrown)).toMatchObject({ _tag: tag })
      await expect.poll(() => handle.logs.map(({ message }) => message)).toEqual(["begun", INTERRUPTED])
      expect(JSON.stringify(handle.logs[1]?.fields)).toContain("the file was not closed")
    }
    const heeding = pool.submit(heedsSignal, 60_000, { timeout: 300 })
    expect(await heeding.result().catch((thrown: unknown) => thrown)).toMatchObject({ _tag: "JobTimedOut" })
    // The next job of its worker begins behind all that it did.
    await pool.run(heedsSignal, 1)
    expect(heeding.logs).toEqual([])
  }
)

it.each([
  [
    returnsPromise,
    /^task "returnsPromise" .* threw TypeError: Task\.effect\("returnsPromise"\): expected an Effect from its run, received Promise .*: an async function is for Task\.fn, or goes into Effect\.promise$/
  ],
  [
    returnsGenerator,
    /expected an Effect from its run, received .*: a generator function goes into Effect\.gen or Effect\.fn$/
  ],
  [returnsNumber, /expected an Effect from its run, received 5$/]
] as const)("a Task.effect whose run gives no Effect is told what it gave: %#", async (task, words) => {
  await using pool = await createPool({ workers: 1, isolation: "inline", logger: false })
  const error: unknown = await pool.run(task, 5).catch((thrown) => thrown)
  expect(error).toMatchObject({ _tag: "TaskThrew", message: expect.stringMatching(words) })
})

it("an Effect that can never go on is told where it stands, and never by a line of Effect's own", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  const stuck = await failureOf(pool.run(waitsInGenerator, 1))
  expect(stuck).toMatchObject({
    _tag: "JobStuck",
    message: expect.stringMatching(/ \(open: effect \(.* at \S+effects\.ts:\d+:\d+\)\)$/)
  })
  const closing = (await failureOf(pool.run(neverCloses, 1))) as Error
  expect(closing).toMatchObject({ _tag: "JobStuck", waitingOn: [] })
  expect(closing.stack).toMatch(/\n {4}in task neverCloses \(\S+effects\.ts:\d+:\d+\)\n/)
})
