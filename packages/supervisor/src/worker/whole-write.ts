/**
 * Writes to a descriptor until all is written, for what must not be lost with its process. Waits where a pipe is full,
 * also one that somebody else has made non-blocking. Loads nothing.
 */

/** `fs.writeSync`: the caller knows which one, for it may be patched. */
type WriteSync = (descriptor: number, bytes: Uint8Array, offset: number) => number

/** Writes all of it, or nothing more where nobody reads any more. Never throws. */
export const writeWhole = (writeSync: WriteSync, descriptor: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      // EAGAIN: somebody (a task, a child that shares the pipe) made it non-blocking and it is full.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
