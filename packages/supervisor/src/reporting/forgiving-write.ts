/**
 * Writes where the reader may be slow or gone (a closed terminal, a pipe to `head`): no reason for a program to die
 * of an 'error' event. Does not say whether it arrived.
 */
import { writeSync } from "node:fs"
import { writeWhole } from "../worker/whole-write.ts"

const forgive = (): void => undefined

/** Writes under way, by stream: the listener is there once, however many they are. */
const pending = new WeakMap<NodeJS.WriteStream, number>()

const settle = (stream: NodeJS.WriteStream): void => {
  const left = (pending.get(stream) ?? 1) - 1
  pending.set(stream, left)
  if (left === 0) stream.off("error", forgive)
}

/** Writes; an error of this write is nobody's business. */
export const forgivingWrite = (stream: NodeJS.WriteStream, text: string): void => {
  const before = pending.get(stream) ?? 0
  pending.set(stream, before + 1)
  if (before === 0) stream.on("error", forgive)
  // The event comes after the callback, in the same turn.
  stream.write(text, () => setImmediate(settle, stream))
}

/**
 * Writes and returns when it is written, so that it is not lost with the process. Not by pino's SonicBoom: to one
 * who uses `process.stderr` beside it the pipe is non-blocking, and SonicBoom then sleeps 100 ms whenever it is full
 * (1.6 MB/s of records where this does 22 to 32).
 */
export const forgivingWriteSync = (descriptor: number, text: string): void => {
  writeWhole(writeSync, descriptor, Buffer.from(text))
}
