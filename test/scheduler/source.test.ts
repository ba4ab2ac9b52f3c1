import { describe, expect, it, vi } from "vitest"
import { fractionRead, InputFailed, type Source } from "../../packages/supervisor/src/scheduler/Source.ts"
import { SubmittedSource } from "../../packages/supervisor/src/scheduler/SubmittedSource.ts"
import { sourceOf } from "../../packages/supervisor/src/scheduler/source-of.ts"

const open = (inputs: unknown, onReady: () => void = () => undefined): Source =>
  sourceOf(inputs as Iterable<unknown>, "pool.map(square)", onReady)

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe("a source", () => {
  it("of an array knows its total, and is a copy", () => {
    const inputs = [1, 2, 3]
    const source = open(inputs)
    inputs.length = 1
    expect([source.total, source.ready, source.take(2), source.take(2), source.take(2)]).toEqual([
      3,
      true,
      [1, 2],
      [3],
      []
    ])
    expect([source.exhausted, source.ready]).toEqual([true, false])
  })

  it("of a typed array gives its numbers, of a DataView it is none", () => {
    expect(open(new Uint8Array([7, 8])).take(9)).toEqual([7, 8])
    expect(() => open(new DataView(new ArrayBuffer(2)))).toThrow("an object that is not iterable")
  })

  it("of an iterator reads only what is taken, and closes it once", () => {
    let read = 0
    const returned = vi.fn(() => ({ done: true, value: undefined }))
    const source = open({
      [Symbol.iterator]: () => ({ next: () => ({ done: false, value: read++ }), return: returned })
    })
    expect([source.total, source.take(3), read]).toEqual([undefined, [0, 1, 2], 3])
    source.close()
    source.close()
    expect(returned).toHaveBeenCalledOnce()
    expect([source.exhausted, source.ready]).toEqual([true, false])
  })

  it("of an iterator that has ended, or has thrown, does not close it again", () => {
    const broken = new Error("broken")
    for (const next of [
      () => ({ done: true, value: undefined }),
      () => {
        throw broken
      }
    ]) {
      const returned = vi.fn()
      const source = open({ [Symbol.iterator]: () => ({ next, return: returned }) })
      try {
        source.take(1)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(InputFailed)
        expect(thrown).toMatchObject({ error: broken, taken: [] })
      }
      source.close()
      expect(source.exhausted).toBe(true)
      expect(returned).not.toHaveBeenCalled()
    }
  })

  it("of an async iterator reads as many as are wanted, and says when there is something", async () => {
    let read = 0
    async function* inputs(): AsyncGenerator<number> {
      for (;;) yield read++
    }
    const ready = vi.fn()
    const source = open(inputs(), ready)
    expect([source.ready, source.take(5)]).toEqual([false, []])
    source.want(3)
    await vi.waitFor(() => expect(read).toBe(3), { timeout: 20_000 })
    await turn()
    expect([read, ready.mock.calls.length, source.ready]).toEqual([3, 3, true])
    expect(source.take(2)).toEqual([0, 1])
    source.want(2)
    await vi.waitFor(() => expect(read).toBe(4), { timeout: 20_000 })
    await turn()
    expect(read).toBe(4)
    source.close()
  })

  it("of an async iterator tells at once that it failed, and throws it after what came before", async () => {
    const broken = new Error("broken")
    async function* inputs(): AsyncGenerator<number> {
      yield 1
      throw broken
    }
    const source = open(inputs())
    source.want(5)
    await vi.waitFor(() => expect(source.failure).toEqual({ error: broken }), { timeout: 20_000 })
    expect([source.exhausted, source.ready]).toEqual([false, true])
    expect(() => source.take(5)).toThrow(expect.objectContaining({ error: broken, taken: [1] }))
    expect([source.exhausted, source.failure]).toEqual([true, undefined])
  })

  it("of an async iterator that is closed while it waits gives nothing that comes after", async () => {
    let give: ((step: IteratorResult<number>) => void) | undefined
    const returned = vi.fn(async () => ({ done: true, value: undefined }))
    const ready = vi.fn()
    const next = (): Promise<IteratorResult<number>> =>
      new Promise((resolve) => {
        give = resolve
      })
    const source = open({ [Symbol.asyncIterator]: () => ({ next, return: returned }) }, ready)
    source.want(1)
    source.close()
    expect(returned).toHaveBeenCalledOnce()
    give?.({ done: false, value: 1 })
    await turn()
    expect([source.ready, source.exhausted, ready.mock.calls.length]).toEqual([false, true, 0])
  })

  it("of submitted jobs gives them in order, also after many", () => {
    const source = new SubmittedSource()
    const taken: Array<unknown> = []
    for (let n = 0; n < 10_000; n++) {
      source.push(n)
      if (n % 3 === 0) taken.push(...source.take(2))
    }
    expect(source.waiting).toBe(10_000 - taken.length)
    while (source.ready) taken.push(...source.take(100))
    expect(taken).toEqual(Array.from({ length: 10_000 }, (_, n) => n))
    expect(source.exhausted).toBe(false)
  })

  it.each([
    ["abc", 'the string "abc"'],
    [null, "null"],
    [undefined, "undefined"],
    [5, "number 5"],
    [{}, "an object that is not iterable"],
    [Promise.resolve([1]), "a promise, which is not iterable: await it first"],
    [function* () {}, "a function: call it, and give what it returns"]
  ])("of %j is refused, naming it", (inputs, received) => {
    const expected = "pool.map(square): expected the inputs as an array, an iterable or an async iterable"
    expect(() => open(inputs)).toThrow(new TypeError(`${expected}, received ${received}`))
  })
})

describe("a source that knows how much of it has been read", () => {
  it("says how many inputs are to be expected, and at its end how many there were", async () => {
    function* five(): Generator<number> {
      yield* [1, 2, 3, 4, 5]
    }
    let fraction: unknown = 0
    const known = five()
    Object.defineProperty(known, fractionRead, { get: () => fraction })
    const source = open(known)
    expect(source.expected).toBeUndefined()
    source.take(2)
    const expectedAt = (at: unknown): number | undefined => {
      fraction = at
      return source.expected
    }
    expect([0.5, 0.1, 1].map(expectedAt)).toEqual([4, 20, 2])
    expect([0, -1, 2, Number.NaN, "half", undefined].map(expectedAt)).toEqual(Array(6).fill(undefined))
    source.take(9)
    expect(source.expected).toBe(5)
  })

  it("does so where inputs come later, and says nothing where nothing is known", async () => {
    async function* three(): AsyncGenerator<number> {
      yield* [1, 2, 3]
    }
    const inputs = three()
    Object.defineProperty(inputs, fractionRead, { get: () => 0.25 })
    const source = open(inputs)
    source.want(1)
    await vi.waitFor(() => expect(source.expected).toBe(4))
    expect(open(three()).expected).toBeUndefined()
    source.close()
  })
})
