/**
 * Finds the name that was probably meant by a misspelt one. Pure; decides nothing about what is an option.
 */

/** Single letters inserted, removed, replaced, or swapped with their neighbour, between `a` and `b`. */
export const editDistance = (a: string, b: string): number => {
  let beforeLast: Array<number> = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const replaced = (last[column - 1] ?? 0) + (same ? 0 : 1)
      const removed = (last[column] ?? 0) + 1
      const inserted = (current[column - 1] ?? 0) + 1
      const swap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swapped = swap ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      current.push(Math.min(replaced, removed, inserted, swapped))
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}

/** How many letters they begin with alike. */
const commonStart = (a: string, b: string): number => {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

// A name longer than any option's is not misspelt but something else, and would cost its square to compare.
const MAX_LENGTH = 40

/**
 * The one of `names` nearest to `name`, if it is near enough to have been meant: a third of its letters may differ
 * (`retries` for `retry`), upper and lower case don't, and a whole name may be part of it (`maxWorkers`).
 */
export const nearest = (name: string, names: Iterable<string>): string | undefined => {
  if (name.length > MAX_LENGTH) return undefined
  const given = name.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.ceil(given.length / 3) + 1
  let bestShared = 0
  let contained: string | undefined
  for (const candidate of names) {
    const lower = candidate.toLowerCase()
    const distance = editDistance(given, lower)
    const shared = commonStart(given, lower)
    // Of two equally near, the one that begins alike: `retires` is nearer to `retry` than to `reports`.
    if (distance < bestDistance || (distance === bestDistance && best !== undefined && shared > bestShared)) {
      best = candidate
      bestDistance = distance
      bestShared = shared
    }
    if (lower.length >= 4 && given.includes(lower)) contained ??= candidate
  }
  return best ?? contained
}
