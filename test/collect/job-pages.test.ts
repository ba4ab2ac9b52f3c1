/** The single jobs that have not settled, kept by their index. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { JobPages } from "../../packages/supervisor/src/collect/JobPages.ts"
import { PendingJob } from "../../packages/supervisor/src/collect/PendingJob.ts"

describe("the jobs that have not settled", () => {
  it("are found and taken as out of a Map, in whatever order they settle", () => {
    const step = fc.record({ add: fc.nat(1500), take: fc.array(fc.nat(4000), { maxLength: 300 }) })
    fc.assert(
      fc.property(fc.nat(2000), fc.array(step, { maxLength: 6 }), (first, steps) => {
        const pages = new JobPages()
        const map = new Map<number, PendingJob>()
        let next = first
        for (const { add, take } of steps) {
          for (let left = add; left > 0; left--, next++) {
            const job = new PendingJob(undefined, next, undefined, undefined)
            pages.add(next, job)
            map.set(next, job)
          }
          for (const each of take) {
            const index = first + each
            expect(pages.get(index)).toBe(map.get(index))
            expect(pages.take(index)).toBe(map.get(index))
            map.delete(index)
            expect(pages.get(index)).toBeUndefined()
          }
          expect(pages.size).toBe(map.size)
        }
        for (const [index, job] of map) expect(pages.take(index)).toBe(job)
        expect(pages.size).toBe(0)
      }),
      { numRuns: 60 }
    )
  })
})

describe("a submitted job", () => {
  it("answers all who wait, in their order, and who comes later; but not who has stopped", async () => {
    const job = new PendingJob(undefined, 3, "in", undefined)
    const told: Array<string> = []
    const first = PendingJob.resultOf(job).then((value) => told.push(`result ${value}`))
    const stop = PendingJob.onSettled(job, () => told.push("stopped"))
    PendingJob.onSettled(job, ({ _tag, job: { index } }) => told.push(`${_tag} ${index}`))
    stop()
    stop()
    expect(PendingJob.isSettled(job)).toBe(false)
    expect(PendingJob.outcomeOf(job)).toBeUndefined()
    const summary = { index: 3 } as never
    PendingJob.settle(job, { _tag: "Succeeded", value: 7, job: summary })
    PendingJob.settle(job, { _tag: "Failed", error: "late", job: summary } as never)
    expect(told).toEqual(["Succeeded 3"])
    await first
    expect(await PendingJob.resultOf(job)).toBe(7)
    PendingJob.onSettled(job, ({ _tag }) => told.push(`later ${_tag}`))
    expect(told).toEqual(["Succeeded 3", "result 7", "later Succeeded"])
  })

  it("rejects with what it failed with, whoever asked before and whoever asks later", async () => {
    const job = new PendingJob(undefined, 0, "in", undefined)
    const before = [PendingJob.resultOf(job), PendingJob.resultOf(job)]
    const error = new Error("no")
    PendingJob.settle(job, { _tag: "Failed", error: error as never, job: { index: 0 } as never })
    for (const each of [...before, PendingJob.resultOf(job)]) await expect(each).rejects.toBe(error)
  })

  it("rejects with what is no error, and even with what can be waited for, as it is", async () => {
    // biome-ignore lint/suspicious/noThenProperty: it is to be handed on, not waited for
    const thenable = { then: (resolve: (value: unknown) => void) => resolve("a value") }
    for (const error of [undefined, 7, thenable]) {
      const job = new PendingJob(undefined, 0, "in", undefined)
      const result = PendingJob.resultOf(job)
      PendingJob.settle(job, { _tag: "Failed", error: error as never, job: { index: 0 } as never })
      const reason = await result.then(
        () => "nothing",
        (thrown) => [thrown]
      )
      expect(reason[0]).toBe(error)
    }
  })

  it("shows nothing of itself, for it is what its handle is", () => {
    const job = new PendingJob(undefined, 0, "in", undefined)
    expect(Reflect.ownKeys(job)).toEqual([])
    expect(Reflect.ownKeys(PendingJob.prototype)).toEqual(["constructor"])
  })
})
