/**
 * A task's module reads the program's arguments as it would in the program, whichever kind of worker it is loaded in.
 * The file before them stays the worker's own: who starts the work where `process.argv[1]` is his file must not do so
 * in every worker.
 */
export const takeArguments = (argv: ReadonlyArray<string>): void => {
  process.argv.length = 2
  for (const each of argv) process.argv.push(each)
}
