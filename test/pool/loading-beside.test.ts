/** Jobs whose module is loaded while others run beside them in the same worker, when that worker ends. */
import { writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { openGate, passesGate } from "../fixtures/gated.ts"
import { passesGateOnceLoaded } from "../fixtures/loads-at-gate.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile } from "./places.ts"

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
})
