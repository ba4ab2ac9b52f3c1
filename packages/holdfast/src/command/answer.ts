/** Writes what a command answers to stdout. Not the results of a run, which are lines without an end. */
import { NO_READER } from "./ExitCode.ts"

/**
 * Writes a text and the end of its line; gives the exit code, or that of a program whose reader has gone (`| head -1`).
 * Nothing is said of that, as other tools say nothing.
 */
export const answer = (text: string, exitCode: number): Promise<number> =>
  new Promise((resolve) => {
    // The write is told of its error; the event would end the program.
    process.stdout.on("error", () => undefined)
    process.stdout.write(`${text}\n`, (error) => resolve(error ? NO_READER : exitCode))
  })
