/**
 * Values of consecutive jobs, in a row. Many numbers lie packed from the caller's array to the worker and back, so that
 * none of them is an object, or copied from list to list, on the way. Not their bytes on the wire: that is `values.ts`.
 */

/** Numbers side by side: doubles, or whole ones in as little as all of them fit in. */
export type PackedNumbers = Float64Array<ArrayBufferLike> | Int32Array<ArrayBufferLike> | Int16Array<ArrayBufferLike>

export type ValueList = ReadonlyArray<unknown> | PackedNumbers

export const isPacked = (values: ValueList): values is PackedNumbers => ArrayBuffer.isView(values)

/** Those from `from` to before `to`; of packed ones the same memory, which nobody changes, and all of which they keep. */
export const partOf = (values: ValueList, from: number, to: number = values.length): ValueList =>
  isPacked(values) ? values.subarray(from, to) : values.slice(from, to)

/** Fewer are not worth it. */
const PACKED_FROM = 256

/** Whether 32 bits hold the number as it is. -0 is none of those: it would lose its sign. */
const isInt32 = (number: number): boolean => {
  const whole = number | 0
  return whole === number && (whole !== 0 || 1 / number > 0)
}

/**
 * The number as V8 holds small whole ones. What is read from a Float64Array is a double to it, also where it is whole,
 * and then what a program does with it is compiled for doubles: a loop of `%` takes five times as long.
 */
export const smallest = (number: number): number => (isInt32(number) ? number | 0 : number)

type Kind<N extends PackedNumbers> = new (length: number) => N

/**
 * With one place more, no part of the memory is all of it: what is all of its memory may be handed over to a thread, and
 * gone. For what is kept.
 */
const SPARE = 1

const roomFor = <N extends PackedNumbers>(Numbers: Kind<N>, length: number, spare: number): N =>
  new Numbers(length + spare).subarray(0, length) as N

/** The numbers of an array from `from` to before `to`, packed; undefined where something else is among them. */
export const numbersOf = (
  values: ArrayLike<unknown>,
  from: number,
  to: number,
  spare = 0
): PackedNumbers | undefined => {
  const length = to - from
  const whole = roomFor(Int32Array, length, spare)
  for (let at = 0; at < length; at++) {
    const value = values[from + at]
    if (typeof value !== "number") return undefined
    if (!isInt32(value)) return doublesOf(values, from, to, spare)
    whole[at] = value
  }
  return whole
}

const doublesOf = (values: ArrayLike<unknown>, from: number, to: number, spare: number): Float64Array | undefined => {
  const length = to - from
  const doubles = roomFor(Float64Array, length, spare)
  for (let at = 0; at < length; at++) {
    const value = values[from + at]
    if (typeof value !== "number") return undefined
    doubles[at] = value
  }
  return doubles
}

/** The numbers of an array, packed; undefined where there are few, or something else among them. */
export const packed = (values: ArrayLike<unknown>): PackedNumbers | undefined =>
  values.length < PACKED_FROM || typeof values[0] !== "number" ? undefined : numbersOf(values, 0, values.length, SPARE)

const INT16 = 2 ** 15

/** A copy of these doubles, in as little as all of them fit in. */
export const narrowed = (doubles: Float64Array<ArrayBufferLike>): PackedNumbers => {
  let least = 0
  let most = 0
  for (let at = 0; at < doubles.length; at++) {
    const number = doubles[at] as number
    if (!isInt32(number)) return new Float64Array(doubles)
    if (number < least) least = number
    else if (number > most) most = number
  }
  return least >= -INT16 && most < INT16 ? new Int16Array(doubles) : new Int32Array(doubles)
}

/** The same with memory of their own: whoever keeps one chunk's values must not keep those of its whole batch. */
export const ownPartOf = (values: ValueList, from: number, to: number): ValueList => {
  const part = partOf(values, from, to)
  if (!isPacked(part)) return part
  if (part.length < PACKED_FROM) return unpacked(part)
  const own = roomFor(part.constructor as Kind<PackedNumbers>, part.length, SPARE)
  own.set(part)
  return own
}

/** Writes them to `target` from `at` on, numbers as {@link smallest} gives them. */
export const copyTo = (target: Array<unknown>, at: number, values: ValueList): void => {
  if (values instanceof Float64Array)
    for (let from = 0; from < values.length; from++) target[at + from] = smallest(values[from] as number)
  else for (let from = 0; from < values.length; from++) target[at + from] = values[from]
}

/** As an array of its own. Of its full length at once: pushing takes 6 times as long and leaves 4 times as much to collect. */
export const unpacked = (values: PackedNumbers): Array<unknown> => {
  const array = new Array<unknown>(values.length)
  copyTo(array, 0, values)
  return array
}
