/** Builds an index that may become larger than the heap. */
import { Task } from "holdfast"

export const indexAll = Task.fn(import.meta, "indexAll", (count: number) => {
  const words: Array<{ readonly word: string; readonly at: ReadonlyArray<number> }> = []
  for (let n = 0; n < count; n++) words.push({ word: `word ${n}`, at: [n] })
  return words.length
})
