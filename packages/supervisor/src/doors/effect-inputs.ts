/**
 * What the Effect door accepts as inputs, made readable: Streams as async iterables; whatever an iterable
 * throws, or a Stream fails with, carried through as the Cause it was.
 */
import type { Inputs } from "@holdfast/core"
import * as Cause from "effect/Cause"
import type { Context } from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { returnsAtOnce } from "../scheduler/Closing.ts"
import { asyncIteratorOf, iteratorOf } from "../scheduler/iterators.ts"
import { destroyerOf } from "../scheduler/node-streams.ts"
import { fractionRead } from "../scheduler/Source.ts"
import { carried } from "../scheduler/untold.ts"

/** The inputs failed, with this Cause. */
export class InputCause extends Error {
  readonly inputCause: Cause.Cause<unknown>
  constructor(inputCause: Cause.Cause<unknown>) {
    super("the inputs failed")
    this.inputCause = inputCause
    // What was interrupted has nothing to tell, as what was aborted.
    if (Cause.hasInterruptsOnly(inputCause)) this.name = "AbortError"
  }

  /** Where nobody is left to fail, that is told. */
  get [carried](): unknown {
    return Cause.hasInterruptsOnly(this.inputCause) ? this : Cause.squash(this.inputCause)
  }
}

/** Inputs that tell how much of them has been read go on telling. */
interface Telling {
  readonly [fractionRead]?: unknown
}

const died = (error: unknown): InputCause => new InputCause(Cause.die(error))

const opened = <A>(open: () => A): A => {
  try {
    return open()
  } catch (error) {
    throw died(error)
  }
}

// No generators: one that closes fails with the very error, and one that waits closes only after its wait.
const marked = (inputs: Iterable<unknown>): Iterable<unknown> & Telling => ({
  [Symbol.iterator]: () => {
    const iterator = opened(() => iteratorOf(inputs))
    return {
      next: () => opened(() => iterator.next()),
      return: () => iterator.return?.() ?? { done: true, value: undefined }
    }
  },
  get [fractionRead]() {
    return Reflect.get(inputs, fractionRead)
  }
})

const markedAsync = (inputs: AsyncIterable<unknown>): AsyncIterable<unknown> & Telling => ({
  [Symbol.asyncIterator]: () => {
    const iterator = opened(() => asyncIteratorOf(inputs))
    const destroy = destroyerOf(inputs)
    let isClosed = false
    return {
      [returnsAtOnce]: Reflect.get(Object(iterator), returnsAtOnce),
      next: async () => {
        try {
          return await iterator.next()
        } catch (error) {
          throw isClosed ? error : died(error)
        }
      },
      return: async () => {
        isClosed = true
        destroy?.()
        await iterator.return?.()
        return { done: true, value: undefined }
      }
    }
  },
  get [fractionRead]() {
    return Reflect.get(inputs, fractionRead)
  }
})

/** Its iterator interrupts what it waits for. */
const iterableOf = (stream: Stream.Stream<unknown>, context: Context<never>): AsyncIterable<unknown> => {
  const iterable = Stream.toAsyncIterableWith(stream, context)
  return {
    [Symbol.asyncIterator]: () => Object.assign(iterable[Symbol.asyncIterator](), { [returnsAtOnce]: true })
  }
}

/** Inputs as the engine reads them. */
export const readable = (inputs: unknown, context: Context<never>): Inputs<unknown> => {
  if (Stream.isStream(inputs)) {
    // What a finalizer dies of at the very end comes in one cause with that end, and Effect's iterator sees the end alone.
    // Where something follows, if only nothing, it comes as a failure.
    const ended = Stream.concat(inputs as Stream.Stream<unknown, unknown>, Stream.empty)
    const carried = Stream.catchCause(ended, (cause) => Stream.fromEffect(Effect.die(new InputCause(cause))))
    return iterableOf(carried, context)
  }
  if (Array.isArray(inputs) || ArrayBuffer.isView(inputs)) return inputs as Inputs<unknown>
  if (typeof inputs !== "object" || inputs === null) return inputs as Inputs<unknown>
  if (Symbol.asyncIterator in inputs) return markedAsync(inputs as AsyncIterable<unknown>)
  if (Symbol.iterator in inputs) return marked(inputs as Iterable<unknown>)
  return inputs as Inputs<unknown>
}
