/** A few errands, and proof that it would notice: `npm run chaos -- --kind errands` runs them for long. */
import { describe, expect, it } from "vitest"
import { errandsOf } from "./errands/draw.ts"
import { Stores } from "./errands/model.ts"
import { runErrands } from "./errands/run.ts"

const SEEDS = { process: [8], thread: [3, 29], inline: [1, 9, 34, 50] } as const

describe.each(["process", "thread", "inline"] as const)("on the isolation %s", (isolation) => {
  it.each(SEEDS[isolation])("errands keep every promise, seed %i", { timeout: 120_000 }, async (seed) => {
    expect((await runErrands(errandsOf(isolation, seed))).objections).toEqual([])
  })
})

it("a value that is not what was pushed, and a part that is there and should be lost, are noticed", () => {
  const stores = new Stores()
  const first = { id: 1, restarts: 0 }
  const second = { id: 2, restarts: 0 }
  stores.pushed(["a"], 3)
  expect(stores.ofPull("a", [first, second], { value: [3, 3] })).toBeUndefined()
  expect(stores.ofPull("a", [first, second], { value: [3, 2] })).toContain("a pull of a")
  expect(stores.ofPull("a", [first, second], { value: [3] })).toContain("a pull of a")
  expect(stores.ofPeek("a", [first], { worker: 1, found: false, value: undefined })).toContain("worker 1 has")
  stores.scattered("a", [1, 2, 3], [first, second])
  expect(stores.ofGather("a", [first, second], { value: [1, 2, 3] })).toBeUndefined()
  expect(stores.ofGather("a", [first, second], { value: [1, 3, 2] })).toContain("a gather of a")
  expect(stores.ofPeek("a", [first], { worker: 1, found: true, value: [1, 2] })).toBeUndefined()
  const anew = { id: 2, restarts: 1 }
  expect(stores.ofGather("a", [first, anew], { value: [1, 2, 3] })).toContain("should fail with NotInStore")
  expect(stores.ofPull("a", [first, anew], { error: { _tag: "NotInStore", lost: true } })).toBeUndefined()
  expect(stores.ofPull("a", [first, anew], { error: { _tag: "NotInStore", lost: false } })).toContain("lost")
})
