/** What a stage reads, counted on its way from the stage before. Reads nothing ahead. */
import type { DeadLetters } from "./DeadLetters.ts"
import type { StageIterator } from "./StageIterator.ts"
import type { StageTally } from "./StageTally.ts"

/** Counts what a stage reads, and holds it up while its dead letters wait. */
export const counted = (before: StageIterator, tally: StageTally, letters: DeadLetters | undefined): StageIterator => {
  const iterator: StageIterator = {
    next: async () => {
      if (letters !== undefined) await letters.room()
      const next = await before.next()
      if (next.done !== true) tally.in++
      return next
    },
    return: () => before.return(),
    [Symbol.asyncIterator]: () => iterator
  }
  return iterator
}
