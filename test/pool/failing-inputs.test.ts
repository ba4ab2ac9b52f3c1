import { PassThrough, Readable } from "node:stream"
import { describe, expect, it } from "vitest"
import { waitsForever } from "../fixtures/faulty.ts"
import { echo, slowSquare, square } from "../fixtures/plain.ts"
import { notFive } from "../fixtures/staged.ts"
import { failureOf, openIn, places, sharedIn, upTo, valuesOf } from "./places.ts"
import { hearWarnings } from "./warnings.ts"

const { warned } = hearWarnings()

const COUNT = 6
const broken = new Error("the iterable's own")

function* failsAt(at: number): Generator<number> {
  for (let n = 0; n < COUNT; n++) {
    if (n === at) throw broken
    yield n
  }
  if (at === COUNT) throw broken
}
async function* failsLaterAt(at: number): AsyncGenerator<number> {
  for (const n of failsAt(at)) {
    await new Promise((resolve) => setImmediate(resolve))
    yield n
  }
}
const kinds = [
  ["a generator", failsAt],
  ["an async generator", failsLaterAt]
] as const

/** At the first item, in the middle, at the last, and where the end should have been. */
const cases = kinds.flatMap(([kind, inputs]) => [0, 3, COUNT - 1, COUNT].map((at) => ({ kind, inputs, at })))

/** Inputs that break the iterator's contract: `for … of` refuses them, too. */
const unruly: ReadonlyArray<[string, () => Iterable<number>, RegExp]> = [
  [
    "gives undefined for a step",
    () => ({ [Symbol.iterator]: () => ({ next: () => undefined }) }) as never,
    /no object/
  ],
  ["gives a number for a step", () => ({ [Symbol.iterator]: () => ({ next: () => 5 }) }) as never, /no object/],
  [
    "has a step whose value throws",
    () =>
      ({
        [Symbol.iterator]: () => ({
          next: () => ({
            done: false,
            get value(): number {
              throw broken
            }
          })
        })
      }) as never,
    /own/
  ],
  [
    "can't be opened",
    () =>
      ({
        [Symbol.iterator]: () => {
          throw broken
        }
      }) as never,
    /own/
  ],
  ["has no next", () => ({ [Symbol.iterator]: () => ({ nxt: 1 }) }) as never, /\{ nxt: 1 \}.*has no method next/],
  [
    "is a promise",
    () => ({ [Symbol.iterator]: async () => fails() }) as never,
    /a promise.*no iterator.*Symbol\.asyncIterator/
  ],
  [
    "gives promises for steps",
    () => ({ [Symbol.iterator]: () => ({ next: async () => ({ done: false, value: 1 }) }) }) as never,
    /a promise.*no step.*Symbol\.asyncIterator/
  ],
  [
    "is an async generator by a synchronous name",
    () => ({ [Symbol.iterator]: () => failsLaterAt(0) }) as never,
    /a promise.*no step.*Symbol\.asyncIterator/
  ]
]
const unrulyLater: ReadonlyArray<[string, () => AsyncIterable<number>, RegExp]> = [
  [
    "is a promise, which is none",
    () => ({ [Symbol.asyncIterator]: async () => failsLaterAt(0) }) as never,
    /a promise.*no iterator.*must not be async/
  ],
  ["gives no promise", () => ({ [Symbol.asyncIterator]: () => ({ next: () => undefined }) }) as never, /undefined/],
  ["gives a number later", () => ({ [Symbol.asyncIterator]: () => ({ next: async () => 5 }) }) as never, /no object/],
  [
    "throws where it should reject",
    () =>
      ({
        [Symbol.asyncIterator]: () => ({
          next: () => {
            throw broken
          }
        })
      }) as never,
    /own/
  ]
]

/** Endless numbers that can't be let go of. */
const unclosable: ReadonlyArray<[string, () => AsyncIterable<number> | Iterable<number>]> = [
  ["whose return throws", () => ({ [Symbol.iterator]: () => ({ ...counting(), return: fails }) }) as never],
  [
    "that is async and whose return throws",
    () => ({ [Symbol.asyncIterator]: () => ({ ...counting(), return: fails }) }) as never
  ],
  [
    "that is async and whose return rejects",
    () => ({ [Symbol.asyncIterator]: () => ({ ...counting(), return: async () => fails() }) }) as never
  ],
  [
    "that is async and has a getter for its return, which throws",
    () => ({ [Symbol.asyncIterator]: () => Object.defineProperty(counting(), "return", { get: fails }) }) as never
  ]
]
const fails = (): never => {
  throw broken
}
const counting = () => {
  let n = 0
  return { next: () => ({ done: false, value: n++ }) }
}

describe.each(places)("inputs that fail, $isolation", (place) => {
  const pair = sharedIn(place)

  it.each(cases)("$kind that throws at $at fails map and settle with its own error", async ({ inputs, at }) => {
    expect(await failureOf(pair().map(square, inputs(at)))).toBe(broken)
    expect(await failureOf(pair().map(square, inputs(at), { onFailure: "collect", chunkSize: 4 }))).toBe(broken)
    expect(await failureOf(pair().settle(square, inputs(at)))).toBe(broken)
  })

  it.each(cases)("$kind that throws at $at lets a stream give all that was read before", async ({ inputs, at }) => {
    for (const options of [{}, { chunkSize: 4 }, { lookAhead: 1, chunkSize: 1 }]) {
      const seen: Array<number> = []
      const reading = async (): Promise<void> => {
        for await (const value of pair().stream(square, inputs(at), options)) seen.push(value)
      }
      expect(await failureOf(reading())).toBe(broken)
      expect(seen).toEqual(upTo(at).map((n) => n * n))
    }
    const unordered: Array<number> = []
    await failureOf(
      (async () => {
        for await (const value of pair().stream(square, inputs(at), { ordered: false })) unordered.push(value)
      })()
    )
    expect(unordered.toSorted((a, b) => a - b)).toEqual(upTo(at).map((n) => n * n))
  })

  it("fail a map at once, though every worker is busy with what came before", async () => {
    await using pool = await openIn(place, { killGrace: 50 })
    async function* inputs(): AsyncGenerator<undefined> {
      yield undefined
      yield undefined
      throw broken
    }
    // The job never ends: without an answer at once, there would be none.
    expect(await failureOf(pool.map(waitsForever, inputs()))).toBe(broken)
    expect(await failureOf(pool.settle(waitsForever, inputs()))).toBe(broken)
    expect(await pool.run(square, 5)).toBe(25)
  })

  it.each([...unruly, ...unrulyLater])(
    "an iterator that %s fails the call, and nothing hangs",
    async (_, inputs, message) => {
      for (const call of [
        () => pair().map(square, inputs()),
        () => pair().settle(square, inputs()),
        () => valuesOf(pair().stream(square, inputs())),
        () => valuesOf(pair().stream(square, inputs(), { onFailure: "collect", ordered: false }))
      ]) {
        expect(await failureOf(call())).toMatchObject({ message: expect.stringMatching(message) })
      }
      expect(await pair().run(square, 4)).toBe(16)
    }
  )

  it.each(unruly)("an iterator that %s fails what is submitted of it", async (_, inputs, message) => {
    const results = pair()
      .submitAll(square, inputs())
      .map((handle) => failureOf(handle.result()))
    expect(await Promise.all(results)).toMatchObject([{ message: expect.stringMatching(message) }])
  })

  it.each([
    ["with an element that throws", () => Object.defineProperty([1, 2, 3], 1, { get: fails })],
    ["that can't be looked at", () => new Proxy([1], { get: fails })]
  ])("an array %s fails the call, which does not throw", async (_, inputs) => {
    for (const call of [
      () => pair().map(square, inputs()),
      () => pair().settle(square, inputs()),
      () => valuesOf(pair().stream(square, inputs())),
      ...pair()
        .submitAll(square, inputs())
        .map((handle) => () => handle.result())
    ]) {
      expect(await failureOf(call())).toBe(broken)
    }
  })

  it("a readable that is destroyed with an error fails the call with it", async () => {
    const failing = new Readable({
      objectMode: true,
      read() {
        this.push(1)
        this.destroy(broken)
      }
    })
    expect(await failureOf(pair().map(square, failing))).toBe(broken)
  })

  it("a readable is destroyed when its reader leaves, also while it waits for data", async () => {
    for (const inputs of [Readable.from(upTo(1000)), new PassThrough({ objectMode: true })]) {
      if (inputs instanceof PassThrough) inputs.write(1)
      for await (const _ of pair().stream(square, inputs)) break
      expect(inputs.destroyed).toBe(true)
    }
  })

  it.each(unclosable)("an iterator %s fails the loop that is left, and no call that has failed", async (_, inputs) => {
    const leaving = async (): Promise<void> => {
      for await (const value of pair().stream(square, inputs())) if (value === 4) break
    }
    expect(await failureOf(leaving())).toBe(broken)
    expect(await failureOf(pair().map(notFive, inputs()))).toMatchObject({ cause: { message: "5 is not allowed" } })
    await warned(/inputs of pool\.map\(notFive\).*the iterable's own/s)
    const controller = new AbortController()
    const reading = (async () => {
      for await (const value of pair().stream(square, inputs(), { signal: controller.signal }))
        if (value === 4) controller.abort("enough")
    })()
    expect(await failureOf(reading)).toMatchObject({ _tag: "JobCancelled", cause: "enough" })
    await warned(/inputs of pool\.stream\(square\).*the iterable's own/s)
    expect(await pair().run(square, 4)).toBe(16)
  })

  it("inputs that end early while others are slow lose nothing", async () => {
    async function* inputs(): AsyncGenerator<{ n: number; ms: number }> {
      yield { n: 1, ms: 60 }
      yield { n: 2, ms: 0 }
    }
    expect(await pair().map(slowSquare, inputs())).toEqual([1, 4])
    expect(await valuesOf(pair().stream(slowSquare, inputs()))).toEqual([1, 4])
  })

  it("inputs that can't be sent fail their own job alone, naming the place", async () => {
    const inputs = [1, { items: [{ onClick: () => 1 }] }, 3]
    const outcomes = await pair().settle(echo, inputs, { chunkSize: 3 })
    expect(outcomes).toMatchObject([
      { _tag: "Succeeded", value: 1 },
      {
        _tag: "Failed",
        error: { _tag: "NotSerializable", side: "input", path: "input.items[0].onClick" },
        job: { index: 1, attempts: [] }
      },
      { _tag: "Succeeded", value: 3 }
    ])
    expect(await failureOf(pair().map(echo, inputs))).toMatchObject({ _tag: "NotSerializable", job: { index: 1 } })
  })
})
