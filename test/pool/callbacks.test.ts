/** Callbacks of the caller's that throw: no call hangs of them, no job is lost, nothing is an unhandled rejection. */
import { jobOf } from "holdfast"
import { describe, expect, it } from "vitest"
import { succeedsAt } from "../fixtures/attempts.ts"
import { square, throwsOnAbort, whoAmI } from "../fixtures/callbacks.ts"
import { throws } from "../fixtures/faulty.ts"
import { eventually, failureOf, linesOf, places, scratchFile, sharedIn, upTo, valuesOf } from "./places.ts"
import { hearWarnings } from "./warnings.ts"

const { saying, warned } = hearWarnings()

const fails = (): never => {
  throw new RangeError("the callback's own")
}
const failsLater = async (): Promise<never> => fails()

describe.each(places)("a callback that throws, $isolation", (place) => {
  const pair = sharedIn(place, { killGrace: 50 })

  it.each([
    ["at once", fails],
    ["later", failsLater]
  ])("(onProgress, %s) is warned of once, and the batch goes on", async (_, onProgress) => {
    expect(await pair().map(square, upTo(50), { chunkSize: 1, onProgress })).toHaveLength(50)
    expect(await valuesOf(pair().stream(square, upTo(5), { onProgress: onProgress as never }))).toHaveLength(5)
    await eventually(() => expect(saying(/listener.*the callback's own/s)).not.toEqual([]))
  })

  it("(key) is warned of once, and the jobs are called by their indices", async () => {
    const key = (n: number): string => (n % 2 === 0 ? `even ${n}` : fails())
    const names = await pair().map(whoAmI, upTo(4), { key })
    expect(names.map((name) => name.key)).toEqual(["even 0", "1", "even 2", "3"])
    const handles = pair().submitAll(whoAmI, upTo(4), { key })
    expect((await Promise.all(handles.map((each) => each.result()))).map((name) => name.key)).toEqual(
      names.map((name) => name.key)
    )
    await warned(/key function given with task "whoAmI" threw.*the callback's own/s)
  })

  it.each([
    ["throws", fails],
    ["rejects", failsLater]
  ])("(shouldRetry %s) is what the job fails with, after the attempt that asked for it", async (_, shouldRetry) => {
    const file = scratchFile()
    const retry = { retries: 5, minTimeout: 1, shouldRetry }
    const handle = pair().submit(succeedsAt, { file, until: 9 }, { retry })
    const error = await failureOf(handle.result())
    expect(error).toMatchObject({ name: "RangeError", message: "the callback's own" })
    expect(jobOf(error)?.attempts).toMatchObject([{ number: 1, failure: "TaskThrew" }])
    expect(linesOf(file)).toEqual(["1"])
    const settled = await pair().settle(throws, ["a", "b"], { retry })
    expect(settled.map(({ _tag }) => _tag)).toEqual(["Failed", "Failed"])
    expect(await failureOf(pair().map(throws, ["a"], { retry }))).toMatchObject({ name: "RangeError" })
  })

  it("(a listener of the caller's on the signal) keeps no job from being cancelled", async () => {
    const controller = new AbortController()
    const thrown: Array<unknown> = []
    // As any EventTarget does, the signal reports it to the process, after having told the others.
    const listen = (error: unknown): void => void thrown.push(error)
    const others = process.listeners("uncaughtException")
    process.removeAllListeners("uncaughtException")
    process.on("uncaughtException", listen)
    try {
      controller.signal.addEventListener("abort", fails)
      const file = scratchFile()
      const one = pair().submit(throwsOnAbort, file, { signal: controller.signal })
      await eventually(() => expect(linesOf(file)).toEqual(["started"]))
      controller.abort("stop")
      expect(await failureOf(one.result())).toMatchObject({ _tag: "JobCancelled", cause: "stop" })
      await eventually(() => expect(thrown.length).toBeGreaterThan(0))
      expect(await pair().run(square, 3)).toBe(9)
    } finally {
      process.off("uncaughtException", listen)
      for (const each of others) process.on("uncaughtException", each)
    }
  })
})
