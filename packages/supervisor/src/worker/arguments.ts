/**
 * A task's module reads the program's arguments as it would in the program, whichever kind of worker it is loaded in.
 * The file before them stays the worker's own: who starts the work where `process.argv[1]` is his file must not do so
 * in every worker.
 */
import type { ToWorker } from "../protocol/messages.ts"

/** Takes them from the first message. */
export const takeArguments = (message: ToWorker): void => {
  if (message._tag !== "Configure") return
  process.argv.length = 2
  for (const each of message.argv) process.argv.push(each)
}
