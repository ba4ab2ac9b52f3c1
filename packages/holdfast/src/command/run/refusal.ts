/** Why the system refused a file, in words. Pure. */
import { getSystemErrorMessage } from "node:util"

/** `no such file or directory`; the error's own message where the system has none. */
export const refusal = (error: unknown): string => {
  const { code, errno } = Object(error) as NodeJS.ErrnoException
  if (code === "ENOSPC") return "the disk is full (ENOSPC)"
  if (typeof errno === "number") return `${getSystemErrorMessage(errno)} (${code})`
  return error instanceof Error ? error.message : String(error)
}
