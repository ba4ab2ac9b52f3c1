import { Readable } from "node:stream"
import { describe, expect, it, vi } from "vitest"
import { Closing, returnsAtOnce } from "../../packages/supervisor/src/scheduler/Closing.ts"
import { sourceOf } from "../../packages/supervisor/src/scheduler/source-of.ts"

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const broken = new Error("broken")

/** An async iterator whose steps and whose close are settled by the test. */
const held = (more: object = {}) => {
  const step = Promise.withResolvers<IteratorResult<number>>()
  const closed = Promise.withResolvers<IteratorResult<number>>()
  const untold = vi.fn()
  const inputs = { [Symbol.asyncIterator]: () => ({ next: () => step.promise, return: () => closed.promise, ...more }) }
  const source = sourceOf(inputs as AsyncIterable<number>, "pool.map(square)", () => undefined, untold)
  return { source, step, closed, untold }
}

const isSettled = async (promise: Promise<unknown> | undefined): Promise<boolean> => {
  let settled = false
  const settle = (): void => {
    settled = true
  }
  promise?.then(settle, settle)
  await turn()
  await turn()
  return settled
}

describe("the closing of inputs", () => {
  it("is there once they are let go of, and not where they have ended by themselves", async () => {
    const { source, step } = held()
    source.want(1)
    step.resolve({ done: true, value: undefined })
    await vi.waitFor(() => expect(source.exhausted).toBe(true))
    source.close()
    expect(source.closing).toBeUndefined()
    expect(held().source.closing).toBeUndefined()
  })

  it("is waited for where nothing else is, and where a step is answered on the same turn", async () => {
    for (const asks of [false, true]) {
      const { closed, source, step } = held()
      if (asks) source.want(1)
      source.close()
      const waiting = source.closing?.wait()
      step.resolve({ done: false, value: 1 })
      expect(await isSettled(waiting)).toBe(false)
      closed.resolve({ done: true, value: undefined })
      await waiting
    }
  })

  it("is not waited for behind a step without an answer, unless the iterator returns at once", async () => {
    const stuck = held()
    stuck.source.want(1)
    stuck.source.close()
    expect(await isSettled(stuck.source.closing?.wait())).toBe(true)
    const atOnce = held({ [returnsAtOnce]: true })
    atOnce.source.want(1)
    atOnce.source.close()
    expect(await isSettled(atOnce.source.closing?.wait())).toBe(false)
  })

  it("fails whoever waits for it, once; without him it is told elsewhere", async () => {
    const awaited = held()
    awaited.source.close()
    const waiting = awaited.source.closing?.wait()
    const another = awaited.source.closing?.wait()
    awaited.closed.reject(broken)
    await expect(waiting).rejects.toBe(broken)
    await another
    expect(awaited.untold).not.toHaveBeenCalled()

    const alone = held()
    alone.source.close()
    alone.closed.reject(broken)
    await turn()
    expect(alone.untold.mock.calls).toEqual([[broken]])
    await alone.source.closing?.wait()

    const given = held()
    given.source.want(1)
    given.source.close()
    await given.source.closing?.wait()
    given.closed.reject(broken)
    await turn()
    expect(given.untold.mock.calls).toEqual([[broken]])
  })

  it("tells of a step that fails after it, though once where it fails alike", async () => {
    for (const ownEnd of [undefined, broken, new Error("another")]) {
      const { closed, source, step, untold } = held()
      source.want(1)
      source.close()
      step.reject(broken)
      if (ownEnd === undefined) closed.resolve({ done: true, value: undefined })
      else closed.reject(ownEnd)
      await turn()
      expect(untold.mock.calls.flat()).toEqual(
        ownEnd === undefined ? [broken] : ownEnd === broken ? [broken] : [ownEnd, broken]
      )
    }
  })

  it("says nothing of a stream that ends before its end because it is destroyed", async () => {
    const untold = vi.fn()
    const closing = new Closing(Promise.resolve(), () => false, untold)
    await closing.stepFailed(Object.assign(new Error("Premature close"), { code: "ERR_STREAM_PREMATURE_CLOSE" }))
    await closing.stepFailed(undefined)
    expect(untold.mock.calls).toEqual([[undefined]])
  })

  it("is no end of the program where a stream was never read, and fails as it is destroyed", async () => {
    const stream = new Readable({
      read: () => undefined,
      destroy: (_, done) => void setImmediate(done, new Error("can't be destroyed"))
    })
    const closed = new Promise((resolve) => stream.once("close", resolve))
    sourceOf(
      stream,
      "a test",
      () => undefined,
      () => undefined
    ).close()
    await closed
    expect(stream.listenerCount("error")).toBe(0)
  })

  it("waits for the step of a generator that closes itself, which is not read any further", async () => {
    let closed = 0
    let read = 0
    function* inputs(): Generator<number> {
      try {
        for (;;) {
          if (++read === 3) source.close()
          yield read
        }
      } finally {
        closed++
      }
    }
    const untold = vi.fn()
    const source = sourceOf(inputs(), "pool.map(square)", () => undefined, untold)
    expect(source.take(10)).toEqual([1, 2, 3])
    await source.closing?.wait()
    expect({ closed, read, calls: untold.mock.calls }).toEqual({ closed: 1, read: 3, calls: [] })

    function* failing(): Generator<number> {
      yield 1
      itself.close()
      throw broken
    }
    const itself = sourceOf(failing(), "pool.map(square)", () => undefined, untold)
    expect(itself.take(10)).toEqual([1])
    expect(untold.mock.calls).toEqual([[broken]])
  })
})
