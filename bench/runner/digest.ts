/**
 * One number for a list of numbers in their order, so that a contender's results can be checked without handing a
 * million of them over. The same arithmetic as in `contenders/python-pool.py`, exact in both languages.
 */

const MODULUS = 65_521

/** The digest of whole, non-negative numbers; anything else makes it -1. */
export const digestOf = (values: ArrayLike<number>): number => {
  let digest = 1
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value === undefined || !Number.isSafeInteger(value) || value < 0) return -1
    digest = (digest * 31 + (value % MODULUS)) % MODULUS
  }
  return digest
}

/** The digest of the squares of 0 … count - 1: what nearly every contender is to come to. */
export const digestOfSquares = (count: number): number =>
  digestOf(Float64Array.from({ length: count }, (_, n) => n * n))
