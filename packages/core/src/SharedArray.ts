/**
 * `SharedArray`: typed arrays over memory that the program and all its workers see at once, on processes as on
 * threads. The public face alone; the memory itself is the supervisor's business.
 */
import { sharedProvider } from "./SharedProvider.ts"

/** The typed arrays that memory can be shared as. */
export type SharedTypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** The class of such an array. */
export type SharedArrayConstructor<A extends SharedTypedArray = SharedTypedArray> = {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): A
  readonly BYTES_PER_ELEMENT: number
  readonly name: string
}

/**
 * A typed array of `length` zeros in shared memory. Wherever it, or a `subarray` of it, stands in an input, in what is
 * bound or pushed, or in a result, it arrives as a view of the same memory: nothing is copied. The memory is given
 * back when no view is left, or by {@link release}; nothing of it has a name, so nothing outlives the processes.
 *
 * Throws a `TypeError` for a class that is none of the eleven, a `RangeError` for a length that is none, and
 * `SharedDataError` where there is not that much memory, or no way to share it.
 *
 * @example
 * const pixels = SharedArray.make(Float64Array, 2000 * 100 * 100)
 * await pool.map(fill, parts.map((part) => ({ part, into: pixels.subarray(part.from, part.to) })))
 */
export const make = <A extends SharedTypedArray>(constructor: SharedArrayConstructor<A>, length: number): A =>
  sharedProvider().makeArray(constructor as SharedArrayConstructor, length) as A

/**
 * Gives the memory back at once, for all who see it: whoever reads it from now on reads zeros, and it can't be sent
 * any more. In a worker, it only ends that worker's wish to send it. Twice is once; what is no shared array is a
 * `TypeError`.
 */
export const release = (array: SharedTypedArray): void => sharedProvider().releaseArray(array)

/** Whether a value is a view of shared memory. */
export const isShared = (value: unknown): value is SharedTypedArray =>
  typeof value === "object" && value !== null && sharedProvider().isShared(value)
