/**
 * An array in parts, one for each worker, and the parts as one array again. Plain arrays and typed arrays alike.
 */

/** What can be divided. */
export type Divisible = ReadonlyArray<unknown> | Exclude<NodeJS.TypedArray, Buffer>

const isTyped = (value: unknown): value is Exclude<NodeJS.TypedArray, Buffer> =>
  ArrayBuffer.isView(value) && !(value instanceof DataView)

export const isArrayLike = (value: unknown): value is Divisible => Array.isArray(value) || isTyped(value)

/**
 * Consecutive parts whose lengths differ by at most one, the longer ones first (as `numpy.array_split`).
 *
 * @example
 * split([1, 2, 3, 4, 5], 2)   // [[1, 2, 3], [4, 5]]
 */
export const split = (array: Divisible, parts: number): Array<Divisible> => {
  const base = Math.floor(array.length / parts)
  const longer = array.length % parts
  let from = 0
  return Array.from({ length: parts }, (_, at) => {
    const to = from + base + (at < longer ? 1 : 0)
    // A copy, not a view: a view would cross with the whole of its buffer.
    const part = array.slice(from, to)
    from = to
    return part
  })
}

/** The parts as one array. Throws a `TypeError` where one of them is none, or of another kind than the first. */
export const joined = (name: string, parts: ReadonlyArray<unknown>): Divisible => {
  const [first] = parts
  const odd = parts.find((part) => !isArrayLike(part) || Object(part).constructor !== Object(first).constructor)
  if (odd !== undefined || !isArrayLike(first)) {
    const kinds = parts.map((part) => (part === null ? "null" : (Object(part).constructor?.name ?? typeof part)))
    throw new TypeError(
      `pool.gather: ${JSON.stringify(name)} is not an array of one kind on every worker; it is ${kinds.join(", ")}`
    )
  }
  // Not `flat`, which closes up what has no value: each that comes behind would have another index.
  if (!isTyped(first)) return ([] as Array<unknown>).concat(...(parts as ReadonlyArray<ReadonlyArray<unknown>>))
  const typed = parts as ReadonlyArray<Exclude<NodeJS.TypedArray, Buffer>>
  const length = typed.reduce((sum, part) => sum + part.length, 0)
  const Kind = first.constructor as new (length: number) => Uint8Array
  const whole = Buffer.isBuffer(first) ? Buffer.alloc(length) : new Kind(length)
  let at = 0
  for (const part of typed) {
    whole.set(part as never, at)
    at += part.length
  }
  return whole
}
