/**
 * The file that `--json` names: opened before the census starts, so that a path that can't be written to is
 * told at once, and filled at its end. Not what is written, which is `facts.ts`.
 */
import { closeSync, constants, existsSync, fstatSync, ftruncateSync, openSync, rmSync, writeFileSync } from "node:fs"

/** An opened file whose old content stays until `write`. */
export interface FactsFile extends Disposable {
  readonly path: string
  /** Replaces the content. */
  write(text: string): void
  /** Lets go of the file; one that was made for this census, and never written, is removed. */
  [Symbol.dispose](): void
}

/** Opens a file to be written later; throws the system's refusal. */
export const openFactsFile = (path: string): FactsFile => {
  const isNew = !existsSync(path)
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT)
  let unfinished = true
  const close = (): void => {
    process.off("exit", close)
    closeSync(descriptor)
    if (isNew && unfinished) rmSync(path, { force: true })
  }
  // Also where a second Ctrl-C ends the program at once.
  process.once("exit", close)
  return {
    path,
    write: (text) => {
      // Devices, such as /dev/stdout, can't be truncated.
      if (fstatSync(descriptor).isFile()) ftruncateSync(descriptor)
      writeFileSync(descriptor, text)
      unfinished = false
    },
    [Symbol.dispose]: close
  }
}
