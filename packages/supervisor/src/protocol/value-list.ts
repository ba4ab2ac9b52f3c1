/**
 * Values of consecutive jobs, in a row. Many numbers lie packed from the caller's array to the worker and back, so that
 * none of them is an object, or copied from list to list, on the way. Not their bytes on the wire: that is `values.ts`.
 */

export type ValueList = ReadonlyArray<unknown> | Float64Array

/** Those from `from` to before `to`; of packed ones the same memory, which nobody changes, and all of which they keep. */
export const partOf = (values: ValueList, from: number, to: number = values.length): ValueList =>
  values instanceof Float64Array ? values.subarray(from, to) : values.slice(from, to)

/** Fewer are not worth it. */
const PACKED_FROM = 256

/**
 * Room for so many numbers. The memory has one place more, so that no part of it is all of it: what is all of its memory
 * may be handed over to a thread, and gone.
 */
const roomFor = (length: number): Float64Array => new Float64Array(length + 1).subarray(0, length)

/** The numbers of an array, packed; undefined where there are few, or something else among them. */
export const packed = (values: ArrayLike<unknown>): Float64Array | undefined => {
  const { length } = values
  if (length < PACKED_FROM || typeof values[0] !== "number") return undefined
  const numbers = roomFor(length)
  for (let at = 0; at < length; at++) {
    const value = values[at]
    if (typeof value !== "number") return undefined
    numbers[at] = value
  }
  return numbers
}

/** The same with memory of their own: whoever keeps one chunk's values must not keep those of its whole batch. */
export const ownPartOf = (values: ValueList, from: number, to: number): ValueList => {
  const part = partOf(values, from, to)
  if (!(part instanceof Float64Array)) return part
  if (part.length < PACKED_FROM) return unpacked(part)
  const own = roomFor(part.length)
  own.set(part)
  return own
}

/**
 * The number as V8 holds small whole ones. What is read from a Float64Array is a double to it, also where it is whole,
 * and then what a program does with it is compiled for doubles: a loop of `%` takes five times as long.
 */
export const smallest = (number: number): number => {
  const whole = number | 0
  // -0 is none: it would lose its sign.
  return whole === number && (whole !== 0 || 1 / number > 0) ? whole : number
}

/** Writes them to `target` from `at` on, numbers as {@link smallest} gives them. */
export const copyTo = (target: Array<unknown>, at: number, values: ValueList): void => {
  if (values instanceof Float64Array)
    for (let from = 0; from < values.length; from++) target[at + from] = smallest(values[from] as number)
  else for (let from = 0; from < values.length; from++) target[at + from] = values[from]
}

/** As an array of its own. Of its full length at once: pushing takes 6 times as long and leaves 4 times as much to collect. */
export const unpacked = (values: Float64Array): Array<unknown> => {
  const array = new Array<unknown>(values.length)
  copyTo(array, 0, values)
  return array
}
