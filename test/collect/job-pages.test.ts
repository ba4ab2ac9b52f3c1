/** The single jobs that have not settled, kept by their index. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { JobPages } from "../../packages/supervisor/src/collect/JobPages.ts"
import { PendingJob } from "../../packages/supervisor/src/collect/single.ts"

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
            const job = new PendingJob(next, undefined)
            pages.add(job)
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
    const job = new PendingJob(3, "in")
    const told: Array<string> = []
    const first = job.result.then((value) => told.push(`result ${value}`))
    const stop = job.onSettled(() => told.push("stopped"))
    job.onSettled(({ _tag, job: { index } }) => told.push(`${_tag} ${index}`))
    stop()
    stop()
    expect(job.settled).toBe(false)
    expect(job.outcome).toBeUndefined()
    const summary = { index: 3 } as never
    job.settle({ _tag: "Succeeded", value: 7, job: summary })
    job.settle({ _tag: "Failed", error: "late", job: summary } as never)
    expect(told).toEqual(["Succeeded 3"])
    await first
    expect(await job.result).toBe(7)
    job.onSettled(({ _tag }) => told.push(`later ${_tag}`))
    expect(told).toEqual(["Succeeded 3", "result 7", "later Succeeded"])
  })

  it("rejects with what it failed with", async () => {
    const job = new PendingJob(0, "in")
    const before = job.result
    const error = new Error("no")
    job.settle({ _tag: "Failed", error: error as never, job: { index: 0 } as never })
    await expect(before).rejects.toBe(error)
    await expect(job.result).rejects.toBe(error)
  })
})
