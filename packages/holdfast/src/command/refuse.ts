/** Says why a command line can't be carried out, as the parser says it of a single flag. */
import { Notes } from "./run/Notes.ts"

/** Gives the exit code of it: nothing was run. */
export const refuse = (problems: ReadonlyArray<string>): number => {
  const notes = new Notes({ bar: false })
  for (const problem of problems) notes.say(problem)
  return 2
}
