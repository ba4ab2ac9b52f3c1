/** Reads a count from the command line, or ends the program with what was expected. */
export const countOf = (word: string | undefined, fallback: number, least = 0): number => {
  const count = Number(word ?? fallback)
  if (Number.isSafeInteger(count) && count >= least && word !== "") return count
  console.error(`expected a whole number, ${least} or more, received ${JSON.stringify(word)}`)
  process.exit(2)
}
