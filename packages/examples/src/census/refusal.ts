/** How the file system's refusals are worded: one line for a reader, the same on every machine. */

/**
 * Why the system refused, as `EACCES: permission denied`: without the call and the absolute path that Node's
 * message ends in. Anything that is not such a refusal is thrown on.
 */
export const refusal = (error: unknown): string => {
  if (!(error instanceof Error && "syscall" in error)) throw error
  return error.message.replace(/, \w+( '.*)?$/s, "")
}
