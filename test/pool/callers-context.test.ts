/** In whose `AsyncLocalStorage` what is the caller's own runs: in his, whichever worker's answer has set it off. */
import { AsyncLocalStorage } from "node:async_hooks"
import { Pipeline } from "holdfast"
import { describe, expect, it } from "vitest"
import { square } from "../fixtures/plain.ts"
import { addOne, noThirds } from "../fixtures/staged.ts"
import { places, sharedIn, valuesOf } from "./places.ts"

const user = new AsyncLocalStorage<string>()

/** Who was seen where. */
class Sightings {
  readonly #seen = new Map<string, Set<string>>()

  note(where: string): void {
    const here = this.#seen.get(where) ?? new Set()
    this.#seen.set(where, here.add(user.getStore() ?? "nobody"))
  }

  get told(): Readonly<Record<string, ReadonlyArray<string>>> {
    return Object.fromEntries([...this.#seen].map(([where, seen]) => [where, [...seen]]))
  }
}

describe.each(places)("the context of a call, $isolation", (place) => {
  const pool = sharedIn(place)
  const users = ["ann", "bob", "cleo"]

  const each = (act: (seen: Sightings, who: string) => Promise<unknown>): Promise<Array<Sightings>> =>
    Promise.all(
      users.map((who) =>
        user.run(who, async () => {
          const seen = new Sightings()
          await act(seen, who)
          seen.note("after")
          return seen
        })
      )
    )

  function* numbers(seen: Sightings) {
    try {
      for (let n = 0; n < 100; n++) {
        seen.note("generator")
        yield n
      }
    } finally {
      seen.note("its end")
    }
  }

  async function* numbersLater(seen: Sightings) {
    for (const n of numbers(seen)) {
      await new Promise(setImmediate)
      seen.note("async generator")
      yield n
    }
  }

  it("is seen by its inputs, by onProgress, and by whoever waits for it", async () => {
    const seen = await each(async (sightings) => {
      const onProgress = () => sightings.note("onProgress")
      await pool().map(square, numbers(sightings), { onProgress, chunkSize: 1 })
      await valuesOf(pool().stream(square, numbersLater(sightings), { chunkSize: 1 }))
    })
    for (const [at, who] of users.entries())
      expect(seen[at]?.told).toEqual({
        after: [who],
        "async generator": [who],
        generator: [who],
        "its end": [who],
        onProgress: [who]
      })
  })

  it("is seen by the functions and sinks of a pipeline", async () => {
    const seen = await each(async (sightings) => {
      const pipeline = Pipeline.make("seen")
        .stage<number, number>("check", noThirds, { deadLetter: () => sightings.note("deadLetter"), chunkSize: 1 })
        .map("map", async (n) => {
          sightings.note("map")
          return n
        })
        .stage("add", addOne)
        .tap("tap", () => sightings.note("tap"))
      await pipeline.run(numbers(sightings), { pool: pool() })
    })
    for (const [at, who] of users.entries())
      expect(seen[at]?.told).toEqual({
        after: [who],
        deadLetter: [who],
        generator: [who],
        "its end": [who],
        map: [who],
        tap: [who]
      })
  })
})
