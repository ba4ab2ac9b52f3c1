/** `pool.outcomes`: how each job settled, streamed. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createPool, type Outcome, Pool } from "holdfast"
import { expect, it } from "vitest"
import { failsUntil, slowSquare } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"

it("gives every outcome in input order, failures among them, and never fails for a job", async () => {
  const before = snapshotLeaks()
  {
    await using pool = await createPool({ workers: 2, logger: false })
    const outcomes: Array<Outcome<number>> = []
    for await (const outcome of pool.outcomes(failsUntil, [1, 2, 1], { onFailure: "failFast" })) outcomes.push(outcome)
    expect(outcomes.map(({ _tag, job }) => [_tag, job.index])).toEqual([
      ["Succeeded", 0],
      ["Failed", 1],
      ["Succeeded", 2]
    ])
    expect(outcomes[1]).toMatchObject({
      error: { _tag: "TaskThrew", message: expect.stringContaining("attempt 1 fails") }
    })
    expect(outcomes[0]).toMatchObject({ value: 1, job: { attempts: [{ number: 1, failure: undefined }] } })
  }
  await expectNoLeaks(before)
})

it("gives them as they settle with ordered: false, and what a signal cancels as failed", async () => {
  const cancel = new AbortController()
  await using pool = await createPool({ workers: 2, logger: false })
  const seen: Array<readonly [number, string]> = []
  const inputs = [
    { n: 1, ms: 600_000 },
    { n: 2, ms: 0 }
  ]
  const read = async (): Promise<void> => {
    for await (const { _tag, job } of pool.outcomes(slowSquare, inputs, { ordered: false, signal: cancel.signal })) {
      seen.push([job.index, _tag])
      cancel.abort()
    }
  }
  await expect(read()).rejects.toMatchObject({ _tag: "JobCancelled" })
  expect(seen).toEqual([
    [1, "Succeeded"],
    [0, "Failed"]
  ])
})

it("is a Stream on the Effect door", async () => {
  const program = Effect.gen(function* () {
    const pool = yield* Pool.make({ workers: 1, logger: false })
    return yield* Stream.runCollect(pool.outcomes(failsUntil, [2, 1]))
  })
  const outcomes = await Effect.runPromise(Effect.scoped(program))
  expect(outcomes.map(({ _tag }) => _tag)).toEqual(["Failed", "Succeeded"])
})
