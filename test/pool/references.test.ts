/**
 * What a pool still holds once a call is over: neither inputs nor values nor failures, however long it idles then. As
 * Python's executors are tested for stale references.
 */
import { setImmediate as turn } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Handle } from "holdfast"
import { describe, expect, it } from "vitest"
import { waitsUntilCancelled } from "../fixtures/cancellable.ts"
import { echo } from "../fixtures/plain.ts"
import { throwsCustom } from "../fixtures/thrown.ts"
import { eventually, failureOf, places, sharedIn, upTo } from "./places.ts"

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** Objects that are not to be held on to, by what they were. */
class Watched {
  readonly #seen: Array<{ readonly what: string; readonly object: WeakRef<object> }> = []

  all<A>(what: string, objects: ReadonlyArray<A>): ReadonlyArray<A> {
    for (const object of objects) this.#seen.push({ what, object: new WeakRef(object as object) })
    return objects
  }

  one<A>(what: string, object: A): A {
    this.all(what, [object])
    return object
  }

  /** What is still there after the garbage was collected. */
  async left(): Promise<ReadonlyArray<string>> {
    collectGarbage()
    await turn()
    return this.#seen.filter(({ object }) => object.deref() !== undefined).map(({ what }) => what)
  }
}

const objects = (count: number) => upTo(count).map((n) => ({ n }))

describe.each(places)("a pool that idles, $isolation", (place) => {
  // What waits for it to be over must not be what is left.
  const pool = sharedIn(place, { killGrace: "10 minutes" })

  /** Each in a function of its own, so that nothing of it lies about when it has returned. */
  const calls: Record<string, (watched: Watched) => Promise<unknown>> = {
    run: async (watched) => {
      watched.one("value", await pool().run(echo, watched.one("input", { n: 1 })))
    },
    map: async (watched) => {
      watched.all("value", await pool().map(echo, watched.all("input", objects(20)), { chunkSize: 5 }))
    },
    settle: async (watched) => {
      watched.all("outcome", await pool().settle(echo, watched.all("input", objects(20))))
    },
    stream: async (watched) => {
      for await (const value of pool().stream(echo, watched.all("input", objects(20)))) watched.one("value", value)
    },
    submitAll: async (watched) => {
      const handles = watched.all("handle", pool().submitAll(echo, watched.all("input", objects(20))))
      watched.all("value", await Handle.all(handles))
    },
    "submit, with the handle dropped": async (watched) => {
      pool().submit(echo, watched.one("input", { n: 1 }))
      await pool().map(echo, upTo(4), { chunkSize: 1 })
    },
    "a map that fails": async (watched) => {
      watched.one("failure", await failureOf(pool().map(throwsCustom, [1, 2, 3] as never)))
    },
    "a job that is cancelled while it runs": async (watched) => {
      const handle = pool().submit(waitsUntilCancelled, watched.one("input", { n: 1 }))
      await eventually(() => expect(handle.status).toBe("running"))
      handle.cancel()
      watched.one("failure", await failureOf(handle.result()))
    },
    "a stream that is left while its jobs run": async (watched) => {
      for await (const value of pool().stream(echo, watched.all("input", objects(20)), { chunkSize: 1 })) {
        watched.one("value", value)
        break
      }
    },
    "a map that is cancelled": async (watched) => {
      const signal = AbortSignal.abort()
      watched.one("failure", await failureOf(pool().map(echo, watched.all("input", objects(5)), { signal })))
    }
  }

  it.each(Object.keys(calls))("holds nothing of what went through %s", async (name) => {
    const watched = new Watched()
    await calls[name]?.(watched)
    await expect.poll(() => watched.left()).toEqual([])
  })

  it("holds nothing of a batch but the outcome that its caller has kept", async () => {
    const watched = new Watched()
    const first = await (async () => {
      const outcomes = await pool().settle(echo, objects(200), { chunkSize: 10 })
      watched.all("outcome", outcomes.slice(1))
      return outcomes[0]
    })()
    await expect.poll(() => watched.left()).toEqual([])
    expect(first).toMatchObject({ _tag: "Succeeded", value: { n: 0 }, job: { inputPreview: "{ n: 0 }" } })
  })

  it("holds no value of a stream that its reader has gone past", async () => {
    const watched = new Watched()
    let read = 0
    for await (const value of pool().stream(echo, objects(40), { chunkSize: 20 })) {
      if (++read % 20 !== 15) watched.one("value", value)
      else await expect.poll(() => watched.left()).toEqual([])
    }
    expect(read).toBe(40)
  })
})
