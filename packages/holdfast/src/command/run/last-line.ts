/** Half a line at the end of a file that is to be written on: a machine that went down may have left it. */
import { ftruncateSync, readSync } from "node:fs"

const PIECE_BYTES = 65_536
const NEWLINE = 10

/** Takes it off the end of a file of `size` bytes, which is open for reading too. */
export const trimLastLine = (descriptor: number, size: number): void => {
  const piece = Buffer.alloc(PIECE_BYTES)
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - PIECE_BYTES)
    const read = readSync(descriptor, piece, 0, end - from, from)
    const last = piece.subarray(0, read).lastIndexOf(NEWLINE)
    if (last !== -1) {
      const whole = from + last + 1
      if (whole < size) ftruncateSync(descriptor, whole)
      return
    }
    end = from
  }
  ftruncateSync(descriptor, 0)
}
