/** Where a single job was asked for, and what is told of it where a loop has asked for thousands in one turn. */
import type { JobError, PromiseHandle } from "holdfast"
import { describe, expect, it } from "vitest"
import { throwsFor } from "../fixtures/faulty.ts"
import { slowSquare } from "../fixtures/plain.ts"
import { failureOf, openIn, places, upTo } from "../pool/places.ts"

const fails = { n: 1, bad: 1 }
const passes = { n: 1, bad: 2 }
const inline = places.find(({ isolation }) => isolation === "inline") ?? expect.unreachable()
const open = () => openIn(inline, { workers: 4 })

/** Line and printed text of a failed job's call. */
const callOf = async (handle: PromiseHandle<unknown, unknown>): Promise<{ line: number | undefined; text: string }> => {
  const error = (await failureOf(handle.result())) as JobError
  return { line: error.calledFrom[0]?.line, text: error.stack ?? "" }
}

const lineOf = (error: Error): number => Number(/call-sites\.test\.ts:(\d+)/.exec(error.stack ?? "")?.[1])

describe("the call of a submitted job", () => {
  it("is exactly told where each line submits its own", async () => {
    const pool = await open()
    const first = pool.submit(throwsFor, fails)
    const second = pool.submit(throwsFor, fails)
    const calls = await Promise.all([callOf(first), callOf(second)])
    expect((calls[1]?.line ?? 0) - (calls[0]?.line ?? 0)).toBe(1)
    for (const { text } of calls) expect(text).toMatch(/\n {4}called from\n/)
  })

  it("is the loop that submits thousands in a turn, of which it says that few were looked at", async () => {
    const pool = await open()
    const here = lineOf(new Error("here"))
    const handles = upTo(2_000).map(() => pool.submit(throwsFor, fails))
    const calls = await Promise.all(handles.map(callOf))
    expect(new Set(calls.map(({ line }) => line))).toEqual(new Set([here + 1]))
    const told = calls.map(({ text }) =>
      /called from \(this call, or one of the same turn right before it\)/.test(text)
    )
    expect(told).toEqual(upTo(2_000).map((at) => at >= 128))
    expect(JSON.parse(JSON.stringify(await failureOf(handles[1_999]?.result() ?? expect.unreachable())))).toMatchObject(
      {
        calledNearby: true
      }
    )
  })

  it("is never taken from a loop of another task, of another method, with options, or of another turn", async () => {
    const pool = await open()
    const loop = (): Array<Promise<unknown>> => upTo(300).map(() => pool.submit(throwsFor, passes).result())
    const settled = loop()
    settled.push(pool.submit(slowSquare, { n: 1, ms: 0 }).result(), ...loop())
    const withOptions = pool.submit(throwsFor, fails, { priority: 1 })
    const here = lineOf(new Error("here"))
    settled.push(...loop())
    await undefined
    const later = pool.submit(throwsFor, fails)
    const calls = await Promise.all([callOf(withOptions), callOf(later)])
    expect(calls.map(({ line }) => (line ?? 0) - here)).toEqual([-1, 3])
    for (const { text } of calls) expect(text).toMatch(/\n {4}called from\n/)
    await Promise.all(settled)
  })
})
