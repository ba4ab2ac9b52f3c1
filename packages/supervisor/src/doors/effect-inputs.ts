/**
 * What the Effect door accepts as inputs, made readable: Streams as async iterables; whatever an iterable
 * throws, or a Stream fails with, carried through as the Cause it was.
 */
import type { Inputs } from "@holdfast/core"
import * as Cause from "effect/Cause"
import type { Context } from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { destroyerOf, fractionRead } from "../scheduler/Source.ts"

/** The inputs failed, with this Cause. */
export class InputCause extends Error {
  readonly inputCause: Cause.Cause<unknown>
  constructor(inputCause: Cause.Cause<unknown>) {
    super("the inputs failed")
    this.inputCause = inputCause
  }
}

/** Inputs that tell how much of them has been read go on telling. */
interface Telling {
  readonly [fractionRead]?: unknown
}

function* guarded(inputs: Iterable<unknown>): Generator<unknown> {
  try {
    yield* inputs
  } catch (error) {
    throw new InputCause(Cause.die(error))
  }
}

const marked = (inputs: Iterable<unknown>): Iterable<unknown> & Telling => ({
  [Symbol.iterator]: () => guarded(inputs),
  get [fractionRead]() {
    return Reflect.get(inputs, fractionRead)
  }
})

const opened = (inputs: AsyncIterable<unknown>): AsyncIterator<unknown> => {
  try {
    return inputs[Symbol.asyncIterator]()
  } catch (error) {
    throw new InputCause(Cause.die(error))
  }
}

/** No async generator: closing one that waits would wait as well. */
const markedAsync = (inputs: AsyncIterable<unknown>): AsyncIterable<unknown> & Telling => ({
  [Symbol.asyncIterator]: () => {
    const iterator = opened(inputs)
    const destroy = destroyerOf(inputs)
    return {
      next: async () => {
        try {
          return await iterator.next()
        } catch (error) {
          throw new InputCause(Cause.die(error))
        }
      },
      return: async () => {
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

/** Inputs as the engine reads them. */
export const readable = (inputs: unknown, context: Context<never>): Inputs<unknown> => {
  if (Stream.isStream(inputs)) {
    const carried = Stream.catchCause(inputs as Stream.Stream<unknown, unknown>, (cause) =>
      Stream.fromEffect(Effect.die(new InputCause(cause)))
    )
    return Stream.toAsyncIterableWith(carried, context)
  }
  if (Array.isArray(inputs) || ArrayBuffer.isView(inputs)) return inputs as Inputs<unknown>
  if (typeof inputs !== "object" || inputs === null) return inputs as Inputs<unknown>
  if (Symbol.asyncIterator in inputs) return markedAsync(inputs as AsyncIterable<unknown>)
  if (Symbol.iterator in inputs) return marked(inputs as Iterable<unknown>)
  return inputs as Inputs<unknown>
}
