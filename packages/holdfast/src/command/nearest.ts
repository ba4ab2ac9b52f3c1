/**
 * Finds the word that was probably meant by a mistyped one. Pure; knows neither flags nor tasks. Options of a pool have
 * their own (supervisor's `options/suggestion.ts`): what packages share is a public name, and this is to be none.
 */

/** Single letters inserted, removed or replaced, or swapped with their neighbour, between two words. */
const distance = (a: string, b: string): number => {
  let beforeLast: Array<number> = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const shifted = Math.min(last[column] ?? 0, current[column - 1] ?? 0) + 1
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swapped = isSwap ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      current.push(Math.min(replaced, shifted, swapped))
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}

/** Longer words are not mistyped but something else, and cost their square. */
const MAX_LENGTH = 60

/** The one of `words` that is near enough to `word` to have been meant: a third of its letters may differ. */
export const nearest = (word: string, words: Iterable<string>): string | undefined => {
  if (word.length > MAX_LENGTH) return undefined
  const given = word.toLowerCase()
  let best: string | undefined
  let least = Math.ceil(given.length / 3) + 1
  for (const candidate of words) {
    const far = distance(given, candidate.toLowerCase())
    if (far >= least) continue
    best = candidate
    least = far
  }
  return best
}
