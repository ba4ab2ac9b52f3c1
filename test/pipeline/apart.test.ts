/** Inputs that a stage takes apart and that are no iterables, or break their contract: each fails by itself. */
import { Pipeline } from "holdfast"
import { expect, it } from "vitest"
import { upTo } from "../pool/places.ts"
import { accounted } from "./accounts.ts"

const odd: ReadonlyArray<readonly [iterable: object, message: string]> = [
  [{ [Symbol.iterator]: () => ({ nxt: 1 }) }, "its [Symbol.iterator]() gave { nxt: 1 }, which is no iterator"],
  [{ [Symbol.asyncIterator]: async () => ({}) }, "its [Symbol.asyncIterator]() gave a promise, which is no iterator"],
  // Its value would be undefined, and it would never be done.
  [{ [Symbol.iterator]: () => ({ next: () => 5 }) }, "its iterator gave 5, which is no object"]
]

it("fails those whose iterator is none, and goes on with the others", async () => {
  const letters: Array<Pipeline.DeadLetter> = []
  const pipeline = Pipeline.make<number>("odd")
    .map("odd", (n) => (odd[n]?.[0] ?? [n, -n]) as Iterable<number>)
    .unbatch("apart", { deadLetter: letters })
  expect(await pipeline.run(upTo(4))).toEqual([3, -3])
  for (const [at, [, message]] of odd.entries())
    expect(letters[at]).toMatchObject({ error: { cause: { message: expect.stringContaining(message) } } })
  expect(letters).toHaveLength(odd.length)
  accounted(pipeline.report(), { cancelled: 0 })
})
